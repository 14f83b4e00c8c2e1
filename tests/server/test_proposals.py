"""Boxes that a detector proposes, and those that it doubts: by the routes, the command and in Python."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner
from fastapi import FastAPI
from fastapi.testclient import TestClient

import trivium.vision as vision
from tests.server.test_box_scores import box, finished
from trivium.cli import main
from trivium.core import files
from trivium.errors import BadConfig
from trivium.vision import project
from trivium.vision.detection import proposing
from trivium.vision.labels.boxes import LabelledBox
from trivium.vision.labels.boxing import BoxChange, rebox

V = "/api/v1/vision/projects"
SHA = [f"{number:064x}" for number in range(4)]
SCORES = {"per_class": {name: {"n": 5, "ap50": ap50} for name, ap50 in (("a", 0.9), ("b", 0.1), ("c", None))}}
CARD = {"classes": ["a", "b", "gone"], "files": {"model.onnx": "5" * 64}, "task": "detection",
        "postprocessing": {"thresholds": {"a": 0.5, "b": 0.3, "gone": 0.1}}}
SAID = {"boxes": [[0, 0, 0.5, 0.5], [0.5, 0.5, 1, 1], [0, 0, 1, 1]], "class_ids": [0, 1, 2], "scores": [0.6, 0.4, 0.9]}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """A model that says the same of every photo; which photos it was shown, a batch each."""
    shown: list[list[str]] = []

    def read(batch: Sequence[tuple[str, bytes]], network: bytes | None, told: Callable[..., None]) -> int:
        shown.append([name for name, _ in batch])
        for k in range(len(batch)):
            told(k, SAID, Path())
        return len(batch)

    monkeypatch.setattr(proposing, "read_batch", read)
    monkeypatch.setattr(proposing, "content", lambda _store, sha256: sha256.encode())
    monkeypatch.setattr(proposing, "read_bundle", lambda _folder: (CARD, {"model.onnx": b"network"}))
    monkeypatch.setattr(proposing, "LOOKS", proposing.Looks())
    return shown


@pytest.fixture
def fruits(client: TestClient, app: FastAPI, data: Path) -> Path:
    """A project of four photos, three looked at, and a training that has held out two of them."""
    client.post(V, json={"name": "fruits", "task": "detection"})
    made = project.load(data, "fruits")
    project.add(made, [project.Item(sha, f"{sha[-1]}.png", None, 640, 480, "0" * 64, 50.0) for sha in SHA])
    rebox(made, [BoxChange(SHA[0], [LabelledBox("a", (0, 0, 0.2, 0.2)), LabelledBox("b", (0.5, 0.5, 0.9, 0.9))]),
                 BoxChange(SHA[1], [LabelledBox("a", (0.5, 0, 1, 0.5))]), BoxChange(SHA[2], [])])
    rows = [{"sha256": SHA[0], "name": "0.png", "boxes": [box("c", 0, 0, 1, 1)],  # drawn anew since
             "found": [box("a", 0, 0, 0.2, 0.2, confidence=0.9), box("c", 0.3, 0.3, 0.4, 0.4, confidence=0.8)]},
            {"sha256": SHA[1], "name": "1.png", "boxes": [],
             "found": [box("b", 0.5, 0, 1, 0.5, confidence=0.7), box("a", 0.5, 0, 1, 0.5, confidence=0.2)]}]
    folder = finished(data, rows, SCORES)
    app.state.index.add(folder)
    return folder


def test_a_model_proposes_what_is_sure_enough_and_known_here(client: TestClient, fruits: Path, data: Path,
                                                             asked: list[list[str]]) -> None:
    path = f"{V}/fruits/proposals"
    found = client.get(path, params={"run": fruits.name, "photo": [SHA[3], "f" * 64]}).json()
    assert [row["sha256"] for row in found] == [SHA[3]]
    assert [(row["label"], row["confidence"]) for row in found[0]["boxes"]] == [("a", 0.6), ("b", 0.4)]
    surer = client.get(path, params={"run": fruits.name, "photo": SHA[3], "threshold": 0.5}).json()
    assert [row["label"] for row in surer[0]["boxes"]] == ["a"] and asked == [[SHA[3]]]  # it has looked once
    assert list(vision.propose("fruits", fruits, data=data)) == [SHA[3]]  # the one that nobody has looked at
    told = CliRunner().invoke(main, ["--data", str(data), "vision", "propose", "fruits", str(fruits), "1.png"],
                              catch_exceptions=False)
    assert told.output.splitlines()[0].startswith(f"{SHA[1][:12]}  a 60%")
    assert client.get(path, params={"run": fruits.name, "photo": SHA * 9}).status_code == 422  # too many at once


def test_what_it_doubts_comes_by_how_much(client: TestClient, fruits: Path, data: Path, asked: list[list[str]]) -> None:
    rows = client.get(f"{V}/fruits/box-doubts", params={"run": fruits.name}).json()
    assert [row["name"] for row in rows] == ["1.png", "0.png"] and not asked
    (other,) = [reason for reason in rows[0]["reasons"] if reason["kind"] == "other class"]
    assert (other["label"], other["there"], other["doubt"]) == ("b", "a", 0.7)
    assert [(reason["kind"], reason["label"]) for reason in rows[1]["reasons"]] == [("not found", "b")]
    assert rows[1]["doubt"] == pytest.approx(0.1)  # who finds few b is not believed; c is no class of this project
    everything = vision.doubtful_boxes("fruits", fruits, everything=True, data=data)
    assert asked == [[SHA[2]]] and everything[0]["name"] == "1.png"
    assert [(reason["kind"], reason["label"]) for reason in everything[1]["reasons"]] == [("not drawn", "a")]
    told = CliRunner().invoke(main, ["--data", str(data), "vision", "propose", "fruits", str(fruits), "--doubtful",
                                     "--json"], catch_exceptions=False)
    assert [row["name"] for row in json.loads(told.output)["photos"]] == ["1.png", "0.png"]


def test_what_has_no_boxes_gets_none(client: TestClient, fruits: Path, data: Path) -> None:
    client.post(V, json={"name": "trash"})
    answer = client.get(f"{V}/trash/box-doubts", params={"run": fruits.name})
    assert answer.status_code == 422 and "has no boxes" in answer.json()["detail"]
    files.write_json(fruits / "out" / "evaluation.json", {"task": "detection"})
    with pytest.raises(BadConfig, match="has no boxes"):
        vision.propose("trash", fruits, data=data)
