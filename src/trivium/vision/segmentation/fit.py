"""Teach a segmentation model: views through the backbone once, then updates of the decoder, by a loop that goes on
exactly.

    trivium vision train street --out run-s

AdamW, a rate that rises and falls along a cosine, a running average of the weights. The held-out photos draw the curve
and choose nothing: what deploys is the average after the last update or, with early stopping, the one that did best on
a tenth of the photos that is kept aside for that. A training that was broken off computes its views anew, the same
ones, and goes on from its last checkpoint.
"""

from __future__ import annotations

import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from trivium.core import files
from trivium.core.learning import SAVE_EVERY_S, Arrays, part, tensors_of
from trivium.core.run import Run
from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.backbone.features import Session
from trivium.vision.classification.split import Ints
from trivium.vision.collect.pictures import squashed
from trivium.vision.detection.fit import LOOKING, MOST_BYTES, lesson, views_that_fit
from trivium.vision.detection.geometry import SIZE
from trivium.vision.detection.taps import Taps, looked_at, tap_model
from trivium.vision.labels.planes import Plane
from trivium.vision.segmentation.config import SegmentConfig
from trivium.vision.segmentation.data import PLANES, MaskedPhotos, Planes, held_out
from trivium.vision.segmentation.learner import Learner
from trivium.vision.segmentation.network import PLACES
from trivium.vision.segmentation.scoring import Told, counts_of, miou, told
from trivium.vision.segmentation.verdict import class_map
from trivium.vision.segmentation.views import TRUTH, Masked, view, whole
from trivium.vision.tuning.learner import rate
from trivium.vision.tuning.pictures import PICTURES, opened

CURVE_EVERY, FIRST_CURVE = 50, 25  # updates between points of the curves, and to the first
CHUNK = 8  # pictures at a time when nothing is learned
CHOOSING = 0.1  # of the photos that are learned from
PIXEL_LOSS, DICE_LOSS, CURVE, CURVE_PIXELS, CHOSEN_BY = "loss/pixels", "loss/dice", "miou/held_out", \
    "pixel_accuracy/held_out", "miou/kept_aside"
BEST = "best."


@dataclass
class Teaching:
    """A segmentation model's training under way."""

    config: SegmentConfig
    run: Run
    photos: MaskedPhotos
    aside: Any  # (N,) bool: never learned from
    update: int = 0
    best: float = -1.0  # on the photos that are kept aside to choose by
    best_at: int = 0
    kept: Arrays = field(default_factory=dict)  # the average that did best there
    saved_at: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        stops = self.config.learn.patience > 0
        self.choosing = held_out(self.photos, CHOOSING, self.run.seed, ~self.aside) if stops else ~self.aside & False
        self.learned: Ints = np.flatnonzero(~self.aside & ~self.choosing)
        self.shown: Ints = np.concatenate([np.flatnonzero(self.aside), np.flatnonzero(self.choosing)])

    def look(self) -> bool:
        """Open the photos, make their views, and show these to the backbone; False if somebody wants an end."""
        room = MOST_BYTES // (PLACES.numbers * 2) - len(self.shown)
        each = self.each = 1 + views_that_fit(self.config.views, len(self.learned), room)
        if each <= self.config.views:
            self.run.note(f"{each - 1} views of each photo instead of {self.config.views}, for want of memory.",
                          "warning")
        self.run.note(f"Looking at {len(self.aside):,} photos, {each} views of each that is learned from ...")
        session = Session(tap_model(PLACES).SerializeToString(), self.run.threads)
        self.taps = Taps(len(self.learned) * each, self.run.folder / files.TMP / "learned", PLACES)
        self.held = Taps(len(self.shown), self.run.folder / files.TMP / "held", PLACES)
        self.truth: Plane = np.zeros((len(self.learned) * each, TRUTH, TRUTH), np.uint8)
        with zipfile.ZipFile(self.run.input(PICTURES)) as archive, zipfile.ZipFile(self.run.input(PLANES)) as planes:
            masks = Planes(planes, self.photos)
            for k, which in enumerate(self.learned.tolist()):
                photo = whole(opened(archive.read(self.photos.sha256[which])), masks[which])
                made = [view(photo, k, number, self.config.augment, self.run.seed) for number in range(each)]
                self.taps.put(k * each, np.stack([one.picture for one in made]), session)
                self.truth[k * each:(k + 1) * each] = [one.mask for one in made]
                self.run.progress(0, LOOKING * (k + 1) / len(self.learned))
                if self.run.stopped:
                    return False
            for row, which in enumerate(self.shown.tolist()):
                image = opened(archive.read(self.photos.sha256[which]))
                self.held.put(row, squashed(image, SIZE)[None], session)
        return True

    def teach(self) -> Learner | None:
        """All updates; None if somebody wants an end."""
        settings, losses = self.config.learn, list[tuple[float, float]]()
        pixels = self.photos.pixels[self.learned].sum(0)
        learner = self.resumed(Learner(settings, pixels, self.run.seed))
        while self.update < settings.updates and not self.is_enough:
            if self.run.stopped:
                self.save(learner)
                return None
            rows = lesson(self.update, settings.batch, len(self.learned), self.each, self.run.seed)
            losses.append(learner.learn(self.taps.pick(rows), self.truth[rows], self.update,
                                        rate(self.update, settings.updates)))
            self.update += 1
            self.run.progress(self.update, LOOKING + (1 - LOOKING) * self.update / settings.updates)
            if self.update % CURVE_EVERY == 0 or self.update in (FIRST_CURVE, settings.updates):
                self.report(learner, losses)
                losses = []
            if time.monotonic() - self.saved_at > SAVE_EVERY_S:
                self.save(learner)
        if self.kept:
            learner.average.load_state_dict(tensors_of(self.kept))
        return learner

    @property
    def is_enough(self) -> bool:
        """Whether it has not become better for as long as the settings say."""
        return bool(self.kept) and self.update - self.best_at >= self.config.learn.patience * CURVE_EVERY

    def report(self, learner: Learner, losses: list[tuple[float, float]]) -> None:
        """A point of each curve; with early stopping, keep what is better than before."""
        pixels, areas = (float(part) for part in np.mean(losses, 0))
        table = np.sum([each.table for each in self.judged(learner, self.aside)], 0)
        values = {PIXEL_LOSS: pixels, DICE_LOSS: areas, CURVE: round(float(miou(counts_of(table))), 6),
                  CURVE_PIXELS: round(float(np.trace(table) / max(1, table.sum())), 6)}
        if self.choosing.any():
            chosen = np.sum([each.table for each in self.judged(learner, self.choosing)], 0)
            values[CHOSEN_BY] = now = round(float(miou(counts_of(chosen))), 6)
            if now > self.best:
                self.best, self.best_at = now, self.update
                self.kept = {name: value.detach().clone().numpy() for name, value in
                             learner.average.state_dict().items()}
        self.run.log(self.update, values)

    def judged(self, learner: Learner, which: Any) -> list[Told]:
        """What the average says of these photos, which are not learned from, each beside its mask in full size."""
        return [told(truth, said, len(self.photos.classes) + 1) for truth, said in self.answers(learner, which)]

    def answers(self, learner: Learner, which: Any) -> Iterator[tuple[Plane, Plane]]:
        """Mask and answer of each of these photos."""
        rows = np.flatnonzero(which[self.shown])
        with zipfile.ZipFile(self.run.input(PLANES)) as archive:
            masks = Planes(archive, self.photos)
            for at in range(0, len(rows), CHUNK):
                likelihoods: Floats = learner.look(self.held.pick(rows[at:at + CHUNK]))
                for row, said in zip(rows[at:at + CHUNK], likelihoods, strict=True):
                    truth = masks[int(self.shown[row])]
                    yield truth, class_map(said, truth.shape[1], truth.shape[0])

    def resumed(self, learner: Learner) -> Learner:
        """Stand where the last checkpoint stood."""
        checkpoint = self.run.load_last()
        if checkpoint is not None:
            state = checkpoint.state
            self.update, self.best, self.best_at = int(state["update"]), float(state["best"]), int(state["best_at"])
            self.kept = part(checkpoint.tensors, BEST)
            learner.restore({name: value for name, value in checkpoint.tensors.items() if not name.startswith(BEST)})
        return learner

    def save(self, learner: Learner, best: float | None = None) -> None:
        """Everything from which the training goes on exactly, but for the views, which are made again."""
        tensors = {**learner.tensors(), **{f"{BEST}{name}": value for name, value in self.kept.items()}}
        self.run.save(self.update, tensors, {"update": self.update, "best": self.best, "best_at": self.best_at},
                      best=best)
        self.saved_at = time.monotonic()


def preload(config: SegmentConfig, threads: int) -> None:
    """Import and try out what is slow to find once the run is confined."""
    from trivium.vision.collect import pictures

    pictures.preload()
    torch.set_num_threads(threads)
    tiny = config.learn.model_copy(update={"channels": 16})
    session, blank = Session(tap_model(PLACES).SerializeToString(), threads), np.zeros((2, SIZE, SIZE, 3), np.uint8)
    learner, truth = Learner(tiny, np.array([9, 1]), 0), np.zeros((2, TRUTH, TRUTH), np.uint8)
    learner.learn(looked_at(session, blank, PLACES), truth, 0, 0.0)
    said = learner.look(looked_at(session, blank, PLACES))[0]
    told(truth[0], class_map(said, TRUTH, TRUTH), 2)
    view(Masked(blank[0], truth[0]), 0, 1, config.augment, 0)
