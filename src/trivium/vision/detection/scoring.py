"""The numbers of a detector: average precision, as the COCO challenge counts it, and its interval.

A box counts as found where it overlaps one of its class by at least so much (IoU) and no surer box has that one.
Average precision is the mean of the precision at 101 recalls, each the best that is reached at that recall or beyond
(Lin et al., arXiv 1405.0312; the rules of its evaluator `pycocotools`, with which `tests` compare).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.classification.split import Ints
from trivium.vision.detection.geometry import MOST_BOXES
from trivium.vision.labels.boxes import iou

OVERLAPS = tuple(round(0.5 + 0.05 * k, 2) for k in range(10))
RECALLS = np.linspace(0.0, 1.0, 101)
DRAWS = 500  # of the bootstrap
ABOUT = 0.02  # of F1


@dataclass(frozen=True)
class Said:
    """What a detector said of a photo, and what is on it."""

    boxes: Floats  # (n, 4)
    classes: Ints  # (n,)
    scores: Floats  # (n,)
    true_boxes: Floats  # (m, 4)
    true_classes: Ints  # (m,)


@dataclass(frozen=True)
class Matches:
    """One class on one photo: the surest box first."""

    scores: Floats  # (n,)
    hits: Any  # (len(OVERLAPS), n) bool
    there: int  # how many there are


def matches(photo: Said, class_id: int) -> Matches:
    """Which boxes of a class found something, at each overlap."""
    chosen = np.flatnonzero(photo.classes == class_id)
    chosen = chosen[np.argsort(-photo.scores[chosen], kind="stable")][:MOST_BOXES]
    true = photo.true_boxes[photo.true_classes == class_id]
    overlaps = iou(photo.boxes[chosen], true)
    hits = np.array([partners(overlaps, least) >= 0 for least in OVERLAPS])
    return Matches(photo.scores[chosen], hits, len(true))


def partners(overlaps: Floats, least: float) -> Ints:
    """(n,): which of m true boxes each found box has, given their overlaps (n, m), the surest first; -1 where none."""
    taken = np.full(len(overlaps), -1)
    if not overlaps.size:
        return taken
    free = np.ones(overlaps.shape[1], bool)
    for k in np.flatnonzero(overlaps.max(1) >= least).tolist():
        open_to = np.where(free, overlaps[k], -1.0)
        if open_to.max() >= least:
            taken[k] = len(free) - 1 - int(open_to[::-1].argmax())  # of equals the last, as pycocotools does
            free[taken[k]] = False
    return taken


def average_precisions(found: Sequence[Matches], overlaps: int = len(OVERLAPS)) -> Any:
    """Of one class over photos, at the first so many overlaps; NaN where there is nothing of it."""
    there = sum(each.there for each in found)
    if not there:
        return np.full(overlaps, np.nan)
    scores = np.concatenate([each.scores for each in found])
    order = np.argsort(-scores, kind="stable")
    hits = np.concatenate([each.hits[:overlaps] for each in found], 1)[:, order]
    return np.array([area_under(row, there) for row in hits])


def curve(hits: Any, there: int) -> tuple[Any, Any]:
    """Recall and precision as ever less sure boxes count too."""
    right = np.cumsum(hits)
    return right / there, right / np.arange(1, len(hits) + 1)


def area_under(hits: Any, there: int) -> float:
    """Average precision of boxes in the order of their scores."""
    return float(best_precisions(*curve(hits, there)).mean())


def best_precisions(recall: Any, precision: Any) -> Any:
    """(101,): the best precision that is reached at each of `RECALLS` or beyond."""
    if not len(recall):
        return np.zeros(len(RECALLS))
    best = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(recall, RECALLS, side="left")
    return np.where(at < len(best), best[np.minimum(at, len(best) - 1)], 0.0)


def mean_precision(every: Sequence[Sequence[Matches]], overlaps: int = len(OVERLAPS)) -> tuple[float, float]:
    """(mAP50, mAP50:95) of classes x photos; with one overlap both are mAP50."""
    rows = np.array([average_precisions(found, overlaps) for found in every])
    known = rows[~np.isnan(rows[:, 0])]
    return (float(known[:, 0].mean()), float(known.mean())) if len(known) else (0.0, 0.0)


def scores_of(photos: Sequence[Said], classes: Sequence[str], seed: int = 0, draws: int = DRAWS) -> dict[str, Any]:
    """{"map50", "map50_95", "interval", "per_class", "n", "boxes"}; intervals by drawing photos anew (bootstrap)."""
    every = [[matches(photo, k) for photo in photos] for k in range(len(classes))]
    map50, map50_95 = mean_precision(every)
    spread = spreads(every, seed, draws)
    return {"map50": round(map50, 6), "map50_95": round(map50_95, 6), "n": len(photos),
            "interval": spread.map50, "interval_50_95": spread.map50_95,
            "boxes": sum(len(photo.true_boxes) for photo in photos),
            "per_class": {name: {**class_row(found), "interval": own}
                          for name, found, own in zip(classes, every, spread.ap50, strict=True)}}


@dataclass(frozen=True)
class Spreads:
    """95 % intervals; of a class None where nothing of it is there."""

    map50: list[float]
    map50_95: list[float]
    ap50: list[list[float] | None]


def spreads(every: Sequence[Sequence[Matches]], seed: int, draws: int = DRAWS) -> Spreads:
    """How much average precision would differ with other photos: of classes x photos, drawn anew (bootstrap).

    Without any draw the photos are as they are, and an interval has no width.
    """
    photos, rng = len(every[0]), np.random.default_rng(seed)
    counts = np.array([np.bincount(rng.integers(0, photos, photos), minlength=photos) for _ in range(draws)]
                      or [np.ones(photos, np.int64)])  # (D, P)
    drawn = np.array([precisions_drawn(found, counts) for found in every])  # (K, D, O)
    known = np.isfinite(drawn[:, :, 0]).sum(0)  # (D,) classes that a draw has anything of
    mean = np.nansum(drawn, 0) / np.maximum(known, 1)[:, None]  # (D, O)
    return Spreads(quantiles(mean[:, 0]), quantiles(mean.mean(1)),
                   [quantiles(rows[np.isfinite(rows)]) if sum(each.there for each in found) else None
                    for rows, found in zip(drawn[:, :, 0], every, strict=True)])


def quantiles(values: Any) -> list[float]:
    return [round(float(v), 6) for v in np.quantile(values, (0.025, 0.975))]


def precisions_drawn(found: Sequence[Matches], counts: Ints) -> Any:
    """(D, O): average precisions of one class where each photo counts so many times, (D, P); NaN where nothing is.

    The same as `average_precisions` of the photos that were drawn, without putting them in order for each draw.
    """
    scores = np.concatenate([each.scores for each in found])
    order = np.argsort(-scores, kind="stable")
    photo = np.repeat(np.arange(len(found)), [len(each.scores) for each in found])[order]
    hits = np.concatenate([each.hits for each in found], 1)[:, order]
    there = counts @ np.array([each.there for each in found])
    made = np.full((len(counts), len(OVERLAPS)), np.nan)
    for draw in np.flatnonzero(there).tolist():
        weight = counts[draw, photo]  # (n,)
        said = np.maximum(np.cumsum(weight), 1)
        right = np.cumsum(hits * weight, 1)  # (O, n)
        made[draw] = [best_precisions(row / there[draw], row / said).mean() for row in right]
    return made


def class_row(found: Sequence[Matches]) -> dict[str, Any]:
    """One class: how many there are, its average precisions, and its precision-recall curve at half overlap."""
    there = sum(each.there for each in found)
    if not there:
        return {"n": 0, "ap50": None, "ap50_95": None, "best": None, "curve": []}
    each_overlap = average_precisions(found)
    scores = np.concatenate([each.scores for each in found])
    order = np.argsort(-scores, kind="stable")
    recall, precision = curve(np.concatenate([each.hits[0] for each in found])[order], there)
    return {"n": there, "ap50": round(float(each_overlap[0]), 6), "ap50_95": round(float(each_overlap.mean()), 6),
            "best": best_point(recall, precision, scores[order]), "curve": thinned(recall, precision, scores[order])}


def best_point(recall: Any, precision: Any, scores: Any) -> dict[str, float] | None:
    """The lowest threshold at which F1, the harmonic mean of recall and precision, is about as high as anywhere.

    Not the very best one: with few photos that is the score of some box or other, and the next photo's is lower.
    """
    if not len(scores):
        return None
    f1 = 2 * recall * precision / np.maximum(recall + precision, 1e-9)
    return point(recall, precision, scores, int(np.flatnonzero(f1 >= f1.max() - ABOUT).max()))


def thinned(recall: Any, precision: Any, scores: Any, most: int = 60) -> list[dict[str, float]]:
    """Some points of the curve."""
    chosen = np.unique(np.linspace(0, len(scores) - 1, min(most, len(scores))).astype(int))
    return [point(recall, precision, scores, int(k)) for k in chosen]


def point(recall: Any, precision: Any, scores: Any, k: int) -> dict[str, float]:
    return {"threshold": round(float(scores[k]), 5), "recall": round(float(recall[k]), 5),
            "precision": round(float(precision[k]), 5)}
