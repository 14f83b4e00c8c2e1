"""The temporal head, one update at a time."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional as F

from trivium.vision.activity.config import ActivityLearnConfig
from trivium.vision.activity.network import Moments
from trivium.vision.backbone.averaged import Averaged
from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.classification.split import Ints

CHUNK = 32  # windows at a time when nothing is learned
SMOOTHING = 0.05  # of the wanted answers, so that no answer is certain (Szegedy et al., arXiv 1512.00567)


class Learner(Averaged[Moments]):
    """The temporal head as it learns, and its average as it judges."""

    CLIP = 5.0

    def __init__(self, config: ActivityLearnConfig, classes: int, seed: int) -> None:
        super().__init__(config, lambda: Moments(classes, config.channels), seed)
        self.seed = seed

    def learn(self, moments: Floats, labels: Ints, weights: Floats, update: int, share: float) -> tuple[float, float]:
        """One update at `share` of the highest rate on windows (B, T, NUMBERS); loss and share right before it."""
        torch.manual_seed(self.seed * 1_000_003 + update)  # what is dropped: the same where a training is taken up
        logits = self.network(torch.from_numpy(moments))
        wanted = torch.from_numpy(labels)
        each = F.cross_entropy(logits, wanted, reduction="none", label_smoothing=SMOOTHING)
        loss = (each * torch.from_numpy(weights)).mean()
        self.step(loss, update, share)
        return float(loss.detach()), float((logits.argmax(1) == wanted).float().mean())

    @torch.inference_mode()
    def look(self, moments: Floats) -> Floats:
        """What the average says of windows: logits (B, K)."""
        found = [self.average(torch.from_numpy(moments[at:at + CHUNK])) for at in range(0, len(moments), CHUNK)]
        logits: Floats = np.concatenate([each.numpy() for each in found])
        return logits
