"""Racing's own routes: tracks in and out, saved reward functions, and the inputs that a run takes along."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI

from tests.server.conftest import TestClient
from trivium.core import checkpoint, files
from trivium.core.spec import read_spec
from trivium.racing.tracks.loading import load_track

RACING = "/api/v1/racing"
CODE = "def reward_function(params):\n    return params['speed']\n"


def npy(rows: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, rows)
    return buffer.getvalue()


@pytest.fixture
def full(app: FastAPI, client: TestClient) -> TestClient:
    """A studio on a machine that is full: runs are made and wait."""
    app.state.index.max_active = 0
    return client


def test_the_gallery(client: TestClient) -> None:
    tracks = client.get(f"{RACING}/tracks").json()
    assert len(tracks) >= 8 and tracks[0]["id"] == "oval"
    assert all(track["source"] == "trivium" and 1 <= track["difficulty"] <= 5 for track in tracks)
    one = client.get(f"{RACING}/tracks/oval").json()
    assert one == tracks[0] and len(one["outline"]["centre"]) == one["waypoints"]


def test_one_spoilt_track_file_does_not_hide_the_others(client: TestClient, data: Path) -> None:
    (data / "tracks").mkdir()
    (data / "tracks" / "spoilt.npy").write_bytes(b"no numbers")
    answer = client.get(f"{RACING}/tracks")
    assert answer.status_code == 200 and answer.json()[0]["id"] == "oval"


def test_a_track_is_previewed_imported_used_and_deleted(full: TestClient, data: Path) -> None:
    body = npy(load_track("oval").rows * 1.5)
    assert full.post(f"{RACING}/tracks:preview?name=my oval.npy", content=body).json()["id"] == "my-oval"
    assert full.get(f"{RACING}/tracks/my-oval").status_code == 404
    made = full.post(f"{RACING}/tracks?name=my oval.npy", content=body)
    assert made.status_code == 201 and made.json()["source"] == "imported"
    assert full.get(f"{RACING}/tracks/my-oval").json()["length_m"] == made.json()["length_m"]
    assert full.post(f"{RACING}/tracks?name=my oval", content=body).json()["code"] == "name_taken"
    assert full.post(f"{RACING}/tracks?name=oval", content=body).json()["code"] == "name_taken"
    run = full.post(f"{RACING}/trainings", json={"track": "my-oval", "reward_code": CODE}).json()
    assert run["track"] == "my-oval"
    assert full.delete(f"{RACING}/tracks/my-oval").status_code == 204
    assert full.delete(f"{RACING}/tracks/my-oval").status_code == 404
    assert full.delete(f"{RACING}/tracks/oval").status_code == 409
    kept = np.load(data / "runs" / run["id"] / "inputs" / "track.npy")
    np.testing.assert_allclose(kept, load_track("oval").rows * 1.5)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        npy(np.full((50, 6), np.nan)),
        npy(np.zeros((50, 3))),
        npy(np.zeros((1, 6))),
        npy(np.array([{"a": 1}], dtype=object)),
        b"\x93NUMPY" + b"\xff" * 100,
    ],
)
def test_files_that_are_no_track(client: TestClient, data: Path, body: bytes) -> None:
    for address in ("tracks:preview", "tracks"):
        answer = client.post(f"{RACING}/{address}?name=x", content=body)
        assert answer.status_code == 422, answer.text
        assert answer.json()["code"] == "bad_track" and answer.json()["hint"]
    assert not list((data / "tracks").glob("*"))
    assert [path for path in (data / "blobs").rglob("*") if path.is_file()] == []


def test_saved_reward_functions_keep_their_versions(client: TestClient) -> None:
    examples = client.get(f"{RACING}/rewards").json()
    assert len(examples) >= 4 and {reward["source"] for reward in examples} == {"example"}
    for code in (CODE, CODE, CODE + "# better\n"):
        assert client.put(f"{RACING}/rewards/My first", json={"code": code}).status_code == 200
    saved = [reward for reward in client.get(f"{RACING}/rewards").json() if reward["source"] == "saved"]
    assert [(reward["id"], reward["code"]) for reward in saved] == [("My first", CODE + "# better\n")]
    assert "version 2" in saved[0]["summary"]
    assert client.delete(f"{RACING}/rewards/My first").status_code == 204
    assert client.delete(f"{RACING}/rewards/My first").status_code == 404
    assert client.get(f"{RACING}/rewards").json() == examples


@pytest.mark.parametrize("name", [".hidden", "..", "a%2Fb", "a%00b", "x" * 65, "%0a"])
def test_names_of_reward_functions_that_are_refused(client: TestClient, name: str) -> None:
    assert client.put(f"{RACING}/rewards/{name}", json={"code": CODE}).status_code in (404, 405, 422)
    assert all(reward["source"] == "example" for reward in client.get(f"{RACING}/rewards").json())


def test_checking_a_reward_function(client: TestClient) -> None:
    good = client.post(f"{RACING}/rewards:validate", json={"code": CODE}).json()
    assert good["ok"] is True and good["errors"] == [] and good["samples"]
    bad = client.post(
        f"{RACING}/rewards:validate", json={"code": CODE.replace("params", "parms", 1), "track": "oval"}
    )
    assert bad.json()["ok"] is False and bad.json()["errors"][0]["line"] == 2
    gone = client.post(f"{RACING}/rewards:validate", json={"code": CODE, "track": "../../etc"})
    assert gone.status_code == 404


def test_forms_are_made_from_the_schema(client: TestClient) -> None:
    schema = client.get(f"{RACING}/schema").json()
    assert schema["train"]["properties"]["lr"]["more"] and schema["evaluate"]["properties"]["trials"]["title"]


def test_a_training_takes_along_what_it_needs(full: TestClient, data: Path) -> None:
    body = {"name": "one", "track": "oval", "reward_code": CODE, "seed": 7, "config": {"lr": 0.002}}
    made = full.post(f"{RACING}/trainings", json=body)
    assert made.status_code == 201
    run = made.json()
    assert (run["name"], run["state"], run["seed"], run["track"]) == ("one", "queued", 7, "oval")
    assert run["config"]["lr"] == 0.002 and run["config"]["num_epochs"] == 4
    inputs = data / "runs" / run["id"] / "inputs"
    assert (inputs / "reward.py").read_text() == CODE
    np.testing.assert_array_equal(np.load(inputs / "track.npy"), load_track("oval").rows)
    assert json.loads((inputs / "track.json").read_text())["id"] == "oval"
    assert set(read_spec(inputs.parent).inputs) == {"reward.py", "track.npy", "track.json"}


def test_two_trainings_of_one_name(full: TestClient) -> None:
    body = {"name": "Twin", "reward_code": CODE}
    assert full.post(f"{RACING}/trainings", json=body).status_code == 201
    second = full.post(f"{RACING}/trainings", json={**body, "name": "twin"})
    assert second.status_code == 409 and "twin 2" in second.json()["hint"]
    unnamed = [full.post(f"{RACING}/trainings", json={"reward_code": CODE}).json()["name"] for _ in range(2)]
    assert unnamed == ["oval training", "oval training 2"]
    assert len(full.get("/api/v1/runs").json()["items"]) == 3


def test_an_evaluation_takes_along_the_model(full: TestClient, data: Path, app: FastAPI) -> None:
    run = full.post(f"{RACING}/trainings", json={"name": "one", "reward_code": CODE}).json()
    early = full.post(f"{RACING}/evaluations", json={"run": run["id"]})
    assert early.status_code == 404 and "first evaluation" in early.json()["hint"]
    weights = {"w": np.arange(6, dtype=np.float32)}
    checkpoint.save(data / "runs" / run["id"] / files.CHECKPOINTS, 5, weights, {}, best=1.0)
    made = full.post(f"{RACING}/evaluations", json={"run": run["id"], "config": {"trials": 3}, "seed": 2})
    assert made.status_code == 201, made.text
    assert (made.json()["kind"], made.json()["parent"], made.json()["track"]) == (
        "evaluate",
        run["id"],
        "oval",
    )
    inputs = data / "runs" / made.json()["id"] / "inputs"
    assert {path.name for path in inputs.iterdir()} == {
        "track.npy",
        "track.json",
        "model.safetensors",
        "model.json",
    }
    card = json.loads((inputs / "model.json").read_text())
    assert (card["step"], card["run"], card["config"]["track"]) == (5, run["id"], "oval")


def test_a_training_is_evaluated_on_its_own_track_even_when_that_was_deleted(
    full: TestClient, data: Path
) -> None:
    full.post(f"{RACING}/tracks?name=mine", content=npy(load_track("oval").rows * 1.5))
    run = full.post(f"{RACING}/trainings", json={"track": "mine", "reward_code": CODE}).json()
    full.delete(f"{RACING}/tracks/mine")
    checkpoint.save(data / "runs" / run["id"] / files.CHECKPOINTS, 5, {"w": np.zeros(1)}, {}, best=1.0)
    made = full.post(f"{RACING}/evaluations", json={"run": run["id"]})
    assert made.status_code == 201, made.text
    assert made.json()["track"] == "mine" and made.json()["name"] == "mine training on mine"
    assert full.post(f"{RACING}/evaluations", json={"run": run["id"], "track": "mine"}).status_code == 404


def test_only_trainings_can_be_evaluated(full: TestClient, toy_run: Callable[..., str]) -> None:
    answer = full.post(f"{RACING}/evaluations", json={"run": toy_run(), "track": "oval"})
    assert answer.status_code == 422 and "not a racing training" in answer.json()["detail"]
