"""What an update of the fine-tuning looks at: which photos, in which views, laid over which.

Everything follows from the seed, the part (a fold, or all photos) and the update's number, so that a training that was
broken off goes on as if it had not been.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.classification.head import balanced
from trivium.vision.classification.split import Ints
from trivium.vision.tuning.activations import Activations
from trivium.vision.tuning.config import FineTuneConfig


@dataclass(frozen=True)
class Lesson:
    """One update's photos."""

    activations: Floats  # (B, C, H, W)
    targets: Floats  # (B, K), probabilities
    weights: Floats  # (B,)


class Lessons:
    """The updates of one part, by number."""

    def __init__(self, config: FineTuneConfig, cache: Activations, labels: Ints, classes: int, chosen: Ints,
                 class_weights: bool, seed: tuple[int, int]) -> None:
        self.config, self.cache, self.classes, self.chosen, self.seed = config, cache, classes, chosen, seed
        self.labels = labels
        self.weights = np.ones(len(labels), np.float32)
        if class_weights:
            self.weights[chosen] = balanced(labels[chosen], classes)
        self.batch = min(config.batch, len(chosen))
        self.each_epoch = len(chosen) // self.batch
        self.last = max(1, round(config.epochs * self.each_epoch))

    def lesson(self, update: int) -> Lesson:
        """What update number `update` learns from."""
        epoch, at = divmod(update, self.each_epoch)
        order = np.random.default_rng([*self.seed, 0, epoch]).permutation(self.chosen)
        photos = order[at * self.batch:(at + 1) * self.batch]
        rng = np.random.default_rng([*self.seed, 1, update])
        seen = self.cache.pick(rng.integers(0, self.cache.views, len(photos)), photos)
        smoothing = self.config.label_smoothing
        targets = np.full((len(photos), self.classes), smoothing / self.classes, np.float32)
        targets[np.arange(len(photos)), self.labels[photos]] += 1.0 - smoothing
        return mixed(Lesson(seen, targets, self.weights[photos]), self.config.mixup, rng)


def mixed(lesson: Lesson, evenness: float, rng: np.random.Generator) -> Lesson:
    """Each photo with a fainter other one laid over it (Zhang et al., arXiv 1710.09412; on activations: Verma et al.,
    arXiv 1806.05236), and its label likewise."""
    if evenness == 0.0:
        return lesson
    own = np.float32(rng.beta(evenness, evenness))
    own, order = max(own, np.float32(1.0) - own), rng.permutation(len(lesson.weights))
    return Lesson(*(own * each + (np.float32(1.0) - own) * each[order]
                    for each in (lesson.activations, lesson.targets, lesson.weights)))
