"""What a detector's answer comes to: boxes that are sure enough, by the thresholds of its card."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from trivium.vision.backbone import Floats
from trivium.vision.detection.geometry import picked
from trivium.vision.events import Box


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


def counted(boxes: Sequence[Box]) -> dict[str, int]:
    """How many there are of each class."""
    found: dict[str, int] = {}
    for box in boxes:
        found[box.label] = found.get(box.label, 0) + 1
    return found
