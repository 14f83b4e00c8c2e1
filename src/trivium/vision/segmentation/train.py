"""Train a segmentation model on a project's photos with masks.

    trivium vision train street --out run-s --seed 1

A share of the photos is held out, near-copies together; what learned from the others is judged on them, and that is
what deploys. So the scores are of the very model, on new photos of the same kind.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from trivium.core import files
from trivium.core.run import Run
from trivium.vision.finished import REPORT
from trivium.vision.segmentation import deploy
from trivium.vision.segmentation.config import SegmentConfig
from trivium.vision.segmentation.data import MaskedPhotos, held_out, masked_photos_of_run
from trivium.vision.segmentation.fit import CURVE, Teaching, preload
from trivium.vision.segmentation.scoring import Told, counts_of, miou, scores_of

FOUND = "found.json"  # of a run: how well each photo that was held out was told
HOW = "Photos that were held out, near-copies with them; the interval by drawing these photos anew (bootstrap)."


def prepare(config: SegmentConfig, run: Run) -> None:
    """Load what is slow to find once the run is confined."""
    preload(config, run.threads)
    deploy.preload(run.threads)


def train(config: SegmentConfig, run: Run) -> None:
    """Look, learn, judge, deploy. Ends with the model in RUN/model and its figures in RUN/out."""
    photos = masked_photos_of_run(run)
    aside = held_out(photos, config.held_out, run.seed)
    teaching = Teaching(config, run, photos, aside)
    learner = teaching.teach() if teaching.look() else None
    if learner is None:
        return
    said = teaching.judged(learner, aside)
    report = {**scores_of(said, photos.classes, run.seed), "task": "segmentation", "how": HOW,
              "project": photos.project, "classes": photos.classes, "learned_from": len(teaching.learned),
              "kept_aside": int(teaching.choosing.sum()), "data_sha256": photos.content_hash, "seed": run.seed}
    deploy.bundle(config, run, photos, learner.average, aside, report)
    files.write_json(run.out(FOUND), rows_of(photos, aside, said))
    files.write_json(run.out(REPORT), report)
    teaching.save(learner, best=report["miou"])
    run.set_best(CURVE, report["miou"], teaching.update)
    run.progress(teaching.update, 1.0)


def rows_of(photos: MaskedPhotos, aside: Any, said: list[Told]) -> list[dict[str, Any]]:
    """Each photo that was held out, the worst first."""
    rows = [{"sha256": photos.sha256[k], "name": photos.names[k],
             "miou": round(float(miou(counts_of(photo.table))), 5),
             "pixel_accuracy": round(float(np.trace(photo.table) / max(1, photo.table.sum())), 5)}
            for k, photo in zip(np.flatnonzero(aside), said, strict=True)]
    return sorted(rows, key=lambda row: (row["miou"], row["sha256"]))
