"""The part of a segmentation model that learns, one update at a time, and what its running average says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from trivium.vision.backbone.averaged import Averaged
from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.classification.split import Ints
from trivium.vision.labels.planes import Plane
from trivium.vision.segmentation.config import SegmentLearnConfig
from trivium.vision.segmentation.loss import segmentation_loss, weights_of
from trivium.vision.segmentation.network import Segmenter
from trivium.vision.tuning.learner import tensor


class Learner(Averaged[Segmenter]):
    """A segmentation model that learns; `pixels` (K,) are how many each class has."""

    def __init__(self, config: SegmentLearnConfig, pixels: Ints, seed: int) -> None:
        super().__init__(config, lambda: Segmenter(len(pixels), config.channels), seed)
        self.dice = config.dice
        self.weights = weights_of(torch.from_numpy(pixels)) if config.class_weights else None

    def learn(self, taps: Sequence[Floats], truth: Plane, update: int, share: float) -> tuple[float, float]:
        """One update at `share` of the highest rate; cross-entropy and Dice loss before it. Truth (B, H, W)."""
        logits = self.network([tensor(tap) for tap in taps])
        pixels, areas = segmentation_loss(logits, torch.from_numpy(truth.astype(np.int64)), self.weights)
        self.step(pixels + self.dice * areas, update, share)
        return float(pixels.detach()), float(areas.detach())

    @torch.inference_mode()
    def look(self, taps: Sequence[Floats]) -> Floats:
        """What the average says: how likely each class is at each place, (B, K, 80, 80)."""
        found: Floats = self.average([tensor(tap) for tap in taps]).softmax(1).numpy()
        return found
