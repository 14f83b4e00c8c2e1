"""Boxes around the objects of a picture: what a detector learns from.

A box's corners are shares of the upright picture, x to the right and y down, as in the event that a model at work sends
(`events.Box`), so that they fit a view of any size. What reaches over the picture's edge is clipped, as every evaluator
does; what has no area inside the picture is no box.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from trivium.errors import BadConfig

XYXY = tuple[float, float, float, float]
Array = np.ndarray[Any, np.dtype[np.floating[Any]]]
MAX_BOXES = 1000  # on one picture
DIGITS = 8  # of a share: 0.0001 pixels of the widest picture
LEAST_SIDE = 1e-6  # of the picture; below it two corners are one point


@dataclass(frozen=True)
class LabelledBox:
    """An object and its corners, as shares of the upright picture, 0 to 1."""

    label: str
    xyxy: XYXY


def fitted(xyxy: Iterable[float]) -> tuple[XYXY, bool] | None:
    """The part of a box inside the picture and whether any was cut off; None where nothing is left, or never was."""
    try:
        x1, y1, x2, y2 = (float(value) for value in xyxy)
    except (TypeError, ValueError, OverflowError):
        return None
    if not all(math.isfinite(value) for value in (x1, y1, x2, y2)):
        return None
    inside = tuple(round(min(max(value, 0.0), 1.0), DIGITS) for value in (x1, y1, x2, y2))
    if inside[2] - inside[0] < LEAST_SIDE or inside[3] - inside[1] < LEAST_SIDE:
        return None
    beyond = LEAST_SIDE  # rounding in a file is no reaching over the edge
    clipped = min(x1, y1) < -beyond or max(x2, y2) > 1 + beyond
    return (inside[0], inside[1], inside[2], inside[3]), clipped


def checked(boxes: Iterable[LabelledBox]) -> list[LabelledBox]:
    """A person's boxes as they are kept, clipped to the picture; BadConfig where one is no box."""
    found = []
    for box in boxes:
        fit = fitted(box.xyxy)
        if fit is None:
            raise BadConfig(f"A box of '{box.label[:100]}' has no area inside the picture.",
                            "Corners are left, top, right, bottom as shares of the picture, 0 to 1.")
        found.append(LabelledBox(box.label, fit[0]))
    if len(found) > MAX_BOXES:
        raise BadConfig(f"A photo has at most {MAX_BOXES:,} boxes, and here are {len(found):,}.",
                        "Cut the photo into parts.")
    return found


def parsed(rows: Any) -> list[LabelledBox]:
    """Boxes from JSON rows; what is none is passed over."""
    found = []
    for row in rows if isinstance(rows, list) else []:
        fit = fitted(row["xyxy"]) if isinstance(row, dict) and isinstance(row.get("xyxy"), list | tuple) else None
        if fit is not None and isinstance(row.get("label"), str):
            found.append(LabelledBox(row["label"], fit[0]))
    return found


def iou(a: Array, b: Array) -> Array:
    """(N, M): intersection over union of boxes (N, 4) with boxes (M, 4), as x1 y1 x2 y2; 0 where both are empty."""
    a, b = np.asarray(a, dtype=np.float64).reshape(-1, 4), np.asarray(b, dtype=np.float64).reshape(-1, 4)
    low = np.maximum(a[:, None, :2], b[None, :, :2])  # (N, M, 2)
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])  # (N, M, 2)
    common = np.prod(np.clip(high - low, 0.0, None), axis=2)  # (N, M)
    union = areas(a)[:, None] + areas(b)[None, :] - common
    return np.asarray(np.divide(common, union, out=np.zeros_like(common), where=union > 0))


def areas(boxes: Array) -> Array:
    """(N,): the areas of boxes (N, 4)."""
    sides = np.clip(boxes[:, 2:] - boxes[:, :2], 0.0, None)
    return np.asarray(sides[:, 0] * sides[:, 1])
