"""Train a detector on a project's boxed photos.

    trivium vision train fruit --out run-d --seed 1

A share of the photos is held out, near-copies together; what learned from the others is judged on them, and that is
what deploys. So the scores are of the very model, on new photos of the same kind.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from trivium.core import files
from trivium.core.run import Run
from trivium.vision.detection import deploy
from trivium.vision.detection.comparing import FOUND
from trivium.vision.detection.config import DetectConfig
from trivium.vision.detection.data import BoxedPhotos, boxed_photos_of_run, held_out
from trivium.vision.detection.fit import CURVE, Teaching, preload
from trivium.vision.detection.scoring import Said, scores_of
from trivium.vision.finished import REPORT

HOW = "Photos that were held out, near-copies with them; the interval by drawing these photos anew (bootstrap)."


def prepare(config: DetectConfig, run: Run) -> None:
    """Load what is slow to find once the run is confined."""
    preload(config, run.threads)
    deploy.preload(run.threads)


def train(config: DetectConfig, run: Run) -> None:
    """Look, learn, judge, deploy. Ends with the model in RUN/model and its figures in RUN/out."""
    photos = boxed_photos_of_run(run)
    aside = held_out(photos, config.held_out, run.seed)
    teaching = Teaching(config, run, photos, aside)
    learner = teaching.teach() if teaching.look() else None
    if learner is None:
        return
    said = teaching.judged(learner)
    report = {**scores_of(said, photos.classes, run.seed), "task": "detection", "how": HOW, "project": photos.project,
              "classes": photos.classes, "learned_from": int((~aside).sum()), "data_sha256": photos.content_hash,
              "seed": run.seed}
    report["thresholds"] = deploy.thresholds_of(report)
    deploy.bundle(config, run, photos, learner.average, aside, report)
    files.write_json(run.out(FOUND), predictions(photos, aside, said))
    files.write_json(run.out(REPORT), report)
    run.save(teaching.update, learner.tensors(), {"update": teaching.update}, best=report["map50"])
    run.set_best(CURVE, report["map50"], teaching.update)
    run.progress(teaching.update, 1.0)


def predictions(photos: BoxedPhotos, aside: Any, said: list[Said]) -> list[dict[str, Any]]:
    """What was found on each photo that was held out, and what is there."""
    return [{"sha256": photos.sha256[k], "name": photos.names[k],
             "boxes": rows(photos, photo.true_boxes, photo.true_classes),
             "found": rows(photos, photo.boxes, photo.classes, photo.scores)}
            for k, photo in zip(np.flatnonzero(aside), said, strict=True)]


def rows(photos: BoxedPhotos, boxes: Any, classes: Any, scores: Any = None) -> list[dict[str, Any]]:
    """Boxes as JSON."""
    made = [{"label": photos.classes[int(k)], "xyxy": [round(float(v), 5) for v in box]}
            for box, k in zip(boxes, classes, strict=True)]
    return made if scores is None else [{**row, "confidence": round(float(score), 5)}
                                        for row, score in zip(made, scores, strict=True)]
