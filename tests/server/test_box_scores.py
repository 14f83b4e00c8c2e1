"""A detector's result, opened: errors by hand, counts that agree with the report, intervals by drawing photos."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from fastapi import FastAPI
from fastapi.testclient import TestClient

import trivium.vision as vision
from tests.vision.boxed import scenes
from trivium.cli import main
from trivium.core import files
from trivium.core.runfolder import create_run
from trivium.errors import BadConfig, BadFile
from trivium.vision.detection import scoring
from trivium.vision.detection.comparing import compared, counts, found_rows
from trivium.vision.detection.config import DetectConfig
from trivium.vision.tasks import KIND, studio_for

CLASSES = ["a", "b", "c"]


def box(label: str, *xyxy: float, confidence: float | None = None) -> dict[str, Any]:
    return {"label": label, "xyxy": list(xyxy)} | ({} if confidence is None else {"confidence": confidence})


ONE_OF_EACH = {
    "sha256": "1" * 64, "name": "one.png",
    "boxes": [box("a", 0, 0, 0.2, 0.2), box("b", 0.3, 0, 0.5, 0.2), box("a", 0.6, 0, 0.8, 0.2),
              box("c", 0, 0.5, 0.05, 0.55)],
    "found": [box("a", 0, 0, 0.2, 0.19, confidence=0.9),  # hit
              box("a", 0, 0, 0.2, 0.18, confidence=0.8),  # once more
              box("a", 0.3, 0, 0.5, 0.19, confidence=0.7),  # a b, taken for an a
              box("a", 0.7, 0, 0.9, 0.2, confidence=0.6),  # a third of the second a
              box("c", 0.8, 0.8, 1, 1, confidence=0.5)],  # nothing there
}


def test_each_error_has_its_name() -> None:
    photo = compared(ONE_OF_EACH, dict.fromkeys(CLASSES, 0.0))
    assert [each.kind for each in photo.found] == ["hit", "double", "confused", "loose", "false"]
    assert [each.there for each in photo.found] == ["a", None, "b", None, None]
    assert [each.found for each in photo.drawn] == [True, False, False, False]
    assert [each.said for each in photo.drawn] == [None, "a", None, None]
    surer = compared(ONE_OF_EACH, {"a": 0.85, "b": 0.0, "c": 0.0})
    assert [each.kind for each in surer.found] == ["hit", "false"] and len(surer.missed) == 3


def rows_of(photos: list[scoring.Said]) -> list[dict[str, Any]]:
    """As a training writes them."""
    def boxes(corners: Any, classes: Any) -> list[dict[str, Any]]:
        return [box(CLASSES[c], *map(float, xyxy)) for xyxy, c in zip(corners, classes, strict=True)]

    return [{"sha256": f"{k:064x}", "name": f"{k}.png", "boxes": boxes(photo.true_boxes, photo.true_classes),
             "found": [{**row, "confidence": float(score)} for row, score in
                       zip(boxes(photo.boxes, photo.classes), photo.scores, strict=True)]}
            for k, photo in enumerate(photos)]


@pytest.mark.parametrize("seed", range(3))
def test_counts_at_every_threshold_are_those_of_the_curve(seed: int) -> None:
    photos = scenes(seed)
    report = scoring.scores_of(photos, CLASSES, draws=0)
    counted = counts(rows_of(photos), CLASSES, dict.fromkeys(CLASSES, 0.5))
    for name in CLASSES:
        row, made = report["per_class"][name], counted["per_class"][name]
        for point in row["curve"]:
            at = next(k for k in range(101) if k / 100 >= point["threshold"])  # the step at or above it
            later = [each for each in row["curve"] if each["threshold"] >= at / 100 - 1e-9]
            recall = max((each["recall"] for each in later), default=0.0)
            assert made["right"][at] / row["n"] == pytest.approx(recall, abs=1e-5)
            assert made["said"][at] == len(later)
        assert made["right"][50] == made["right_own"] and made["said"][50] == made["said_own"]
    small, medium, large = counted["sizes"]
    assert small["n"] + medium["n"] + large["n"] == sum(len(photo.true_boxes) for photo in photos)
    assert sum(size["right_own"] for size in counted["sizes"]) == sum(
        made["right_own"] for made in counted["per_class"].values())


@pytest.mark.parametrize("seed", range(3))
def test_drawing_photos_anew_is_what_putting_them_together_gives(seed: int) -> None:
    """The quick way beside the plain one: the photos that were drawn, as often as they were, scored from the start."""
    photos = scenes(seed)
    rng = np.random.default_rng(7)
    drawn = [rng.integers(0, len(photos), len(photos)) for _ in range(20)]
    counted = np.array([np.bincount(each, minlength=len(photos)) for each in drawn])
    for class_id in range(3):
        found = [scoring.matches(photo, class_id) for photo in photos]
        quick = scoring.precisions_drawn(found, counted)
        plain = [scoring.average_precisions([found[k] for k in each]) for each in drawn]
        assert quick == pytest.approx(np.array(plain), abs=1e-9, nan_ok=True)
    every = [[scoring.matches(photo, k) for photo in photos] for k in range(3)]
    spread = scoring.spreads(every, 3, 200)
    assert spread.map50_95[0] < scoring.mean_precision(every)[1] < spread.map50_95[1]
    assert all(own is not None and own[0] < own[1] for own in spread.ap50)


def finished(data: Path, rows: list[dict[str, Any]], report: dict[str, Any]) -> Path:
    """A detector's run folder as if it had been trained."""
    folder = create_run(studio_for("detection"), KIND, "finds", DetectConfig(), data=data, seed=1,
                        inputs={"project.json": json.dumps({"project": "fruits"})})
    (folder / "out").mkdir(exist_ok=True)
    files.write_json(folder / "out" / "found.json", rows)
    files.write_json(folder / "out" / "evaluation.json", {
        "task": "detection", "project": "fruits", "how": "Held out.", "classes": CLASSES, "seed": 1,
        "thresholds": dict.fromkeys(CLASSES, 0.55), **report})
    return folder


def test_the_routes_tell_what_the_commands_tell(client: TestClient, app: FastAPI, data: Path) -> None:
    photos = [*scenes(2), scoring.Said(*(part for part in said_of_one()))]
    rows = [*rows_of(photos[:-1]), ONE_OF_EACH]
    folder = finished(data, rows, scoring.scores_of(photos, CLASSES, draws=20))
    app.state.index.add(folder)
    base = f"/api/v1/vision/trainings/{folder.name}"
    scores = client.get(f"{base}/box-scores").json()
    assert scores["interval"][0] <= scores["map50"] <= scores["interval"][1]
    for k, row in enumerate(scores["per_class"]):
        assert np.mean(row["precision_at"]) == pytest.approx(row["ap50"], abs=1e-4)
        assert scores["confusion"][k][k] == row["right_own"] and sum(scores["confusion"][k]) == row["n"]
        assert sum(other[k] for other in scores["confusion"]) == row["said_own"]
    at = client.get(f"{base}/box-scores", params={"threshold": 0.3}).json()
    assert [at["confusion"][k][k] for k in range(3)] == [row["right"][30] for row in at["per_class"]]

    page = client.get(f"{base}/box-photos", params={"label": "b", "said": "a", "threshold": 0.05}).json()
    assert "one.png" in [row["name"] for row in page["items"]]
    assert all(any((each["kind"], each["there"], each["label"]) == ("confused", "b", "a") for each in row["found"])
               for row in page["items"]) and page["total"] == len(page["items"])
    lost = client.get(f"{base}/box-photos", params={"label": "b", "said": "", "threshold": 0.05}).json()["items"]
    assert "one.png" not in [row["name"] for row in lost]  # its b was taken for an a, and so not missed
    missed = client.get(f"{base}/box-photos", params={"show": "missed", "limit": 2}).json()
    assert len(missed["items"]) == 2 and all(not all(each["found"] for each in row["drawn"]) for row in missed["items"])
    told = CliRunner().invoke(main, ["--data", str(data), "vision", "understand", "box-photos", str(folder), "--show",
                                     "missed", "--json"], catch_exceptions=False)
    assert [row["name"] for row in json.loads(told.output)["photos"]][:2] == [row["name"] for row in missed["items"]]
    lines = CliRunner().invoke(main, ["--data", str(data), "vision", "understand", "boxes", str(folder)],
                               catch_exceptions=False).output
    assert "AP50" in lines and "mAP50:95" in lines and "small" in lines
    assert client.get(f"{base}/evaluation").status_code == 422  # that one is for classifiers


def said_of_one() -> tuple[Any, ...]:
    def arrays(boxes: list[dict[str, Any]]) -> tuple[Any, Any]:
        return (np.array([each["xyxy"] for each in boxes], np.float32),
                np.array([CLASSES.index(each["label"]) for each in boxes]))

    boxes, labels = arrays(ONE_OF_EACH["boxes"])  # type: ignore[arg-type]
    found, called = arrays(ONE_OF_EACH["found"])  # type: ignore[arg-type]
    scores = np.array([each["confidence"] for each in ONE_OF_EACH["found"]], np.float32)  # type: ignore[index]
    return found, called, scores, boxes, labels


def test_what_is_damaged_or_unknown_is_said(data: Path) -> None:
    folder = finished(data, rows_of(scenes(1)), scoring.scores_of(scenes(1), CLASSES, draws=0))
    with pytest.raises(BadConfig, match="no photos of the kind"):
        vision.box_photos(folder, show="odd", data=data)
    files.write_json(folder / "out" / "found.json", [{"sha256": "0" * 64, "name": "x", "boxes": [{}], "found": []}])
    with pytest.raises(BadFile, match="damaged"):
        found_rows(folder)
