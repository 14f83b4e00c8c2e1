"""Train a classifier on a project's photos: features are there already, so the head learns in seconds.

    trivium vision train trash --out run-v --seed 1
    trivium vision train trash --out run-t --set fine_tune.on=true

First the honest figure: the photos are split into folds, near-copies together, and each fold is judged by a model that
learned from the others. Then the model that deploys learns from all of them. Its logits are divided by the temperature
that made the held-out photos least surprising, so that its percentages mean what they say. What held-out photos reach
says how familiar a photo must be to be named at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from trivium.core import files
from trivium.core.run import Run
from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.backbone.graph import FAMILIARITY
from trivium.vision.classification import rejection
from trivium.vision.classification.config import TrainConfig
from trivium.vision.classification.data import Photos, photos_of_run
from trivium.vision.classification.deploy import Classifier, bundle, preload
from trivium.vision.classification.head import Head, best_temperature, fit_head, log_softmax
from trivium.vision.classification.predictions import PREDICTIONS, write_predictions
from trivium.vision.classification.scores import HOW, report_of
from trivium.vision.classification.split import Ints, stratified_folds
from trivium.vision.finished import REPORT
from trivium.vision.understand.unknown import left_out

METRIC = "accuracy/held_out"


@dataclass(frozen=True)
class Answers:
    """What was said of each photo by a model that had not learned from it, and how near it was to what had been."""

    logits: Floats  # (N, K)
    closeness: Floats  # (N,)
    step: int  # the last that was told
    head_alone: float | None = None  # share right without fine-tuning, in the same folds


def prepare(config: TrainConfig, run: Run) -> None:
    """Load what is slow to find once the run is confined."""
    prepare_head(run.threads)
    if config.fine_tune.on:
        from trivium.vision.tuning import fit

        fit.preload(config, run.threads)


def prepare_head(threads: int) -> None:
    """What a head alone needs."""
    preload(threads)
    fit_head(np.eye(4, dtype=np.float32), np.array([0, 1, 0, 1]), 2, 1.0, True)
    best_temperature(np.eye(2, dtype=np.float32), np.array([0, 1]))


def train(config: TrainConfig, run: Run) -> None:
    """Judge, learn from all, deploy. Ends with the model in RUN/model and its figures in RUN/out."""
    photos = photos_of_run(run)
    folds = stratified_folds(photos.labels.tolist(), photos.groups.tolist(), fold_count(config, photos), run.seed)
    run.note(f"{len(photos.labels):,} photos of {len(photos.classes)} classes, judged in {int(folds.max()) + 1} folds.")
    found = tuned(config, run, photos, folds) if config.fine_tune.on else frozen(config, run, photos, folds)
    if found is not None:
        finish(config, run, photos, folds, *found)


def frozen(config: TrainConfig, run: Run, photos: Photos, folds: Ints) -> tuple[Answers, Classifier] | None:
    """A head on the backbone as it is."""
    count = int(folds.max()) + 1
    logits = np.zeros((len(photos.labels), len(photos.classes)), np.float32)
    closeness = np.zeros(len(photos.labels), np.float32)
    for fold in range(count):
        if run.stopped:
            return None
        held_out = folds == fold
        logits[held_out] = learn(config, photos, ~held_out).logits(photos.features[held_out])
        span = rejection.span_of(photos.features[~held_out])
        closeness[held_out] = span.closeness(photos.features[held_out])
        tell_fold(run, fold + 1, fold, logits[held_out].argmax(1) == photos.labels[held_out])
        run.progress(fold + 1, (fold + 1) / (count + 1))
    head = learn(config, photos, np.ones(len(photos.labels), bool))
    return Answers(logits, closeness, count), Classifier({}, head, rejection.span_of(photos.features))


def tuned(config: TrainConfig, run: Run, photos: Photos, folds: Ints) -> tuple[Answers, Classifier] | None:
    """The later stages of the backbone, and a head."""
    from trivium.vision.tuning.fit import ALL, begin
    from trivium.vision.tuning.learner import changed_weights, features_of, head_in

    tuning = begin(config, run, photos, folds)
    if tuning is None:
        return None
    count, classes = len(photos.labels), len(photos.classes)
    tuning.found = {"logits": np.zeros((count, classes), np.float32), "closeness": np.zeros(count, np.float32),
                    "head_right": np.zeros(count, np.float32)}
    for fold, learner in tuning.learners():
        found, chosen, head = tuning.found, tuning.chosen(), head_in(learner.average)
        span = rejection.span_of(features_of(learner.average, tuning.cache.plain(chosen)))
        if fold == ALL:
            answers = Answers(found["logits"], found["closeness"], tuning.now.done, float(found["head_right"].mean()))
            return answers, Classifier(changed_weights(learner.average), head, span)
        held_out = np.flatnonzero(folds == fold)
        features = features_of(learner.average, tuning.cache.plain(held_out))
        found["logits"][held_out], found["closeness"][held_out] = head.logits(features), span.closeness(features)
        plain = learner.begun.logits(photos.features[held_out])
        found["head_right"][held_out] = plain.argmax(1) == photos.labels[held_out]
        tell_fold(run, tuning.now.done, fold, found["logits"][held_out].argmax(1) == photos.labels[held_out],
                  {"accuracy/fold_head_alone": float(found["head_right"][held_out].mean())})
    return None


def tell_fold(run: Run, step: int, fold: int, right: Any, more: dict[str, float] | None = None) -> None:
    run.log(step, {"fold": fold + 1, "accuracy/fold": right.mean(), "photos/held_out": len(right), **(more or {})})


def finish(config: TrainConfig, run: Run, photos: Photos, folds: Ints, answers: Answers, made: Classifier) -> None:
    """Calibrate, report, and write the bundle."""
    temperature = best_temperature(answers.logits, photos.labels)
    cooled = (answers.logits / np.float32(temperature)).astype(np.float32)
    probabilities = np.exp(log_softmax(cooled)).astype(np.float32)
    made = made.calibrated(temperature, rejection.familiarity(made.span, cooled.max(1), answers.closeness))
    report = {**report_of(photos.classes, photos.labels, probabilities, folds), "how": HOW, "project": photos.project,
              "data_sha256": photos.content_hash, "seed": run.seed, "groups": len(np.unique(photos.groups)),
              "temperature": temperature, "fine_tuned": config.fine_tune.on, "head_alone": answers.head_alone,
              "rejection": rejected(config, run, photos, made.familiarity)}
    bundle(config, run, photos, made, report)
    write_predictions(run.out(PREDICTIONS), photos, probabilities, folds)
    files.write_json(run.out(REPORT), report)
    step = answers.step + 1
    run.log(step, {METRIC: report["accuracy"], "calibration_error": report["calibration_error"],
                   "temperature": temperature})
    run.save(step, {"head.weight": made.head.weight, "head.bias": made.head.bias}, {"temperature": temperature},
             best=report["accuracy"])
    run.set_best(METRIC, report["accuracy"], step)
    run.progress(step, 1.0)


def rejected(config: TrainConfig, run: Run, photos: Photos, made: rejection.Familiarity | None) -> dict[str, Any]:
    """From where on the model says "I don't know", and how often it fails to, where that could be measured."""
    assert made is not None
    found: dict[str, Any] = {"output": FAMILIARITY, "threshold": made.threshold,
                             "wanted_true_accepts": rejection.TRUE_ACCEPTS}
    if len(photos.classes) >= 3 and config.unknown_folds:
        measured = left_out(photos, config.head, config.folds, run.seed, config.unknown_folds)
        found |= {name: measured[name] for name in ("auroc", "true_accepts", "false_accepts", "how", "model")}
    return found


def learn(config: TrainConfig, photos: Photos, chosen: Any) -> Head:
    """The head that the chosen photos ask for."""
    return fit_head(photos.features[chosen], photos.labels[chosen], len(photos.classes), config.head.l2,
                    config.head.class_weights)


def fold_count(config: TrainConfig, photos: Photos) -> int:
    """As many folds as asked for, but no more than the rarest class has photos that differ."""
    differing = [len(np.unique(photos.groups[photos.labels == k])) for k in range(len(photos.classes))]
    return max(2, min(config.folds, min(differing)))
