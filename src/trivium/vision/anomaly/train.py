"""Train an anomaly model: look at the good photos, keep what their patches look like, set the threshold.

    trivium vision train cans --out run-a --seed 1

First the honest figure: the good photos are split into folds, near-copies together, and each is judged by what the
other folds look like. The share of them that may be called odd sets the threshold. Then patches of all good photos are
kept, and that is what deploys; odd photos are judged by it, and nothing is learned from them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from trivium.core import files
from trivium.core.run import Run
from trivium.vision.anomaly import deploy
from trivium.vision.anomaly.config import AnomalyConfig
from trivium.vision.anomaly.data import JUDGED, GoodAndOdd, photos_of_run, pictures_of_run
from trivium.vision.anomaly.graph import PATCHES
from trivium.vision.anomaly.patches import GRID, Bank, bank_of, oddness
from trivium.vision.anomaly.scoring import report_of, spread_of, threshold_of
from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.backbone.features import Session
from trivium.vision.classification.split import stratified_folds
from trivium.vision.collect.pictures import Bytes
from trivium.vision.finished import REPORT

METRIC, GOOD_METRIC = "auroc/held_out", "good/held_out"
BATCH = 16
_networks: dict[int, Session] = {}  # made while files can still be found


def prepare(config: AnomalyConfig, run: Run) -> None:
    """Load what is slow to find once the run is confined."""
    _networks[run.threads] = deploy.preload(config, run.threads)


def train(config: AnomalyConfig, run: Run) -> None:
    """Look, judge, keep, deploy."""
    photos = photos_of_run(run)
    pictures, odd = pictures_of_run(run, photos), photos.odd
    run.note(f"{int((~odd).sum()):,} good photos to learn from, {int(odd.sum()):,} odd ones to be judged by.")
    network = _networks.get(run.threads) or deploy.preload(config, run.threads)
    patches = looked_at(network, pictures, run)
    if patches is None:
        return
    far = judged(config, run, photos, patches)
    if far is None:
        return
    bank = bank_of(patches[~odd], config.patches, np.random.default_rng([run.seed, config.folds]))
    if odd.any():
        far[odd] = bank.distances(patches[odd])
    finish(config, run, photos, pictures, bank, far)


def looked_at(network: Session, pictures: Bytes, run: Run) -> Floats | None:
    """Patches (N, 196, C) of all pictures; None where it was stopped."""
    found = []
    for at in range(0, len(pictures), BATCH):
        if run.stopped:
            return None
        found.append(network.run(pictures[at:at + BATCH], PATCHES))
        run.progress(0, 0.5 * min(1.0, (at + BATCH) / len(pictures)))
    return np.concatenate(found)


def judged(config: AnomalyConfig, run: Run, photos: GoodAndOdd, patches: Floats) -> Floats | None:
    """(N, 196) how far the good photos' patches are from what the other folds look like; None where it was stopped."""
    good = np.flatnonzero(~photos.odd)
    count = max(2, min(config.folds, len(np.unique(photos.groups[good]))))
    folds = stratified_folds([0] * len(good), photos.groups[good].tolist(), count, run.seed)
    far = np.zeros(patches.shape[:2], np.float32)
    for fold in range(count):
        if run.stopped:
            return None
        others, held_out = good[folds != fold], good[folds == fold]
        if not len(others):  # all of them are near-copies of each other
            others = good
        bank = bank_of(patches[others], config.patches, np.random.default_rng([run.seed, fold]))
        far[held_out] = bank.distances(patches[held_out])
        run.log(fold + 1, {"oddness/held_out": float(oddness(far[held_out], config.worst).mean())})
        run.progress(fold + 1, 0.5 + 0.4 * (fold + 1) / count)
    return far


def finish(config: AnomalyConfig, run: Run, photos: GoodAndOdd, pictures: Bytes, bank: Bank, far: Floats) -> None:
    """Set the threshold, report, and write the bundle."""
    scores, odd = oddness(far, config.worst), photos.odd
    threshold = threshold_of(scores[~odd], config.false_alarms)
    report = {**report_of(scores, odd, threshold, config.false_alarms, run.seed), "project": photos.project,
              "good_class": photos.good_class, "data_sha256": photos.content_hash, "seed": run.seed,
              "patches": len(bank.kept)}
    deploy.bundle(config, run, photos, pictures, bank, spread_of(scores[~odd]), report)
    files.write_json(run.out(JUDGED), rows_of(photos, scores, far))
    files.write_json(run.out(REPORT), report)
    step = config.folds + 1
    metric, reached = METRIC, report["auroc"]
    if reached is None:  # no odd photos: all that can be said is how many good ones pass
        metric, reached = GOOD_METRIC, 1.0 - report["alarms"] / report["good"]
    run.log(step, {metric: reached})
    run.save(step, {"kept": bank.kept}, {"threshold": threshold}, best=reached)
    run.set_best(metric, reached, step)
    run.progress(step, 1.0)


def rows_of(photos: GoodAndOdd, scores: Floats, far: Floats) -> list[dict[str, Any]]:
    """How odd each photo is, the oddest first, and where."""
    order = np.argsort(-scores, kind="stable")
    return [{"sha256": photos.sha256[k], "name": photos.names[k], "label": photos.labels[k],
             "oddness": round(float(scores[k]), 5), "map": np.round(far[k].reshape(GRID, GRID), 3).tolist()}
            for k in order.tolist()]
