"""A detector's figures and the photos behind them: what was found, missed and confused at which threshold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

from trivium.core import files
from trivium.errors import BadConfig, NotFound
from trivium.vision.detection.comparing import BACKGROUND, Compared, Kind, compared, confusion, counts, found_rows
from trivium.vision.detection.scoring import RECALLS, Said, best_precisions, curve, matches
from trivium.vision.finished import REPORT, training
from trivium.vision.project import DETECTION

SHOWS: Mapping[str, tuple[Kind | str, ...]] = {
    "all": (*get_args(Kind), "missed"), "wrong": ("confused", "loose", "double", "false", "missed"), "hits": ("hit",),
    "missed": ("missed",), "false": ("false", "double", "loose"), "confused": ("confused",)}


def box_scores(run: Path | str, threshold: float | None = None) -> dict[str, Any]:
    """The report with, for each class and size, how many boxes there are and right at every threshold.

    The table of confusions is at the model's own thresholds, or at one for all.
    """
    folder, report, rows = opened(run)
    if report["map50"] is None:
        raise NotFound("This detector was not measured.", report["how"])
    classes, own = report["classes"], report["thresholds"]
    counted, photos = counts(rows, classes, own), at(rows, classes, own, threshold)
    per_class = [{"name": name, **report["per_class"][name], **counted["per_class"][name],
                  "precision_at": precision_at(rows, classes, k)} for k, name in enumerate(classes)]
    return {**report, "run": str(folder), "threshold": threshold, "per_class": per_class, "sizes": counted["sizes"],
            "confusion": confusion(photos, classes)}


def box_photos(run: Path | str, show: str = "wrong", label: str | None = None, said: str | None = None,
               threshold: float | None = None) -> list[dict[str, Any]]:
    """Held-out photos with the boxes that are drawn and those that were found, the worst first.

    `label` is the class of the thing, `said` what it was taken for; "" is the background, so `label` "" asks for false
    alarms and `said` "" for what was missed.
    """
    if show not in SHOWS:
        raise BadConfig(f"There are no photos of the kind {show[:40]!r}.", f"There are: {', '.join(SHOWS)}.")
    _, report, rows = opened(run)
    pick = cell(label, said) if (label, said) != (None, None) else kinds(SHOWS[show])
    ranked = []
    for photo in at(rows, report["classes"], report["thresholds"], threshold):
        chosen = pick(photo)
        if chosen or show == "all":
            ranked.append((-max(chosen, default=0.0), -len(chosen), photo.sha256, photo))
    return [{**asdict(photo), "missed": len(photo.missed)} for *_, photo in sorted(ranked, key=lambda each: each[:3])]


def opened(run: Path | str) -> tuple[Path, dict[str, Any], list[dict[str, Any]]]:
    """A detector's training, its report, and what it found."""
    folder, _ = training(run, task=DETECTION)
    return folder, files.read_json(folder / files.OUT / REPORT), found_rows(folder)


def at(rows: Sequence[dict[str, Any]], classes: Sequence[str], own: Mapping[str, float],
       threshold: float | None) -> list[Compared]:
    """Photos at one threshold for all classes, or each at its own."""
    return [compared(row, own if threshold is None else dict.fromkeys(classes, threshold)) for row in rows]


def kinds(wanted: Sequence[str]) -> Callable[[Compared], list[float]]:
    """How sure the boxes of these kinds are; what was missed counts as surest, for a person has drawn it."""
    return lambda photo: [*(box.confidence for box in photo.found if box.kind in wanted),
                          *(1.0 for _ in photo.missed if "missed" in wanted)]


def cell(label: str | None, said: str | None) -> Callable[[Compared], list[float]]:
    """The same for a cell, a row or a column of the table of confusions."""
    return lambda photo: [
        *(box.confidence for box in photo.found
          if label in (None, box.there or BACKGROUND) and said in (None, box.label)),
        *(1.0 for box in photo.missed
          if box.said is None and label in (None, box.label) and said in (None, BACKGROUND))]


def precision_at(rows: Sequence[dict[str, Any]], classes: Sequence[str], class_id: int) -> list[float]:
    """[101]: the best precision at each of `RECALLS`, whose mean is the average precision at half overlap."""
    import numpy as np

    found = [matches(said_of(row, classes), class_id) for row in rows]
    there = sum(each.there for each in found)
    if not there:
        return []
    scores = np.concatenate([each.scores for each in found])
    hits = np.concatenate([each.hits[0] for each in found])[np.argsort(-scores, kind="stable")]
    return [round(float(v), 5) for v in best_precisions(*curve(hits, there))] if len(hits) else [0.0] * len(RECALLS)


def said_of(row: dict[str, Any], classes: Sequence[str]) -> Said:
    """A photo as `scoring` takes it."""
    import numpy as np

    from trivium.vision.detection.data import array_of

    def split(boxes: list[dict[str, Any]]) -> tuple[Any, Any]:
        return (array_of([box["xyxy"] for box in boxes]), np.array([classes.index(box["label"]) for box in boxes], int))

    scores = np.array([box["confidence"] for box in row["found"]], np.float32)
    boxes, labels = split(row["found"])
    return Said(boxes, labels, scores, *split(row["boxes"]))
