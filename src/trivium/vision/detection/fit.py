"""Teach a detector: views through the backbone once, then updates of what learns, by a loop that goes on exactly.

    trivium vision train fruit --out run-d

AdamW, a rate that rises and falls along a cosine, a running average of the weights. The held-out photos draw the curve
and choose nothing: what deploys is the average after the last update. A training that was broken off computes its views
anew, the same ones, and goes on from its last checkpoint.
"""

from __future__ import annotations

import functools
import time
import zipfile
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from PIL import Image

from trivium.core import files
from trivium.core.learning import SAVE_EVERY_S, in_rounds
from trivium.core.run import Run
from trivium.errors import BadConfig
from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.backbone.features import Session
from trivium.vision.classification.split import Ints
from trivium.vision.collect.pictures import squashed
from trivium.vision.detection.config import DetectConfig
from trivium.vision.detection.data import BoxedPhotos
from trivium.vision.detection.geometry import LEAST_SCORE, SIZE, picked
from trivium.vision.detection.learner import CHUNK, Learner
from trivium.vision.detection.scoring import Said, scores_of
from trivium.vision.detection.taps import DETECTION, Taps, looked_at, tap_model
from trivium.vision.detection.views import SQUARE, Boxed, square, view
from trivium.vision.tuning.learner import rate
from trivium.vision.tuning.pictures import PICTURES, opened

CURVE_EVERY, FIRST_CURVE = 50, 25  # updates between points of the curves, and to the first
MOST_BYTES = 1_700_000_000  # of what the backbone makes of views
KEPT = 600  # photos in memory, 0.7 MB each
LOOKING = 0.15  # of a training's time, about
CLASS_LOSS, BOX_LOSS, CURVE, CURVE_95 = "loss/class", "loss/box", "map/50", "map/50_95"


class Shots:
    """Photos in the archive of a run, the last ones kept as squares, for a mosaic wants four."""

    def __init__(self, archive: zipfile.ZipFile, photos: BoxedPhotos, learned: Ints) -> None:
        self.archive, self.photos, self.learned = archive, photos, learned
        self.boxed = functools.lru_cache(KEPT)(self._boxed)

    def image(self, which: int) -> Image.Image:
        return opened(self.archive.read(self.photos.sha256[which]))

    def _boxed(self, k: int) -> Boxed:
        """The k-th photo that is learned from."""
        which = int(self.learned[k])
        return Boxed(square(self.image(which)), self.photos.boxes[which], self.photos.labels[which])


@dataclass
class Teaching:
    """A detector's training under way."""

    config: DetectConfig
    run: Run
    photos: BoxedPhotos
    aside: Any  # (N,) bool: never learned from
    views: list[Boxed] = field(default_factory=list)  # boxes of each row of `taps`; their pictures are dropped
    update: int = 0
    saved_at: float = field(default_factory=time.monotonic)

    @property
    def learned(self) -> Ints:
        """The numbers of the photos that are learned from."""
        return np.flatnonzero(~self.aside)

    def look(self) -> bool:
        """Open the photos, make their views, and show these to the backbone; False if somebody wants an end."""
        photos, room = self.learned, MOST_BYTES // (DETECTION.numbers * 2)
        each = 1 + views_that_fit(self.config.views, len(photos), room - int(self.aside.sum()))
        if each <= self.config.views:
            self.run.note(f"{each - 1} views of each photo instead of {self.config.views}, for want of memory.",
                          "warning")
        self.run.note(f"Looking at {len(self.aside):,} photos, {each} views of each that is learned from ...")
        folder, session = self.run.folder / files.TMP, Session(tap_model().SerializeToString(), self.run.threads)
        self.taps = Taps(len(photos) * each, folder / "learned")
        self.held = Taps(int(self.aside.sum()), folder / "held")
        with zipfile.ZipFile(self.run.input(PICTURES)) as archive:
            shots = Shots(archive, self.photos, photos)
            for k in range(len(photos)):
                made = [view(shots.boxed, len(photos), k, number, self.config.augment, self.run.seed)
                        for number in range(each)]
                self.taps.put(k * each, np.stack([one.picture for one in made]), session)
                self.views += [Boxed(one.picture[:0], one.boxes, one.labels) for one in made]
                self.run.progress(0, LOOKING * (k + 1) / len(photos))
                if self.run.stopped:
                    return False
            for row, which in enumerate(np.flatnonzero(self.aside).tolist()):
                self.held.put(row, squashed(shots.image(which), SIZE)[None], session)
        return True

    def teach(self) -> Learner | None:
        """All updates; None if somebody wants an end."""
        settings = self.config.learn
        learner = self.resumed(Learner(settings, len(self.photos.classes), self.run.seed))
        losses: list[tuple[float, float]] = []
        while self.update < settings.updates:
            if self.run.stopped:
                self.save(learner)
                return None
            rows = self.lesson(self.update)
            views = [self.views[row] for row in rows]
            losses.append(learner.learn(self.taps.pick(rows), [each.boxes for each in views],
                                        [each.labels for each in views], self.update,
                                        rate(self.update, settings.updates)))
            self.update += 1
            self.run.progress(self.update, LOOKING + (1 - LOOKING) * self.update / settings.updates)
            if self.update % CURVE_EVERY == 0 or self.update in (FIRST_CURVE, settings.updates):
                self.report(learner, losses)
                losses = []
            if time.monotonic() - self.saved_at > SAVE_EVERY_S:
                self.save(learner)
        return learner

    def lesson(self, update: int) -> Ints:
        """The rows of `taps` that an update learns from: photos in an order drawn anew each time round."""
        count = len(self.learned)
        return lesson(update, self.config.learn.batch, count, len(self.views) // count, self.run.seed)

    def report(self, learner: Learner, losses: list[tuple[float, float]]) -> None:
        """A point of each curve."""
        found = scores_of(self.judged(learner), self.photos.classes, draws=0)
        classes, sides = (float(part) for part in np.mean(losses, 0))
        self.run.log(self.update, {CLASS_LOSS: classes, BOX_LOSS: sides, CURVE: found["map50"],
                                   CURVE_95: found["map50_95"]})

    def judged(self, learner: Learner) -> list[Said]:
        """What the average says of the photos that are held out."""
        found, count = [], int(self.aside.sum())
        for at in range(0, count, CHUNK):
            rows = np.arange(at, min(at + CHUNK, count))
            found += [said_of(boxes, scores) for boxes, scores in zip(*learner.look(self.held.pick(rows)), strict=True)]
        held = np.flatnonzero(self.aside)
        return [Said(*said, self.photos.boxes[k], self.photos.labels[k]) for k, said in zip(held, found, strict=True)]

    def resumed(self, learner: Learner) -> Learner:
        """Stand where the last checkpoint stood."""
        checkpoint = self.run.load_last()
        if checkpoint is not None:
            self.update = int(checkpoint.state["update"])
            learner.restore(checkpoint.tensors)
        return learner

    def save(self, learner: Learner) -> None:
        """Everything from which the training goes on exactly, but for the views, which are made again."""
        self.run.save(self.update, learner.tensors(), {"update": self.update})
        self.saved_at = time.monotonic()


def lesson(update: int, batch: int, count: int, each: int, seed: int) -> Ints:
    """The views, `each` of every one of `count` photos, that an update learns from."""
    photos = in_rounds(update, batch, count, seed)
    return np.asarray(photos * each + np.random.default_rng([seed, 1, update]).integers(0, each, batch))


def said_of(boxes: Floats, scores: Floats) -> tuple[Floats, Ints, Floats]:
    """What counts of a detector's answer to one picture when it is judged."""
    return picked(boxes, scores, LEAST_SCORE)


def views_that_fit(views: int, photos: int, room: int) -> int:
    """How many views beside the photo itself there is room for."""
    if room < photos:
        raise BadConfig(f"{photos:,} photos are too many to teach on this machine.",
                        "Make a project with fewer of them.")
    return min(views, room // photos - 1)


def preload(config: DetectConfig, threads: int) -> None:
    """Import and try out what is slow to find once the run is confined."""
    from trivium.vision.collect import pictures

    pictures.preload()
    torch.set_num_threads(threads)
    tiny = config.learn.model_copy(update={"channels": 16})
    boxes, labels = np.array([[0.1, 0.1, 0.6, 0.6]], np.float32), np.zeros(1, np.int64)
    session = Session(tap_model().SerializeToString(), threads)
    blank = np.zeros((2, SIZE, SIZE, 3), np.uint8)
    learner = Learner(tiny, 2, 0)
    learner.learn(looked_at(session, blank), [boxes] * 2, [labels] * 2, 0, 0.0)
    said = said_of(*(part[0] for part in learner.look(looked_at(session, blank))))
    scores_of([Said(*said, boxes, labels)], ["a", "b"], draws=1)
    photo = Boxed(np.zeros((SQUARE, SQUARE, 3), np.uint8), boxes, labels)
    for mosaic in (0.0, 1.0):
        view(lambda _k: photo, 1, 0, 1, config.augment.model_copy(update={"mosaic": mosaic}), 0)
