"""The part of a detector that learns, one update at a time, and what its running average says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from trivium.vision.backbone.averaged import Averaged
from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.classification.split import Ints
from trivium.vision.detection.config import DetectLearnConfig
from trivium.vision.detection.loss import BOX_WEIGHT, Truth, detection_loss
from trivium.vision.detection.network import Detector
from trivium.vision.tuning.learner import tensor

CHUNK = 16  # pictures at a time when nothing is learned


class Learner(Averaged[Detector]):
    """A detector that learns."""

    def __init__(self, config: DetectLearnConfig, classes: int, seed: int) -> None:
        super().__init__(config, lambda: Detector(classes, config.channels), seed)

    def learn(self, taps: Sequence[Floats], boxes: Sequence[Floats], labels: Sequence[Ints], update: int,
              share: float) -> tuple[float, float]:
        """One update at `share` of the highest rate; class loss and box loss before it."""
        logits, said = self.network([tensor(tap) for tap in taps])
        classes, sides = detection_loss(logits, said, truth_of(boxes, labels), self.network.centres)
        self.step(classes + BOX_WEIGHT * sides, update, share)
        return float(classes.detach()), float(sides.detach())

    @torch.inference_mode()
    def look(self, taps: Sequence[Floats]) -> tuple[Floats, Floats]:
        """What the average says: boxes (B, A, 4) and scores (B, A, K)."""
        logits, boxes = self.average([tensor(tap) for tap in taps])
        return boxes.numpy(), logits.sigmoid().numpy()


def truth_of(boxes: Sequence[Floats], labels: Sequence[Ints]) -> Truth:
    """A batch's objects, filled up to the same number in each picture."""
    most = max(1, *(len(each) for each in boxes))
    filled: Any = np.zeros((len(boxes), most, 4), np.float32)
    named, there = np.zeros((len(boxes), most), np.int64), np.zeros((len(boxes), most), bool)
    for k, (some, called) in enumerate(zip(boxes, labels, strict=True)):
        filled[k, :len(some)], named[k, :len(some)], there[k, :len(some)] = some, called, True
    return Truth(torch.from_numpy(filled), torch.from_numpy(named), torch.from_numpy(there))
