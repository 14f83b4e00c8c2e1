"""What a detector said of the photos that were held out, beside what is drawn on them: its hits and how it erred.

A hit is one as `scoring` counts it at half overlap. What is no hit is told apart by its cause, as in TIDE (Bolya et
al., arXiv 2008.08115): another class at the right place, the right class at a place that fits badly, a second box on
one thing, or nothing there at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from trivium.core import files
from trivium.core.intervals import wilson
from trivium.errors import BadFile
from trivium.vision.classification.split import Ints
from trivium.vision.detection.data import array_of
from trivium.vision.detection.geometry import SIZE
from trivium.vision.detection.scoring import partners
from trivium.vision.labels.boxes import areas, iou

FOUND = "found.json"  # of a run: what was found on each photo that was held out
LEAST, LOOSE = 0.5, 0.1  # overlaps: of a hit, and of what is meant for a thing but fits badly
STEPS = np.arange(101) / 100  # thresholds that counts are told for
SIZES = (("small", 0.0, 32.0), ("medium", 32.0, 96.0), ("large", 96.0, np.inf))  # pixels of SIZE, as COCO's bounds
BACKGROUND = ""  # in the table of confusions

Kind = Literal["hit", "confused", "loose", "double", "false"]
Row = dict[str, Any]


@dataclass(frozen=True)
class Found:
    """A box that was found."""

    label: str
    confidence: float
    xyxy: list[float]
    kind: Kind
    there: str | None  # the class that is drawn there, where it is a thing's box


@dataclass(frozen=True)
class Drawn:
    """A box that a person has drawn."""

    label: str
    xyxy: list[float]
    found: bool
    said: str | None  # the class that it was taken for, where that is another


@dataclass(frozen=True)
class Compared:
    """A photo with both."""

    sha256: str
    name: str
    drawn: list[Drawn]
    found: list[Found]  # the surest first

    @property
    def missed(self) -> list[Drawn]:
        return [box for box in self.drawn if not box.found]


def found_rows(folder: Path) -> list[Row]:
    """What a training has said of each photo that was held out."""
    rows = files.read_json(folder / files.OUT / FOUND)
    try:
        whole = all(isinstance(row["sha256"], str) and isinstance(row["name"], str)
                    and all(len(box["xyxy"]) == 4 and box["label"] for box in (*row["boxes"], *row["found"]))
                    and all(0 <= box["confidence"] <= 1 for box in row["found"]) for row in rows)
    except (KeyError, TypeError):
        whole = False
    if not whole:
        raise BadFile("What this run has found is damaged.", "Train again.")
    return list(rows)


def compared(row: Row, thresholds: Mapping[str, float]) -> Compared:
    """A photo at these thresholds, a class each."""
    said = sorted((box for box in row["found"] if box["confidence"] >= thresholds.get(box["label"], 1.0)),
                  key=lambda box: -box["confidence"])
    there = row["boxes"]
    overlaps = iou(array_of([box["xyxy"] for box in said]), array_of([box["xyxy"] for box in there]))  # (n, m)
    called, true = (np.array([box["label"] for box in boxes], object) for boxes in (said, there))
    partner = hits_of(overlaps, called, true)
    instead = mistaken(overlaps, partner)
    return Compared(row["sha256"], row["name"], [
        Drawn(box["label"], box["xyxy"], k in partner, said[instead.index(k)]["label"] if k in instead else None)
        for k, box in enumerate(there)
    ], [
        Found(box["label"], box["confidence"], box["xyxy"], kind_of(k, overlaps, called, true, partner, instead),
              next((str(true[j]) for j in (partner[k], instead[k]) if j >= 0), None))
        for k, box in enumerate(said)])


def hits_of(overlaps: Any, called: Any, true: Any) -> Ints:
    """(n,): the true box of its class that each found box has, -1 where none."""
    partner = np.full(len(called), -1)
    for name in set(called.tolist()):
        rows, columns = np.flatnonzero(called == name), np.flatnonzero(true == name)
        own = partners(overlaps[np.ix_(rows, columns)], LEAST)
        partner[rows[own >= 0]] = columns[own[own >= 0]]
    return partner


def mistaken(overlaps: Any, partner: Ints) -> list[int]:
    """[n]: the true box of another class at whose place a box lies that hit nothing, -1 where none; best fit first."""
    instead = [-1] * len(partner)
    rows, columns = np.nonzero(overlaps >= LEAST)
    for k in np.argsort(-overlaps[rows, columns], kind="stable").tolist():
        row, column = int(rows[k]), int(columns[k])
        if partner[row] < 0 and instead[row] < 0 and column not in partner and column not in instead:
            instead[row] = column
    return instead


def kind_of(k: int, overlaps: Any, called: Any, true: Any, partner: Ints, instead: Sequence[int]) -> Kind:
    """Why a box is there."""
    if partner[k] >= 0:
        return "hit"
    if instead[k] >= 0:
        return "confused"
    own = overlaps[k][true == called[k]]
    best = float(own.max()) if len(own) else 0.0
    return "double" if best >= LEAST else "loose" if best >= LOOSE else "false"


def counts(rows: Sequence[Row], classes: Sequence[str], own: Mapping[str, float]) -> dict[str, Any]:
    """{"per_class", "sizes"}: at each threshold of `STEPS` and at the model's own, how many boxes there are and right.

    The surest boxes choose first, so what hits at one threshold hits at every lower one.
    """
    everything = [compared(row, dict.fromkeys(classes, 0.0)) for row in rows]
    found = [box for photo in everything for box in photo.found]
    per_class = {}
    for name in classes:
        scores, hits = ([box.confidence for box in found if box.label == name and (any_kind or box.kind == "hit")]
                        for any_kind in (True, False))
        per_class[name] = {"said": at_least(scores), "right": at_least(hits), "threshold": own[name],
                           "said_own": sum(v >= own[name] for v in scores),
                           "right_own": sum(v >= own[name] for v in hits)}
    return {"per_class": per_class, "sizes": sizes(rows, classes, own)}


def sizes(rows: Sequence[Row], classes: Sequence[str], own: Mapping[str, float]) -> list[dict[str, Any]]:
    """How many of the small, medium and large things are found."""
    sides, surest, counted = list[float](), list[float](), list[bool]()
    for row in rows:
        there, said = row["boxes"], sorted(row["found"], key=lambda box: -box["confidence"])
        overlaps = iou(array_of([box["xyxy"] for box in said]), array_of([box["xyxy"] for box in there]))
        called, true = (np.array([box["label"] for box in boxes], object) for boxes in (said, there))
        by = {int(j): said[k] for k, j in enumerate(hits_of(overlaps, called, true)) if j >= 0}
        sides += (np.sqrt(areas(array_of([box["xyxy"] for box in there]).astype(float))) * SIZE).tolist()
        surest += [by[j]["confidence"] if j in by else -1.0 for j in range(len(there))]
        counted += [j in by and by[j]["confidence"] >= own[by[j]["label"]] for j in range(len(there))]
    found = []
    for name, low, high in SIZES:
        chosen = [k for k, side in enumerate(sides) if low <= side < high]
        hits = sum(counted[k] for k in chosen)
        found.append({"name": name, "n": len(chosen), "right": at_least([surest[k] for k in chosen]), "right_own": hits,
                      "interval": list(wilson(hits, len(chosen)))})
    return found


def at_least(scores: Sequence[float]) -> list[int]:
    """[101]: how many reach each threshold of `STEPS`."""
    ordered = np.sort(np.array(scores, np.float64))
    return [int(v) for v in len(ordered) - np.searchsorted(ordered, STEPS - 1e-9)]


def confusion(photos: Sequence[Compared], classes: Sequence[str]) -> list[list[int]]:
    """Rows: what is drawn; columns: what was said; the last of both is the background: false alarms, and missed."""
    index = {name: k for k, name in enumerate([*classes, BACKGROUND])}
    table = [[0] * len(index) for _ in index]
    for photo in photos:
        for found in photo.found:
            table[index[found.there or BACKGROUND]][index[found.label]] += 1
        for drawn in photo.drawn:
            if not drawn.found and drawn.said is None:
                table[index[drawn.label]][index[BACKGROUND]] += 1
    return table
