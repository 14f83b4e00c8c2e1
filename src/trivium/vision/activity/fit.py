"""Teach the temporal head: what the backbone says of each moment is there already, so only the light part is computed.

AdamW, a rate that rises and falls along a cosine, a running average of the weights. The held-out clips draw the curve
and choose nothing: what deploys is the average after the last update. A training that was broken off goes on exactly
where its last checkpoint stood.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from trivium.core.learning import SAVE_EVERY_S, in_rounds, rate
from trivium.core.run import Run
from trivium.vision.activity.config import ActivityConfig
from trivium.vision.activity.data import Clips
from trivium.vision.activity.frame_network import NUMBERS
from trivium.vision.activity.learner import Learner
from trivium.vision.activity.windows import changed, drawn_window, plain_windows
from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.classification.head import balanced
from trivium.vision.classification.split import Ints

CURVE_EVERY, FIRST_CURVE = 50, 25  # updates between points of the curves, and to the first
WARM_UP = 20  # updates
LOSS, LEARNED, HELD_OUT = "loss/clips", "accuracy/learned", "accuracy/held_out_clips"


@dataclass
class Teaching:
    """A training under way."""

    config: ActivityConfig
    run: Run
    clips: Clips
    aside: Any  # (N,) bool: never learned from
    update: int = 0
    saved_at: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.learned: Ints = np.flatnonzero(~self.aside)
        labels = self.clips.labels[self.learned]
        even = np.ones(len(labels))
        weights = balanced(labels, len(self.clips.classes)) if self.config.learn.class_weights else even
        self.weights = weights.astype(np.float32)

    def teach(self) -> Learner | None:
        """All updates; None if somebody wants an end."""
        settings = self.config.learn
        learner = self.resumed(Learner(settings, len(self.clips.classes), self.run.seed))
        told: list[tuple[float, float]] = []
        while self.update < settings.updates:
            if self.run.stopped:
                self.save(learner)
                return None
            rows = in_rounds(self.update, settings.batch, len(self.learned), self.run.seed)
            told.append(learner.learn(self.windows(rows), self.clips.labels[self.learned[rows]], self.weights[rows],
                                      self.update, rate(self.update, settings.updates, WARM_UP)))
            self.update += 1
            self.run.progress(self.update, self.update / (settings.updates + 1))
            if self.update % CURVE_EVERY == 0 or self.update in (FIRST_CURVE, settings.updates):
                self.report(learner, told)
                told = []
            if time.monotonic() - self.saved_at > SAVE_EVERY_S:
                self.save(learner)
        return learner

    def windows(self, rows: Ints) -> Floats:
        """A window of each of these clips, changed by chance: (B, T, NUMBERS)."""
        found = []
        for place, row in enumerate(rows.tolist()):
            which = int(self.learned[row])
            rng = np.random.default_rng([self.run.seed, 1, self.update, place])
            chosen = drawn_window(int(self.clips.lengths[which]), self.config.window, self.config.augment, rng)
            found.append(changed(self.clips.of(which, chosen), self.config.augment, rng))
        return np.stack(found)

    def report(self, learner: Learner, told: list[tuple[float, float]]) -> None:
        """A point of each curve."""
        said = self.judged(learner).argmax(1)
        loss, right = (float(part) for part in np.mean(told, 0))
        self.run.log(self.update, {LOSS: loss, LEARNED: right,
                                   HELD_OUT: float((said == self.clips.labels[self.aside]).mean())})

    def judged(self, learner: Learner) -> Floats:
        """What the average says of the clips that are held out: logits (N, K)."""
        return np.stack([logits_of(self.clips, int(k), self.config, learner) for k in np.flatnonzero(self.aside)])

    def resumed(self, learner: Learner) -> Learner:
        """Stand where the last checkpoint stood."""
        checkpoint = self.run.load_last()
        if checkpoint is not None:
            self.update = int(checkpoint.state["update"])
            learner.restore(checkpoint.tensors)
        return learner

    def save(self, learner: Learner) -> None:
        """Everything from which the training goes on exactly."""
        self.run.save(self.update, learner.tensors(), {"update": self.update})
        self.saved_at = time.monotonic()


def logits_of(clips: Clips, k: int, config: ActivityConfig, learner: Learner) -> Floats:
    """What the average says of one clip: the mean over its windows."""
    windows = plain_windows(int(clips.lengths[k]), config.window, config.stride)
    said: Floats = learner.look(np.stack([clips.of(k, places) for places in windows])).mean(0)
    return said


def preload(config: ActivityConfig, threads: int) -> None:
    """Import and try out what is slow to find once the run is confined."""
    torch.set_num_threads(threads)
    learner = Learner(config.learn.model_copy(update={"channels": 16}), 2, 0)
    blank = np.zeros((2, config.window, NUMBERS), np.float32)
    learner.learn(blank, np.array([0, 1]), np.ones(2, np.float32), 0, 0.0)
    learner.look(blank)
    changed(blank[0], config.augment, np.random.default_rng(0))
