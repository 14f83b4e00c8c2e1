"""Train an activity model on a project's clips.

    trivium vision train moves --out run-a --seed 1

A share of the clips is held out, those of one video together; what learned from the others is judged on them, and that
is what deploys. Its logits are divided by the temperature that made the held-out clips least surprising (Guo et al.,
2017), and what 19 of 20 of them reach is how sure the model must be to name anything at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from trivium.core import files
from trivium.core.run import Run
from trivium.vision.activity import deploy
from trivium.vision.activity.config import ActivityConfig
from trivium.vision.activity.data import Clips, clips_of_run, held_out
from trivium.vision.activity.fit import Teaching, preload
from trivium.vision.classification.head import best_temperature, log_softmax
from trivium.vision.classification.predictions import PREDICTIONS, write_predictions
from trivium.vision.classification.rejection import TRUE_ACCEPTS
from trivium.vision.classification.scores import report_of
from trivium.vision.classification.split import Ints
from trivium.vision.finished import REPORT

METRIC = "accuracy/held_out"
STRICTEST = 0.8  # confidence that may be asked for
HOW = "Clips that were held out, those of one video together; each judged by the mean over its windows."


@dataclass(frozen=True)
class Judged:
    """The clips that were held out, as predictions name them."""

    classes: list[str]
    sha256: list[str]
    names: list[str]
    labels: Ints
    ranges: list[tuple[float, float]]


def prepare(config: ActivityConfig, run: Run) -> None:
    """Load what is slow to find once the run is confined."""
    preload(config, run.threads)
    deploy.preload(config, run.threads)
    best_temperature(np.eye(2, dtype=np.float32), np.array([0, 1]))


def train(config: ActivityConfig, run: Run) -> None:
    """Learn, judge, calibrate, deploy. Ends with the model in RUN/model and its figures in RUN/out."""
    clips = clips_of_run(run)
    aside = held_out(clips, config.held_out, run.seed)
    run.note(f"{int((~aside).sum()):,} clips to learn from, {int(aside.sum()):,} held out.")
    teaching = Teaching(config, run, clips, aside)
    learner = teaching.teach()
    if learner is None:
        return
    logits, shown = teaching.judged(learner), judged(clips, aside)
    temperature = best_temperature(logits, shown.labels)
    probabilities = np.exp(log_softmax(logits / np.float32(temperature))).astype(np.float32)
    report = {**report_of(clips.classes, shown.labels, probabilities), "task": "activity", "how": HOW,
              "project": clips.project, "learned_from": int((~aside).sum()), "data_sha256": clips.content_hash,
              "seed": run.seed, "groups": len(np.unique(clips.groups)), "temperature": temperature,
              "rejection": rejection_of(probabilities)}
    deploy.bundle(config, run, clips, aside, learner, report)
    write_predictions(run.out(PREDICTIONS), shown, probabilities, np.zeros(len(shown.labels), np.int64))
    files.write_json(run.out(REPORT), report)
    step = teaching.update + 1
    run.log(step, {METRIC: report["accuracy"], "calibration_error": report["calibration_error"],
                   "temperature": temperature})
    run.save(step, learner.tensors(), {"update": teaching.update}, best=report["accuracy"])
    run.set_best(METRIC, report["accuracy"], step)
    run.progress(step, 1.0)


def judged(clips: Clips, aside: Any) -> Judged:
    """Those of the clips that were held out."""
    chosen = np.flatnonzero(aside).tolist()
    return Judged(clips.classes, [clips.sha256[k] for k in chosen], [clips.names[k] for k in chosen],
                  clips.labels[aside], [clips.ranges[k] for k in chosen])


def rejection_of(probabilities: Any) -> dict[str, Any]:
    """How sure the model must be: as sure as it was of that share of the clips that were held out.

    But not surer than `STRICTEST`: of a few clips that are all told rightly it is certain, and on a stream a window may
    show half of a movement.
    """
    reached = float(np.quantile(probabilities.max(1), 1 - TRUE_ACCEPTS))
    return {"threshold": round(min(reached, STRICTEST), 6), "wanted_true_accepts": TRUE_ACCEPTS,
            "how": f"the confidence that this share of the held-out clips reaches, at most {STRICTEST:g}"}
