"""Challenges over HTTP and from the command line: the whole way, what is refused, and the training behind a model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fastapi import FastAPI

import trivium.music as music
from tests.server.conftest import TestClient
from trivium.cli import main
from trivium.core import jobs
from trivium.music import STUDIO

MUSIC = "/api/v1/music"


def entered(client: TestClient, challenge: str, tune: str = "twinkle") -> dict[str, Any]:
    piece = client.post(f"{MUSIC}/compositions", json={"tune": tune}).json()
    answer = client.post(f"{MUSIC}/challenges/{challenge}/entries", json={"composition": piece["id"]})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_from_a_theme_to_its_results(client: TestClient) -> None:
    themes = client.get(f"{MUSIC}/challenge-themes").json()
    assert len(themes) >= 4 and {theme["kind"] for theme in themes} == {"basic", "advanced"}
    made = client.post(f"{MUSIC}/challenges", json={"template": "answer-to-bach"})
    assert made.status_code == 201, made.text
    address = f"{MUSIC}/challenges/{made.json()['id']}"
    entry = entered(client, made.json()["id"])
    assert entry["is_mine"] and entry["judgement"]["parts"][0]["says"]
    early = client.get(f"{address}/results")
    assert early.status_code == 409 and early.json()["code"] == "vote_first" and early.json()["hint"]
    ballot = client.get(f"{address}/ballot").json()
    while ballot["pair"]:
        answer = client.post(f"{address}/votes", json={"pair": ballot["pair"]["pair"], "choice": "a"})
        assert answer.status_code == 201, answer.text
        ballot = answer.json()
    results = client.post(f"{address}/finish").json()
    assert results == client.get(f"{address}/results").json()
    assert len(results["entries"]) == 4 and results["votes"] == 3
    sample = next(row["entry"] for row in results["entries"] if row["entry"]["is_sample"])
    assert client.get(f"{address}/entries/{sample['id']}").json()["piece"]["parts"]
    assert client.delete(f"{address}/entries/{sample['id']}").status_code == 403
    assert client.delete(f"{address}/entries/{entry['id']}").status_code == 204
    assert client.post(f"{address}/close").json()["is_open"] is False
    assert client.post(f"{address}/close").status_code == 409
    assert [each["is_open"] for each in client.get(f"{MUSIC}/challenges").json()] == [False]
    assert client.delete(address).status_code == 204 and client.get(address).status_code == 404


def test_the_judge_is_asked_for_any_composition(client: TestClient) -> None:
    piece = client.post(f"{MUSIC}/compositions", json={"tune": "twinkle"}).json()
    found = client.get(f"{MUSIC}/compositions/{piece['id']}/judge").json()
    assert found == json.loads(music.judge(music.load("twinkle")).model_dump_json())
    assert found["score"] == round(sum(part["score"] for part in found["parts"]) / 5, 1) and found["caveats"]


@pytest.mark.parametrize(("path", "body"), [
    ("challenges", {"title": ""}), ("challenges", {"title": "x", "kind": "expert"}),
    ("challenges", {"title": "x", "rules": {"max_bars": 0}}), ("challenges", {"title": "x", "owner": "me"}),
    ("challenges/{id}/votes", {"pair": "x", "choice": "both"}), ("challenges/{id}/entries", {}),
])
def test_what_is_refused(client: TestClient, path: str, body: dict[str, Any]) -> None:
    made = client.post(f"{MUSIC}/challenges", json={"title": "Rain"}).json()["id"]
    answer = client.post(f"{MUSIC}/{path.format(id=made)}", json=body)
    assert answer.status_code == 422 and answer.json()["title"] and "Traceback" not in answer.text


def test_what_is_not_there(client: TestClient) -> None:
    made = client.post(f"{MUSIC}/challenges", json={"title": "Rain"}).json()["id"]
    for path in ("nothing", f"{made}/entries/nothing", "nothing/ballot", "nothing/results"):
        answer = client.get(f"{MUSIC}/challenges/{path}")
        assert answer.status_code == 404 and answer.json()["hint"], path
    assert client.post(f"{MUSIC}/challenges", json={"template": "nothing"}).status_code == 404
    assert client.post(f"{MUSIC}/challenges/{made}/entries", json={"composition": "nothing"}).status_code == 404
    assert client.post(f"{MUSIC}/challenges/{made}/votes", json={"pair": "x", "choice": "a"}).status_code == 404


def test_a_step_with_an_own_model_says_which_training_it_is_of(app: FastAPI, client: TestClient, data: Path,
                                                              monkeypatch: pytest.MonkeyPatch) -> None:
    """What the run of composing is told about its model is what an advanced challenge goes by."""
    app.state.index.max_active = 0
    told: dict[str, Any] = {}

    def submit(data: Path, name: str, config: Any, piece: Any, seed: int, model: str | None,
               source: dict[str, Any]) -> Path:
        told.update(source, model=model)
        return jobs.create_run(STUDIO, "compose", name, config, data=data, seed=seed)

    monkeypatch.setattr("trivium.music.techniques_api.submit_composing", submit)
    training = jobs.create_run(STUDIO, "train", "mine", {}, data=data)
    app.state.index.add(training)
    piece = client.post(f"{MUSIC}/compositions", json={"tune": "twinkle"}).json()
    for model, expected in ((training.name, training.name), (None, None)):
        asked = {"composition": piece["id"], **({"model": model} if model else {})}
        assert client.post(f"{MUSIC}/composings", json=asked).status_code == 201
        assert told["training"] == expected and told["composition"] == piece["id"]


def test_the_same_from_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRIVIUM_DATA", str(tmp_path / "data"))

    def trivium(*arguments: str, code: int = 0) -> Any:
        done = CliRunner().invoke(main, ["music", *arguments])
        assert done.exit_code == code, done.output
        return done.stdout

    def asked(*arguments: str) -> Any:
        return json.loads(trivium(*arguments, "--json"))

    assert "no challenges yet" in trivium("challenges", "list")
    assert "home-grown" in trivium("challenges", "themes") and len(asked("challenges", "themes")["themes"]) >= 4
    challenge = asked("challenges", "open", "--title", "Rain", "--rule", "max_bars=16")["id"]
    trivium("export", "twinkle", "--out", "t.mid")
    piece = asked("import", "t.mid")["id"]
    entry = asked("challenges", "submit", challenge, piece)["id"]
    assert "At most 16 bars." in trivium("challenges", "show", challenge) and entry in trivium("challenges", "show",
                                                                                               challenge)
    ballot = asked("challenges", "ballot", challenge, "--out", "ears")
    assert music.load("ears/a.mid").note_count and music.load("ears/b.mid").note_count
    while ballot["pair"]:
        ballot = asked("challenges", "vote", challenge, ballot["pair"]["pair"], "b")
    assert asked("challenges", "finish", challenge) == asked("challenges", "results", challenge)
    assert "Sample" in trivium("challenges", "results", challenge)
    trivium("challenges", "entry", challenge, entry, "--out", "mine.json")
    assert music.load("mine.json").note_count == 42
    assert music.challenges().list()[0].id == challenge and music.voting().results(challenge).votes == ballot["cast"]
    assert "of 100" in trivium("judge", "twinkle") and asked("judge", "mine.json")["score"] > 0
    trivium("challenges", "withdraw", challenge, entry)
    trivium("challenges", "close", challenge)
    assert "closed" in trivium("challenges", "list")
    trivium("challenges", "delete", challenge)
    assert asked("challenges", "list") == {"challenges": []}
