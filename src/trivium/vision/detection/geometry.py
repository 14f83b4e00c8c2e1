"""Where a detector looks, and boxes: corners (left, top, right, bottom), as shares of the picture's sides.

A detector's answer is one row for each anchor point; points lie on three grids, of 8, 16 and 32 pixels.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.labels.boxes import iou

SIZE = 320  # pixels, the side of the square that a detector looks at
STRIDES = (8, 16, 32)  # pixels from one point of a grid to the next
GRIDS = tuple(SIZE // stride for stride in STRIDES)
POINTS = sum(grid * grid for grid in GRIDS)
MOST_BOXES, LOOKED_AT = 100, 400  # in one picture; the surest ones that are compared
OVERLAP = 0.6  # of two boxes of one class, above which the surer one stays
SAME_PLACE = 0.7  # of two boxes of different classes, above which they are taken for one thing
LEAST_SCORE = 0.01  # of a box that counts when a detector is judged
FURTHEST = 6.0  # of the logarithm of the distance from a point to a box's side, in strides


def anchor_points() -> tuple[Floats, Floats]:
    """(A, 2) centres x, y and (A,) strides, both as shares of the picture's side; grid by grid, row by row."""
    centres, strides = [], []
    for stride, grid in zip(STRIDES, GRIDS, strict=True):
        place = (np.arange(grid) + 0.5) / grid
        x, y = np.meshgrid(place, place)
        centres.append(np.stack([x.ravel(), y.ravel()], 1))
        strides.append(np.full(grid * grid, stride / SIZE))
    return np.concatenate(centres).astype(np.float32), np.concatenate(strides).astype(np.float32)


def picked(boxes: Floats, scores: Floats, least: float | Floats) -> tuple[Floats, Any, Floats]:
    """What a detector says of one picture, (A, 4) and (A, K), as (n, 4) boxes, (n,) class ids and (n,) scores.

    `least` is the lowest score that counts, one for all classes or one for each (K,).
    The surest box of a class puts out those of the same class that overlap it (greedy non-maximum suppression).
    """
    rows, classes = np.nonzero(scores >= least)
    said = scores[rows, classes]
    order = np.argsort(-said, kind="stable")[:LOOKED_AT]
    rows, classes, said = rows[order], classes[order], said[order]
    chosen: list[int] = []
    covers = iou(boxes[rows], boxes[rows]) > OVERLAP
    free = np.ones(len(rows), bool)
    for k in range(len(rows)):
        if free[k]:
            chosen.append(k)
            free &= ~(covers[k] & (classes == classes[k]))
            if len(chosen) == MOST_BOXES:
                break
    return np.clip(boxes[rows[chosen]], 0, 1), classes[chosen], said[chosen]


def told(boxes: Floats, scores: Floats) -> dict[str, Any]:
    """What a detector says of one picture as JSON: {"boxes", "class_ids", "scores"}, the surest first."""
    corners, classes, said = picked(boxes, scores, LEAST_SCORE)
    return {"boxes": [[round(float(v), 5) for v in box] for box in corners], "class_ids": [int(k) for k in classes],
            "scores": [round(float(v), 5) for v in said]}
