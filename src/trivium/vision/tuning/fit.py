"""Fine-tune: each fold in turn, then all photos, by one loop that can be broken off anywhere and goes on exactly.

    trivium vision train trash --out run-t --set fine_tune.on=true

Freezes the backbone up to a stage, computes once what enters that stage for several views of each photo, and lets the
rest learn: AdamW, a cosine, a running average of the weights, label smoothing and mixup. The held-out photos of a fold
draw the curve and choose nothing; where early stopping is on, a tenth of the other photos is kept aside to choose by.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

import numpy as np
import torch
from PIL import Image

from trivium.core.learning import SAVE_EVERY_S, Arrays, part
from trivium.core.run import Run
from trivium.vision.backbone.efficientnet import FEATURES, entering
from trivium.vision.classification.config import TrainConfig
from trivium.vision.classification.data import Photos
from trivium.vision.classification.head import Head, fit_head
from trivium.vision.classification.split import Ints, stratified_folds
from trivium.vision.collect import pictures
from trivium.vision.tuning.activations import Activations, compute
from trivium.vision.tuning.learner import Learner, features_of, head_in, rate
from trivium.vision.tuning.lessons import Lessons
from trivium.vision.tuning.pictures import PICTURES, views_that_fit
from trivium.vision.tuning.views import view

LOOKED = 500  # photos between two words on how many were looked at
ASIDE = 10  # one photo of so many is kept aside for early stopping
ALL = -1  # in the place of a fold: what learned from all photos
FOUND = "found."  # beginning of the names of what the folds have found, in a checkpoint
LOSS, CURVE, WATCHED = "fine_tune/loss", "fine_tune/accuracy", "fine_tune/kept_aside"


@dataclass
class Counters:
    """Where a fine-tuning stands."""

    part: int = 0  # the fold, and after the last fold all photos
    update: int = 0  # in this part
    done: int = 0  # updates in all
    best: float = -1.0  # share right of those kept aside
    waited: int = 0  # epochs since


@dataclass
class Tuning:
    """A fine-tuning under way."""

    config: TrainConfig
    run: Run
    photos: Photos
    folds: Ints
    cache: Activations
    now: Counters = field(default_factory=Counters)
    saved_at: float = field(default_factory=time.monotonic)
    found: Arrays = field(default_factory=dict)  # of the folds that are done: "logits", "features"

    @property
    def parts(self) -> int:
        return int(self.folds.max()) + 2

    def learners(self) -> Iterator[tuple[int, Learner]]:
        """(fold, what learned from the other folds) one after the other, and at last (-1, what learned from all)."""
        tensors = self.resume()
        while self.now.part < self.parts:
            learner = self.learner()
            if self.now.update:
                learner.restore(tensors)
            if not self.teach(learner):
                return
            yield self.now.part if self.now.part < self.parts - 1 else ALL, learner
            self.now = Counters(self.now.part + 1, 0, self.now.done)
            self.save(None)

    def resume(self) -> Arrays:
        """Stand where the last checkpoint stood; what it holds."""
        checkpoint = self.run.load_last()
        if checkpoint is None:
            return {}
        self.now = Counters(**checkpoint.state["counters"])
        self.found |= part(checkpoint.tensors, FOUND)
        return checkpoint.tensors

    def chosen(self) -> Ints:
        """The photos that this part may use."""
        return np.flatnonzero(self.folds != self.now.part)

    def learner(self) -> Learner:
        """A fresh one, whose head is what the untouched features ask for."""
        chosen = self.chosen()
        head = fit_head(self.photos.features[chosen], self.photos.labels[chosen], len(self.photos.classes),
                        self.config.head.l2, self.config.head.class_weights)
        return Learner(self.config.fine_tune, head)

    def teach(self, learner: Learner) -> bool:
        """This part's updates; False if somebody wants an end."""
        settings, now, labels = self.config.fine_tune, self.now, self.photos.labels
        chosen, aside = self.set_aside(self.chosen())
        lessons = Lessons(settings, self.cache, labels, len(self.photos.classes), chosen,
                          settings.class_weights, (self.run.seed, now.part))
        losses: list[float] = []
        while now.update < lessons.last:
            if self.run.stopped:
                self.save(learner)
                return False
            lesson = lessons.lesson(now.update)
            losses.append(learner.learn(lesson.activations, lesson.targets, lesson.weights, now.update,
                                        rate(now.update, lessons.last)))
            now.update, now.done = now.update + 1, now.done + 1
            self.run.progress(now.done, (now.part + now.update / lessons.last) / self.parts)
            if now.update % lessons.each_epoch == 0 or now.update == lessons.last:
                self.report(learner, losses, aside)
                losses = []
                if settings.patience and now.waited >= settings.patience:
                    break
            if time.monotonic() - self.saved_at > SAVE_EVERY_S:
                self.save(learner)
        learner.back_to_best()
        return True

    def set_aside(self, chosen: Ints) -> tuple[Ints, Ints]:
        """What is learned from, and what early stopping chooses by: near-copies on one side."""
        if not self.config.fine_tune.patience:
            return chosen, chosen[:0]
        labels, groups = self.photos.labels[chosen].tolist(), self.photos.groups[chosen].tolist()
        tenth = stratified_folds(labels, groups, ASIDE, self.run.seed) == 0
        return chosen[~tenth], chosen[tenth]

    def report(self, learner: Learner, losses: list[float], aside: Ints) -> None:
        """A point of each curve."""
        now, values = self.now, {LOSS: float(np.mean(losses)), "fold": self.now.part + 1}
        held_out = np.flatnonzero(self.folds == now.part)
        if len(held_out):
            values[CURVE] = self.right(learner, held_out)
        if len(aside):
            values[WATCHED] = self.right(learner, aside)
            now.waited += 1
            if values[WATCHED] > now.best:
                now.best, now.waited = values[WATCHED], 0
                learner.keep()
        self.run.log(now.done, values)

    def right(self, learner: Learner, photos: Ints) -> float:
        """The share of photos that the average names rightly."""
        logits = head_in(learner.average).logits(features_of(learner.average, self.cache.plain(photos)))
        return float((logits.argmax(1) == self.photos.labels[photos]).mean())

    def save(self, learner: Learner | None) -> None:
        """Everything from which the fine-tuning goes on exactly, but for the cache, which is made again."""
        tensors = {FOUND + name: array for name, array in self.found.items()}
        if learner is not None:
            tensors |= learner.tensors()
        self.run.save(self.now.done, tensors, {"counters": asdict(self.now)})
        self.saved_at = time.monotonic()


def begin(config: TrainConfig, run: Run, photos: Photos, folds: Ints) -> Tuning | None:
    """Compute what enters the stages that learn; None if somebody wants an end."""
    settings, count = config.fine_tune, len(photos.sha256)
    fit = views_that_fit(settings, count)
    if fit < settings.views:
        run.note(f"{fit} views of each photo instead of {settings.views}, for want of memory.", "warning")
    run.note(f"Looking at {count:,} photos in {1 + fit} views each ...")
    torch.set_num_threads(run.threads)

    def told(done: int) -> bool:
        if done % LOOKED == 0 or done == count:
            run.note(f"{done:,} of {count:,} photos looked at.")
        return run.stopped

    cache = compute(settings, run.input(PICTURES), photos.sha256, run.seed, run.threads, told)
    return None if cache is None else Tuning(config, run, photos, folds, cache)


def preload(config: TrainConfig, threads: int) -> None:
    """Import and try out what is slow to find once the run is confined."""
    pictures.preload()
    torch.set_num_threads(threads)
    tiny = config.fine_tune.model_copy(update={"from_stage": 7})
    _, *shape = entering(7)
    learner = Learner(tiny, Head(np.zeros((FEATURES, 2), np.float32), np.zeros(2, np.float32)))
    learner.learn(np.zeros((2, *shape), np.float32), np.eye(2, dtype=np.float32), np.ones(2, np.float32), 0, 0.0)
    view(Image.new("RGB", (8, 8)), 1, config.fine_tune.augment, 0, 0)
