"""Training sets and trainings over HTTP: real small files in, a set and its report, a run and its samples out."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from fastapi import FastAPI

from tests.music.arcnn_toy import chord_piece
from tests.server.conftest import TestClient, wait_for
from trivium.core import files, task_queue
from trivium.core.events import read_events
from trivium.core.run import Run
from trivium.music import models
from trivium.music.arcnn.train import train
from trivium.music.compose_config import ComposeConfig
from trivium.music.composing import compose_run, source_of
from trivium.music.config import TrainConfig
from trivium.music.dataset import making as dataset_making
from trivium.music.dataset import sets as dataset
from trivium.music.dataset.sources import prepare_chorales
from trivium.music.files.midi_write import write_midi
from trivium.music.gan.train import train as train_gan
from trivium.music.ship import ship

MUSIC = "/api/v1/music"
TINY = {"technique": "arcnn", "arcnn": {"filters": 4, "levels": 1, "updates": 2, "evaluate_every": 1,
                                        "batch_windows": 2}}


@pytest.fixture
def full(app: FastAPI, client: TestClient) -> TestClient:
    """A studio on a machine that is full: runs are made and wait."""
    app.state.index.max_active = 0
    return client


@pytest.fixture(scope="module")
def chorales() -> dataset.TrainingSet:
    """Pieces by our own rules, written once."""
    return prepare_chorales(12)


@pytest.fixture
def kept(data: Path, chorales: dataset.TrainingSet) -> Path:
    """A set of them."""
    return dataset.keep(chorales, "plain", data)


def midi(seed: int) -> bytes:
    return write_midi(chord_piece(seed))


def zipped(members: dict[str, bytes], links: tuple[str, ...] = ()) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        for name in links:
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, "/etc/passwd")
    return buffer.getvalue()


def upload(client: TestClient, content: bytes, name: str = "mine", file: str = "folder.zip", **more: Any) -> Any:
    return client.post(f"{MUSIC}/sets:upload", params={"name": name, "file": file, **more}, content=content,
                       headers={"content-type": "application/octet-stream"})


def made(client: TestClient, answer: Any) -> dict[str, Any]:
    """What became of a set in the making."""
    assert answer.status_code == 202, answer.text
    begun = answer.json()

    def ended() -> dict[str, Any] | None:
        view: dict[str, Any] = client.get(f"{MUSIC}/makings/{begun['id']}").json()
        return view if view["state"] in ("done", "failed") else None

    return wait_for(ended, "the set", 120)


def test_a_folder_becomes_a_set_with_a_report(client: TestClient, data: Path) -> None:
    members = {f"songs/{seed}.mid": midi(seed) for seed in range(8)}
    members |= {"songs/again.mid": midi(3), "songs/notes.txt": b"hello", "songs/broken.mid": b"MThd no",
                "../../escaped.mid": midi(20), "songs/.DS_Store": b"x", "LICENSE": b"CC0 1.0\nmore"}
    found = made(client, upload(client, zipped(members, links=("songs/link.mid",)), seed=3))
    assert found["state"] == "done", found
    assert [each["name"] for each in client.get(f"{MUSIC}/sets").json()] == ["mine"]
    report = client.get(f"{MUSIC}/sets/mine").json()
    assert report["counts"]["all"]["pieces"] == 9 and report["files"] == 12
    failed = {row["name"]: row["message"] for row in report["failed"]}
    assert set(failed) == {"songs/broken.mid", "songs/link.mid"} and "link" in failed["songs/link.mid"]
    assert [row["name"] for row in report["duplicates"]] == ["Toy 3"]
    assert report["other_files"] == 1 and report["licence"] == "LICENSE: CC0 1.0" and report["seed"] == 3
    assert report["warnings"] and {row["steps"] for row in report["leak"]} >= {32}
    assert sum(report["counts"][split]["pieces"] for split in ("train", "valid", "test")) == 9
    piece = client.get(f"{MUSIC}/sets/mine/pieces/0").json()
    notes = [note["pitch"] for part in piece["composition"]["parts"] for note in part["notes"]]
    assert len(notes) == piece["facts"]["notes"] == chord_piece(0).note_count
    assert client.get(f"{MUSIC}/sets/mine/pieces/9").status_code == 404
    assert not list(data.rglob("escaped*"))
    making = data / "music-sets" / ".making"  # what was sent is thrown away just after the set is there
    assert wait_for(lambda: not list(making.glob("*")), "an empty folder", 20)
    again = upload(client, zipped(members))
    assert again.status_code == 409 and "already" in again.json()["title"] + again.json()["detail"]
    assert client.delete(f"{MUSIC}/sets/mine").status_code == 204
    assert client.get(f"{MUSIC}/sets").json() == [] and client.delete(f"{MUSIC}/sets/mine").status_code == 404


def rolls_file(clips: int) -> bytes:
    """Clips of two bars, a melody and three tracks below it, as a .npz file."""
    rng = np.random.default_rng(1)
    rolls = np.zeros((clips, 32, 128, 4), dtype=np.uint8)
    for clip in rolls:
        for track in range(4):
            for step in range(0, 32, 4):
                clip[step:step + 4, 70 - 10 * track + rng.integers(0, 10), track] = 1
    buffer = io.BytesIO()
    np.savez_compressed(buffer, rolls=rolls)
    return buffer.getvalue()


def test_a_gan_of_ones_own_from_rolls_to_a_kept_accompaniment(full: TestClient, app: FastAPI) -> None:
    """The exercise of the music page: rolls in, losses and the film while it learns, Twinkle with the model."""
    assert made(full, upload(full, rolls_file(20), file="rolls.npz"))["state"] == "done"
    assert full.get(f"{MUSIC}/sets/mine").json()["counts"]["all"]["pieces"] == 20
    config = {"technique": "gan", "gan": {"width": 8, "critic_width": 8, "epochs": 2, "updates_per_epoch": 2,
                                          "batch_clips": 2}}
    torch.set_num_threads(1)
    training = full.post(f"{MUSIC}/trainings", json={"set": "mine", "config": config, "seed": 3}).json()["id"]
    run = Run.open(app.state.index.folder(training))
    train_gan(TrainConfig.model_validate(run.spec.config), run)
    told = {key for event in read_events(run.folder / files.EVENTS) for key in event.get("values", {})}
    assert {"losses/generator", "losses/critic", "style_distance/valid", "style_distance/floor"} <= told
    film = full.get(f"{MUSIC}/trainings/{training}/samples").json()
    assert film["steps"] == [2, 4]
    assert all(full.get(f"{MUSIC}/trainings/{training}/samples/{step}").json()["pieces"] for step in film["steps"])
    source = full.post(f"{MUSIC}/compositions", json={"tune": "twinkle"}).json()
    body = {"composition": source["id"], "technique": "gan", "model": training, "controls": {"programs": [40]}}
    step = Run.open(app.state.index.folder(full.post(f"{MUSIC}/composings", json=body).json()["id"]))
    compose_run(ComposeConfig.model_validate(step.spec.config), step)
    kept = full.post(f"{MUSIC}/composings/{step.spec.id}/keep", json={}).json()
    assert (kept["training"], kept["parent"], kept["technique"]) == (training, source["id"], "gan")
    parts = kept["composition"]["parts"]
    assert parts[0] == source["composition"]["parts"][0] and parts[1]["program"] == 40 and kept["notes"] > 42


def bomb() -> bytes:
    return zipped({"a.mid": b"\0" * 30_000_000})


def pickled() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    return buffer.getvalue()


def endless() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.zeros((1, 32, 128, 4), dtype=np.uint8))
    return buffer.getvalue().replace(b"(1, 32, 128, 4)", b"(9, 32, 128, 4)")


@pytest.mark.parametrize(("content", "file", "words"), [
    (lambda: zipped({"a.txt": b"x", "b.doc": b"y"}), "f.zip", "none of its 2 files is a file of notes"),
    (lambda: zipped({}), "f.zip", "empty"),
    (lambda: b"PK\x03\x04 nothing", "f.zip", "damaged"),
    (bomb, "f.zip", "larger than 20 MB"),
    (pickled, "p.npy", "pickled Python objects"),
    (endless, "e.npy", "ends before its last step"),
    (lambda: b"hello world", "song.mid", "song.mid"),
    (lambda: zipped({f"{i}.mid": midi(1) for i in range(3)}), "f.zip", "the same"),
])
def test_what_makes_no_set_is_told_and_leaves_nothing(tmp_path: Path, content: Any, file: str, words: str) -> None:
    (tmp_path / task_queue.UPLOAD).write_bytes(content())
    (tmp_path / task_queue.TASK).write_text(json.dumps({"name": "mine", "file": file, "seed": 1}))
    dataset_making.make_or_tell(tmp_path)
    found = json.loads((tmp_path / task_queue.RESULT).read_text())
    assert words in found["message"] and found["hint"], found
    assert not (tmp_path / "mine").exists()


def test_a_set_that_can_not_be_made_says_so_and_leaves_nothing(client: TestClient, data: Path) -> None:
    found = made(client, upload(client, zipped({"one.mid": midi(1)})))
    assert found["state"] == "failed" and "one file with one usable piece" in found["message"]
    assert client.get(f"{MUSIC}/sets").json() == []
    assert not [path for path in (data / "music-sets").rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", ["../evil", "a/b", "", "x" * 65, ".hidden"])
def test_a_name_that_can_be_no_folder_is_refused_before_any_work(client: TestClient, data: Path, name: str) -> None:
    assert upload(client, b"abc", name=name).status_code == 422
    assert not (data / "music-sets" / ".making").exists() or not list((data / "music-sets" / ".making").iterdir())


def test_nothing_sent_and_too_much_sent(client: TestClient) -> None:
    assert upload(client, b"").status_code in (400, 422)
    assert client.post(f"{MUSIC}/sets:upload", params={"name": "a", "file": "a.zip"}, content=b"x", headers={
        "content-type": "application/octet-stream", "content-length": "999999999999"}).status_code == 413


def test_sets_are_made_one_after_the_other_and_can_be_given_up(client: TestClient) -> None:
    begun = client.post(f"{MUSIC}/sets", json={"name": "long", "source": "chorales", "count": 5000}).json()
    waiting = client.post(f"{MUSIC}/sets", json={"name": "next", "source": "melodies", "count": 12}).json()
    assert client.post(f"{MUSIC}/sets", json={"name": "long", "source": "melodies"}).status_code == 409
    assert {each["name"] for each in client.get(f"{MUSIC}/makings").json()} == {"long", "next"}
    assert client.delete(f"{MUSIC}/makings/{begun['id']}").status_code == 204
    done = wait_for(lambda: [each for each in client.get(f"{MUSIC}/makings").json() if each["state"] == "done"],
                    "the next one", 60)
    assert [each["id"] for each in done] == [waiting["id"]]
    assert [each["name"] for each in client.get(f"{MUSIC}/sets").json()] == ["next"]
    sources = {each["id"] for each in client.get(f"{MUSIC}/set-sources").json()}
    assert sources == {"chorales", "melodies", "bach", "quartets", "madrigals", "folk"}


def test_what_a_server_left_half_made_is_cleared_away(data: Path) -> None:
    left = data / "music-sets" / dataset_making.MAKING / "01ABC"
    left.mkdir(parents=True)
    (left / "upload").write_bytes(b"x")
    dataset_making.Makings(data)
    assert not left.exists()


@pytest.fixture
def trained(full: TestClient, app: FastAPI, kept: Path) -> Iterator[str]:
    """A training that was made over HTTP and run here."""
    torch.set_num_threads(1)
    answer = full.post(f"{MUSIC}/trainings", json={"set": "plain", "config": TINY, "seed": 4})
    assert answer.status_code == 201, answer.text
    run = Run.open(app.state.index.folder(answer.json()["id"]))
    train(TrainConfig.model_validate(run.spec.config), run)
    yield answer.json()["id"]


def test_a_training_shows_what_it_composed_and_how_that_compares(full: TestClient, trained: str) -> None:
    view = full.get(f"/api/v1/runs/{trained}").json()
    assert (view["kind"], view["seed"], view["name"]) == ("train", 4, "arcnn plain")
    listed = full.get(f"{MUSIC}/trainings/{trained}/samples").json()
    assert listed["steps"] == [1, 2] and len(listed["begins"]) >= 1
    sample = full.get(f"{MUSIC}/trainings/{trained}/samples/2").json()
    assert len(sample["pieces"]) == len(listed["begins"])
    for row in sample["measures"]:
        assert row["title"] and row["interval"][0] <= row["interval"][1] and row["distance"] >= 0
    assert full.get(f"{MUSIC}/trainings/{trained}/samples/7").status_code == 404


def composed_with(client: TestClient, app: FastAPI, model: str) -> str | None:
    """The training that a step remembers, made with a model."""
    source = client.post(f"{MUSIC}/compositions", json={"tune": "twinkle"}).json()
    made = client.post(f"{MUSIC}/composings", json={"composition": source["id"], "technique": "arcnn", "model": model})
    assert made.status_code == 201, made.text
    training: str | None = source_of(app.state.index.folder(made.json()["id"]))["training"]
    return training


def test_the_model_of_a_training_composes_and_the_one_in_the_package_is_no_training(
        full: TestClient, app: FastAPI, trained: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert composed_with(full, app, trained) == trained
    monkeypatch.setattr(models, "TRAINED", tmp_path)
    ship(app.state.index.folder(trained), "Plain chorales", "plain")  # now the package has these weights
    assert composed_with(full, app, trained) is None
    assert composed_with(full, app, "arcnn-plain") is None


@pytest.mark.parametrize(("body", "status"), [
    ({"set": "none"}, 404),
    ({"set": "plain", "config": {"technique": "nothing"}}, 422),
    ({"set": "plain", "config": {"arcnn": {"filtres": 3}}}, 422),
    ({"set": "../plain"}, 422),
])
def test_a_training_that_can_not_be_is_refused(full: TestClient, kept: Path, body: dict[str, Any], status: int) -> None:
    answer = full.post(f"{MUSIC}/trainings", json=body)
    assert answer.status_code == status, answer.text
    assert full.get("/api/v1/runs").json()["items"] == []


def test_every_technique_has_its_own_settings_in_the_schema(client: TestClient) -> None:
    schema = client.get(f"{MUSIC}/schema").json()["train"]
    techniques = schema["properties"]["technique"]["enum"]
    assert set(techniques) <= set(schema["properties"]) and {"arcnn", "transformer"} <= set(techniques)


def answers_at_work(client: TestClient, name: str, files: int) -> int:
    """How often it says that it is at work on a folder of so many files, of 12 pieces."""
    begun = upload(client, zipped({f"{seed}.mid": midi(seed % 12) for seed in range(files)}), name=name)
    assert begun.status_code == 202, begun.text
    looked, state = 0, "waiting"
    while state in ("waiting", "working"):
        assert client.get("/api/v1/runs").status_code == 200
        state = client.get(f"{MUSIC}/makings/{begun.json()['id']}").json()["state"]
        looked += state == "working"
    assert client.get(f"{MUSIC}/sets/{name}").json()["counts"]["all"]["pieces"] == 12
    return looked


def test_the_server_answers_while_a_folder_is_read(client: TestClient) -> None:
    # Two at least: one that stood still from then on would say it once. A quick machine takes more files for it.
    assert any(answers_at_work(client, f"of-{files}", files) > 1 for files in (36, 144, 576))
