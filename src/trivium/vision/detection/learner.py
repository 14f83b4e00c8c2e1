"""The part of a detector that learns, its running average, and its optimiser: one update at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from trivium.core.learning import Arrays, adam_state, arrays_of, follow, newness, part, restore_adam, tensors_of, whole
from trivium.vision.backbone import Floats
from trivium.vision.detection.config import DetectLearnConfig
from trivium.vision.detection.loss import BOX_WEIGHT, Truth, detection_loss
from trivium.vision.detection.network import Detector
from trivium.vision.split import Ints
from trivium.vision.tuning.learner import tensor

CLIP = 10.0  # of the gradient's norm
CHUNK = 16  # pictures at a time when nothing is learned


class Learner:
    """The network, its running average (Polyak and Juditsky, 1992), and AdamW."""

    def __init__(self, config: DetectLearnConfig, classes: int, seed: int) -> None:
        self.config = config
        torch.manual_seed(seed)
        self.network, self.average = (channels_last(Detector(classes, config.channels)) for _ in range(2))
        self.average.load_state_dict(self.network.state_dict())
        self.average.requires_grad_(False).eval()
        self.parameters = list(self.network.parameters())
        decayed = [each for each in self.parameters if each.ndim > 1]
        plain = [each for each in self.parameters if each.ndim <= 1]
        self.adam = torch.optim.AdamW([{"params": decayed, "weight_decay": config.weight_decay},
                                       {"params": plain, "weight_decay": 0.0}], lr=config.lr, betas=(0.9, 0.99))

    def learn(self, taps: Sequence[Floats], boxes: Sequence[Floats], labels: Sequence[Ints], update: int,
              share: float) -> tuple[float, float]:
        """One update at `share` of the highest rate; class loss and box loss before it."""
        logits, said = self.network([tensor(tap) for tap in taps])
        classes, sides = detection_loss(logits, said, truth_of(boxes, labels), self.network.centres)
        self.network.zero_grad()
        (classes + BOX_WEIGHT * sides).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.parameters, CLIP)
        for group in self.adam.param_groups:
            group["lr"] = self.config.lr * share
        self.adam.step()
        follow(self.average.state_dict().values(), self.network.state_dict().values(),  # normalisations included
               newness(self.config.average, update))
        return float(classes.detach()), float(sides.detach())

    @torch.inference_mode()
    def look(self, taps: Sequence[Floats]) -> tuple[Floats, Floats]:
        """What the average says: boxes (B, A, 4) and scores (B, A, K)."""
        logits, boxes = self.average([tensor(tap) for tap in taps])
        return boxes.numpy(), logits.sigmoid().numpy()

    def tensors(self) -> Arrays:
        """Everything learned or remembered, copied, by name."""
        return arrays_of(whole(network=self.network.state_dict(), average=self.average.state_dict(),
                               adam=adam_state(self.adam)))

    def restore(self, tensors: Arrays) -> None:
        """Take what `tensors` returned."""
        found = tensors_of(tensors)
        self.network.load_state_dict(part(found, "network."))
        self.average.load_state_dict(part(found, "average."))
        restore_adam(self.adam, part(found, "adam."))


def channels_last(network: Detector) -> Detector:
    """In the order of memory in which convolutions run faster."""
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def truth_of(boxes: Sequence[Floats], labels: Sequence[Ints]) -> Truth:
    """A batch's objects, filled up to the same number in each picture."""
    most = max(1, *(len(each) for each in boxes))
    filled: Any = np.zeros((len(boxes), most, 4), np.float32)
    named, there = np.zeros((len(boxes), most), np.int64), np.zeros((len(boxes), most), bool)
    for k, (some, called) in enumerate(zip(boxes, labels, strict=True)):
        filled[k, :len(some)], named[k, :len(some)], there[k, :len(some)] = some, called, True
    return Truth(torch.from_numpy(filled), torch.from_numpy(named), torch.from_numpy(there))
