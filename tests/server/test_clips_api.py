"""Clips over HTTP: their ranges, their strips, and what a finished model says of a film."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image

import trivium.vision as vision
from tests.vision import mover
from trivium.cli import main
from trivium.core import files
from trivium.errors import BadConfig
from trivium.vision.collect import importing

VISION = "/api/v1/vision"
BINARY = {"content-type": "application/octet-stream"}
GONE = "f" * 64


@pytest.fixture
def moves(client: TestClient, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """The project `moves` with one film of four seconds."""
    monkeypatch.setattr(importing, "network_if_there", lambda _looking: None)
    films = tmp_path / "films"
    films.mkdir()
    (films / "hall.mp4").write_bytes(mover.lit(250, 5, 250, 5))
    importing.import_photos(data, films, "moves", "activity")
    return client


def film_of(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"{VISION}/projects/moves/photos").json()["items"][0]
    return found


def says(label: str, start_s: float, end_s: float) -> dict[str, Any]:
    return {"label": label, "start_s": start_s, "end_s": end_s}


def put(client: TestClient, *ranges: dict[str, Any], sha256: str = "", **more: Any) -> Any:
    at = f"{VISION}/projects/moves/photos/{sha256 or film_of(client)['sha256']}/ranges"
    return client.put(at, json={"ranges": list(ranges), **more})


def test_ranges_are_kept_in_order_and_who_comes_late_is_told(moves: TestClient) -> None:
    seen = film_of(moves)
    assert seen["video"] == {"duration_s": 4.0, "tiles": 32, "ranges": None} and seen["label"] is None
    done = put(moves, says("sit", 2.5, 4.0), says("jump", 0.5, 2.5), version=seen["version"])
    assert done.status_code == 200
    assert done.json()["video"]["ranges"] == [says("jump", 0.5, 2.5), says("sit", 2.5, 4.0)]
    late = put(moves, version=seen["version"])
    assert late.status_code == 409 and late.json()["code"] == "changed_meanwhile"
    assert late.json()["detail"] == "Somebody else has changed this clip meanwhile."
    assert film_of(moves)["video"]["ranges"] == done.json()["video"]["ranges"]
    assert [row["name"] for row in moves.get(f"{VISION}/projects/moves").json()["classes"]] == ["jump", "sit"]
    again = put(moves, says("  wave ", 1, 2))  # a class that nobody has named before is made, as by a label
    assert again.json()["video"]["ranges"] == [says("wave", 1.0, 2.0)]
    assert "wave" in [row["name"] for row in moves.get(f"{VISION}/projects/moves").json()["classes"]]
    assert put(moves).json()["video"]["ranges"] == []  # looked at, and nothing of interest is done
    none = moves.put(f"{VISION}/projects/moves/photos/{seen['sha256']}/ranges", json={"ranges": None})
    assert none.json()["video"]["ranges"] is None


@pytest.mark.parametrize(("ranges", "words"), [
    ((says("wave", 1, 3), says("jump", 2, 4)), "'wave' from 1 to 3 s and 'jump' from 2 to 4 s overlap."),
    ((says("jump", 1, 1.5), says("wave", 0, 4)), "'wave' from 0 to 4 s and 'jump' from 1 to 1.5 s overlap."),
    ((says("wave", 1, 5),), "does not lie in the video, which is 4 s long."),
    ((says("wave", 5, 6),), "does not lie in the video, which is 4 s long."),
    ((says("wave", 3, 1),), "A range of 'wave' would end at 1 s, and begin at 3 s."),
    ((says("wave", 1, 1.1),), "does not lie in the video"),
    ((says(" \n ", 1, 2),), "This can't be the name of a class."),
    ((says("wave", -1, 2),), ""), ((says("", 1, 2),), ""), (({"label": "wave", "start_s": "one", "end_s": 2},), ""),
    (({"label": "wave", "start_s": 1},), ""),
])
def test_a_range_that_can_not_be_is_refused_in_a_sentence_and_nothing_changes(
        moves: TestClient, ranges: tuple[dict[str, Any], ...], words: str) -> None:
    put(moves, says("sit", 0, 1))
    before = film_of(moves)
    refused = put(moves, *ranges)
    assert refused.status_code == 422 and words in refused.json()["detail"] and refused.json()["hint"]
    assert "\n" not in refused.json()["detail"] and film_of(moves) == before


def test_ranges_of_one_class_that_overlap_are_one_and_neighbours_stay_two(moves: TestClient) -> None:
    found = put(moves, says("wave", 0, 2), says("wave", 1, 3), says("wave", 1.5, 1.75), says("jump", 3, 4)).json()
    assert found["video"]["ranges"] == [says("wave", 0.0, 3.0), says("jump", 3.0, 4.0)]
    found = put(moves, says("wave", 0, 2), says("wave", 2, 3), says("jump", 2.9985, 4)).json()  # as clocks round
    assert found["video"]["ranges"] == [says("wave", 0.0, 2.0), says("wave", 2.0, 3.0), says("jump", 3.0, 4.0)]


def test_commands_and_python_refuse_the_same(moves: TestClient, data: Path) -> None:
    both = [says("wave", 1, 3), says("jump", 2, 4)]
    with pytest.raises(BadConfig, match="overlap"):
        vision.set_ranges("moves", {"hall.mp4": both}, data=data)
    asked = ["--data", str(data), "vision", "ranges", "moves", "hall.mp4"]
    done = CliRunner().invoke(main, [*asked, "--range", "wave", "1", "3", "--range", "jump", "2", "4"])
    assert done.exit_code != 0 and "overlap. Let one end where the other begins" in " ".join(done.output.split())
    assert film_of(moves)["video"]["ranges"] is None


def test_a_list_is_trimmed_where_its_ranges_overlap_and_that_is_told(data: Path, tmp_path: Path,
                                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "network_if_there", lambda _looking: None)
    (tmp_path / "hall.mp4").write_bytes(mover.lit(250, 5, 250, 5))
    (tmp_path / "list.csv").write_text("file,start_s,end_s,label\nhall.mp4,0,2,wave\nhall.mp4,1,3,jump\n"
                                       "hall.mp4,2,2.5,sit\nhall.mp4,2.5,4,jump\n")
    _, result = importing.import_photos(data, tmp_path, "moves", "activity")
    found = vision.ranges_of("moves", "hall.mp4", data=data)
    assert found == [says("wave", 0.0, 2.0), says("jump", 2.0, 4.0)]  # sit lay wholly in a jump, the jumps are one
    assert result.annotations is not None
    assert any(text.startswith("2 ranges began before one of another class had ended")
               for text in result.annotations["notes"])


def test_a_video_that_is_gone_has_no_ranges_and_a_project_of_photos_neither(moves: TestClient) -> None:
    sha256 = film_of(moves)["sha256"]
    gone = put(moves, says("wave", 1, 2), sha256=GONE)
    assert gone.status_code == 404 and gone.json()["hint"] == "It may have been removed."
    moves.post(f"{VISION}/projects/moves/photos:remove", json={"photos": [sha256]})
    assert put(moves, says("wave", 1, 2), sha256=sha256).status_code == 404
    moves.post(f"{VISION}/projects", json={"name": "photos"})
    other = moves.put(f"{VISION}/projects/photos/photos/{GONE}/ranges", json={"ranges": []})
    assert other.status_code == 404 and other.json()["detail"] == "There is no such clip in this project."
    assert put(moves, says("wave", 1, 2), sha256="no-hash").status_code == 422


def test_a_strip_shows_every_moment_ten_in_a_row(moves: TestClient) -> None:
    answer = moves.get(f"{VISION}/pictures/{film_of(moves)['sha256']}/strip")
    assert answer.headers["content-type"] == "image/jpeg" and "immutable" in answer.headers["cache-control"]
    with Image.open(io.BytesIO(answer.content)) as strip:
        assert strip.size == (10 * 144, 4 * 108)
        greys = [strip.convert("L").getpixel((k % 10 * 144 + 72, k // 10 * 108 + 54)) for k in range(32)]
    assert [float(grey) > 128 for grey in greys] == ([True] * 8 + [False] * 8) * 2
    assert moves.get(f"{VISION}/pictures/{GONE}/strip").json()["detail"] == "There is no such video."


@pytest.fixture
def model(app: FastAPI, data: Path) -> str:
    """The run of the training that ended with the model that knows bright and dark."""
    run = mover.finished(data)
    app.state.index.add(run)
    return run.name


def classify(client: TestClient, run: str, content: bytes, file: str = "film.mp4") -> Any:
    return client.post(f"{VISION}/trainings/{run}/classify:clip", params={"file": file}, content=content,
                       headers=BINARY)


def test_a_film_is_told_from_when_to_when_and_not_kept(client: TestClient, model: str, data: Path) -> None:
    found = classify(client, model, mover.lit(250, 5, 127)).json()
    # windows of half a second, every quarter; the one of two bright moments and two dark ones is as sure of either
    assert [(row["label"], row["start_s"], row["end_s"]) for row in found["spans"]] == [
        ("bright", 0.0, 0.875), (None, 0.875, 1.125), ("dark", 1.125, 2.125), (None, 2.125, 3.0)]
    assert found["duration_s"] == 3.0 and found["tiles"] == 24 and found["remarks"] == []
    with Image.open(io.BytesIO(base64.b64decode(found["strip"]))) as strip:
        assert strip.size == (10 * 144, 3 * 108)
    assert not list((data / "vision").rglob("upload*")), "nothing of it is kept"


def test_what_is_no_film_or_no_model_of_films_is_told(client: TestClient, model: str, data: Path) -> None:
    whole = mover.lit(250, 5)
    for content, words in ((b"no video at all", "no video that can be read"), (b"", "No file"),
                           (whole[:300], "no video that can be read"), (mover.lit(9, seconds=0.25), "It lasts 0.25 s")):
        refused = classify(client, model, content)
        assert refused.status_code == 422 and words in refused.json()["detail"] and refused.json()["hint"]
        assert str(data) not in refused.text
    assert classify(client, "01ARZ3NDEKTSV4RRFFQ69G5FAV", whole).status_code == 404
    report = data / "runs" / model / files.OUT / "evaluation.json"
    report.unlink()
    assert "has no result yet" in classify(client, model, whole).json()["detail"]
