"""How well masks are told: intersection over union, pixel accuracy, and accuracy along the borders.

Everything follows from one table for each photo: how many pixels of each class were taken for which. IoU of a class is
the pixels that are it and were called it, over those that are it or were called it, summed over all photos
(Everingham et al., PASCAL VOC); mIoU is the mean over the classes that are there, background among them, as VOC counts.
Pixels that nobody has labelled count for nothing. The interval comes from drawing the photos anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.classification.split import Ints
from trivium.vision.labels.masks import UNLABELLED
from trivium.vision.labels.planes import Plane

DRAWS = 1000  # of the bootstrap
BACKGROUND_NAME = "background"
BORDER = 0.01  # of the mask's diagonal: how far from a border a pixel belongs to its band (Kohli et al., 2009: trimap)


@dataclass(frozen=True)
class Told:
    """One photo: (K, K) pixels of each class (rows) that were taken for which (columns); of the border's band, pixels
    and right ones."""

    table: Ints
    band: int
    band_right: int


def told(truth: Plane, said: Plane, classes: int) -> Told:
    """Compare two planes of class numbers, 0 background."""
    known = truth != UNLABELLED
    pairs = truth[known].astype(np.int64) * classes + said[known]
    near = border_band(truth) & known
    return Told(np.bincount(pairs, minlength=classes * classes).reshape(classes, classes), int(near.sum()),
                int((truth == said)[near].sum()))


def border_band(truth: Plane) -> Any:
    """(H, W) bool: the pixels near a border between two classes."""
    edge = np.zeros(truth.shape, np.uint8)
    known = truth != UNLABELLED
    across = (truth[:, 1:] != truth[:, :-1]) & known[:, 1:] & known[:, :-1]
    down = (truth[1:] != truth[:-1]) & known[1:] & known[:-1]
    edge[:, 1:] |= across
    edge[:, :-1] |= across
    edge[1:] |= down
    edge[:-1] |= down
    reach = max(1, round(BORDER * float(np.hypot(*truth.shape))))
    return np.asarray(Image.fromarray(edge).filter(ImageFilter.MaxFilter(2 * reach + 1))) > 0


def counts_of(tables: Ints) -> Ints:
    """(..., 3, K): of each class the pixels that are it and were called it, that are it, that were called it."""
    return np.stack([np.diagonal(tables, axis1=-2, axis2=-1), tables.sum(-1), tables.sum(-2)], -2)


def ious(counts: Ints) -> Floats:
    """(..., K): IoU of each class; not a number where a class is neither there nor said."""
    hits, there, called = (counts[..., k, :].astype(np.float64) for k in range(3))
    union = there + called - hits
    return np.asarray(np.divide(hits, union, out=np.full_like(hits, np.nan), where=union > 0))


def miou(counts: Ints) -> Any:
    """The mean over the classes that are there."""
    there = counts[..., 1, :] > 0
    found = np.where(there, np.nan_to_num(ious(counts)), 0.0)
    return found.sum(-1) / np.maximum(1, there.sum(-1))


def scores_of(photos: Sequence[Told], classes: Sequence[str], seed: int = 1, draws: int = DRAWS) -> dict[str, Any]:
    """{"miou", "interval", "pixel_accuracy", "border_accuracy", "n", "per_class", ...}; `classes` has no background."""
    tables = np.stack([each.table for each in photos])  # (N, K, K)
    table, photo_counts = tables.sum(0), counts_of(tables)
    chosen = drawn(photo_counts, seed, draws)
    band, right = (sum(getattr(each, name) for each in photos) for name in ("band", "band_right"))
    found: dict[str, Any] = {
        "miou": share(miou(counts_of(table))), "interval": between(miou(chosen)) if draws else None, "n": len(photos),
        "pixel_accuracy": share(np.trace(table) / max(1, table.sum())),
        "border_accuracy": share(right / band) if band else None,
        "baseline": {"name": "all background", "miou": share(miou(counts_of(all_background(table))))},
        "confusion": table.tolist(), "per_class": {}}
    each, by_draw = ious(counts_of(table)), ious(chosen)
    for k, name in enumerate([BACKGROUND_NAME, *classes]):
        there, called, hits = int(table[k].sum()), int(table[:, k].sum()), int(table[k, k])
        found["per_class"][name] = {
            "iou": share(each[k]) if there else None, "interval": between(by_draw[:, k]) if there and draws else None,
            "n": int((photo_counts[:, 1, k] > 0).sum()), "area": share(there / max(1, table.sum())),
            "recall": share(hits / there) if there else None, "precision": share(hits / called) if called else None}
    return found


def drawn(counts: Ints, seed: int, draws: int) -> Ints:
    """(D, 3, K): sums over as many photos, drawn with replacement."""
    rng = np.random.default_rng(seed)
    times = rng.multinomial(len(counts), np.full(len(counts), 1 / len(counts)), draws)  # (D, N)
    return np.asarray(np.tensordot(times, counts, 1))


def all_background(table: Ints) -> Ints:
    """The table if everything were called background."""
    found = np.zeros_like(table)
    found[:, 0] = table.sum(1)
    return found


def between(values: Any) -> list[float] | None:
    """The middle 95 % of draws; those in which a class is neither there nor said do not count."""
    known = values[~np.isnan(values)]
    return [share(each) for each in np.percentile(known, [2.5, 97.5])] if len(known) else None


def share(value: Any) -> float:
    return round(float(value), 6)
