"""Train a classifier on a project's photos: features are there already, so the head learns in seconds.

    trivium vision train trash --out run-v --seed 1

First the honest figure: the photos are split into folds, near-copies together, and each fold is judged by a head that
learned from the others. Then the head that deploys learns from all of them. Its logits are divided by the temperature
that made the held-out photos least surprising, so that its percentages mean what they say.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from trivium.core import files
from trivium.core.run import Run
from trivium.vision.backbone import Floats
from trivium.vision.config import TrainConfig
from trivium.vision.data import Photos, photos_of_run
from trivium.vision.deploy import bundle, preload
from trivium.vision.evaluate import HOW, PREDICTIONS, REPORT, report_of
from trivium.vision.head import Head, best_temperature, fit_head, log_softmax
from trivium.vision.split import Ints, stratified_folds

METRIC = "accuracy/held_out"


def prepare(config: TrainConfig, run: Run) -> None:
    """Load what is slow to find once the run is confined."""
    preload(run.threads)
    fit_head(np.eye(4, dtype=np.float32), np.array([0, 1, 0, 1]), 2, 1.0, True)
    best_temperature(np.eye(2, dtype=np.float32), np.array([0, 1]))


def train(config: TrainConfig, run: Run) -> None:
    """Judge, learn from all, deploy. Ends with the model in RUN/model and its figures in RUN/out."""
    photos = photos_of_run(run)
    folds = stratified_folds(photos.labels.tolist(), photos.groups.tolist(), fold_count(config, photos), run.seed)
    count = int(folds.max()) + 1
    run.note(f"{len(photos.labels):,} photos of {len(photos.classes)} classes, judged in {count} folds.")
    logits = np.zeros((len(photos.labels), len(photos.classes)), np.float32)
    for fold in range(count):
        if run.stopped:
            return
        held_out = folds == fold
        logits[held_out] = learn(config, photos, ~held_out).logits(photos.features[held_out])
        right = logits[held_out].argmax(1) == photos.labels[held_out]
        run.log(fold + 1, {"fold": fold + 1, "accuracy/fold": right.mean(), "photos/held_out": int(held_out.sum())})
        run.progress(fold + 1, (fold + 1) / (count + 1))
    temperature = best_temperature(logits, photos.labels)
    probabilities = np.exp(log_softmax(logits / temperature)).astype(np.float32)
    report = {**report_of(photos.classes, photos.labels, probabilities, folds), "how": HOW, "project": photos.project,
              "data_sha256": photos.content_hash, "seed": run.seed, "groups": len(np.unique(photos.groups))}
    head = learn(config, photos, np.ones(len(photos.labels), bool)).cooled(temperature)
    step = count + 1
    run.save(step, {"head.weight": head.weight, "head.bias": head.bias}, {"temperature": temperature},
             best=report["accuracy"])
    run.set_best(METRIC, report["accuracy"], step)
    run.log(step, {METRIC: report["accuracy"], "calibration_error": report["calibration_error"],
                   "temperature": temperature})
    bundle(config, run, photos, head, report)
    files.write_json(run.out(PREDICTIONS), predictions(photos, probabilities, folds))
    files.write_json(run.out(REPORT), report)
    run.progress(step, 1.0)


def learn(config: TrainConfig, photos: Photos, chosen: Any) -> Head:
    """The head that the chosen photos ask for."""
    return fit_head(photos.features[chosen], photos.labels[chosen], len(photos.classes), config.head.l2,
                    config.head.class_weights)


def fold_count(config: TrainConfig, photos: Photos) -> int:
    """As many folds as asked for, but no more than the rarest class has photos that differ."""
    differing = [len(np.unique(photos.groups[photos.labels == k])) for k in range(len(photos.classes))]
    return max(2, min(config.folds, min(differing)))


def predictions(photos: Photos, probabilities: Floats, folds: Ints) -> list[dict[str, Any]]:
    """What was thought of each photo, for whoever looks for the worst mistakes."""
    return [{"sha256": sha256, "name": name, "label": photos.classes[label], "predicted": photos.classes[row.argmax()],
             "probabilities": [round(float(p), 4) for p in row], "fold": int(fold) + 1}
            for sha256, name, label, row, fold in zip(photos.sha256, photos.names, photos.labels, probabilities, folds,
                                                      strict=True)]
