"""What a detector's answer comes to: boxes that are sure enough, by the thresholds of its card."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.detection.geometry import SAME_PLACE, picked
from trivium.vision.events.event import Box
from trivium.vision.labels.boxes import iou


def thresholds(card: dict[str, Any], chosen: float | None = None) -> Floats:
    """(K,): from what score on a box of each class counts; `chosen` is one for all."""
    own = card["postprocessing"]["thresholds"]
    return np.array([own[name] if chosen is None else chosen for name in card["classes"]], np.float32)


def boxes_in(card: dict[str, Any], boxes: Floats, scores: Floats, chosen: float | None = None) -> list[Box]:
    """The boxes in the network's answer to one picture, (A, 4) and (A, K), the surest first."""
    return named(card["classes"], *picked(boxes, scores, thresholds(card, chosen)))


def boxes_of(card: dict[str, Any], facts: dict[str, Any], chosen: float | None = None) -> list[Box]:
    """The same of what the process that reads photos has told (`geometry.told`)."""
    least = thresholds(card, chosen)
    sure = [k for k, (which, score) in enumerate(zip(facts["class_ids"], facts["scores"], strict=True))
            if score >= least[which]]
    return named(card["classes"], *([facts[name][k] for k in sure] for name in ("boxes", "class_ids", "scores")))


def named(classes: Sequence[str], corners: Any, class_ids: Any, scores: Any) -> list[Box]:
    """Boxes as events have them."""
    return [Box(label=classes[int(which)], confidence=min(1.0, round(float(score), 5)),
                xyxy=tuple(round(float(v), 5) for v in box))
            for box, which, score in zip(corners, class_ids, scores, strict=True)]


def alone(boxes: Sequence[Box]) -> list[Box]:
    """The boxes, the surest first, of which no two of different classes lie at one place: the surer one stays."""
    corners = np.array([box.xyxy for box in boxes], np.float64).reshape(-1, 4)
    covers, kept = iou(corners, corners) > SAME_PLACE, list[int]()
    for k, box in enumerate(boxes):
        if not any(covers[k, j] and boxes[j].label != box.label for j in kept):
            kept.append(k)
    return [boxes[k] for k in kept]


def counted(boxes: Sequence[Box]) -> dict[str, int]:
    """How many there are of each class."""
    found: dict[str, int] = {}
    for box in boxes:
        found[box.label] = found.get(box.label, 0) + 1
    return found
