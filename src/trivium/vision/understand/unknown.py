"""How well a model says "I don't know": each class in turn is left out, and its photos are the unknown things."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from trivium.core.intervals import wilson
from trivium.errors import BadConfig
from trivium.vision.classification.config import HeadConfig, TrainConfig
from trivium.vision.classification.data import Photos
from trivium.vision.classification.head import fit_head
from trivium.vision.classification.rejection import HOW, TRUE_ACCEPTS, scales_of, separation, span_of
from trivium.vision.classification.split import Ints, stratified_folds
from trivium.vision.finished import training
from trivium.vision.understand.seen import photos_of_run_folder

FOLDS = 5
Say = Callable[[str], None]


def unknown(run: Path | str, folds: int = FOLDS, seed: int = 1, say: Say = lambda _text: None) -> dict[str, Any]:
    """{"auroc", "false_accepts", "true_accepts", "classes": [{"unknown", "auroc", "false_accepts", "interval"}]}."""
    folder, spec = training(run)
    config, photos = TrainConfig.model_validate(spec.config), photos_of_run_folder(folder)
    return {"run": str(folder), "seed": seed, **left_out(photos, config.head, folds, seed, folds, say)}


def left_out(photos: Photos, config: HeadConfig, folds: int, seed: int, judged_folds: int,
             say: Say = lambda _text: None) -> dict[str, Any]:
    """One row for each class as the unknown, and their mean; the first `judged_folds` of the folds are held out."""
    if len(photos.classes) < 3:
        raise BadConfig("Leaving out a class needs at least three classes.", "Add photos of another kind of thing.")
    rows = []
    for k, name in enumerate(photos.classes):
        say(f"without {name} ...")
        rows.append({"unknown": name, **one_left_out(photos, config, k, folds, seed, judged_folds)})
    means = {name: round(float(np.mean([row[name] for row in rows])), 6)
             for name in ("auroc", "false_accepts", "true_accepts")}
    return {**means, "wanted_true_accepts": TRUE_ACCEPTS, "classes": rows, "how": HOW,
            "model": "A head on the pretrained features: how sure it is, and how much of the features lies in the "
                     "principal components of what was learned from."}


def one_left_out(photos: Photos, config: HeadConfig, unknown: int, folds: int, seed: int,
                 judged_folds: int) -> dict[str, Any]:
    """A class is unknown; each fold of the others is held out once, and judged beside every photo of the unknown."""
    others = np.flatnonzero(photos.labels != unknown)
    labels = photos.labels[others] - (photos.labels[others] > unknown)
    strange = photos.features[photos.labels == unknown]
    fold_of = stratified_folds(labels.tolist(), photos.groups[others].tolist(), folds, seed)
    found = []
    for fold in np.unique(fold_of).tolist()[:judged_folds]:
        learned, held_out = others[fold_of != fold], others[fold_of == fold]
        found.append(scored(photos, config, learned, labels[fold_of != fold], [photos.features[held_out], strange]))
    # the mean over the folds; each photo of the unknown was judged once in every fold
    false_accepts = float(np.mean([row["false_accepts"] for row in found]))
    return {**{name: round(float(np.mean([row[name] for row in found])), 6) for name in ("auroc", "true_accepts")},
            "false_accepts": round(false_accepts, 6), "known": len(others), "n": len(strange),
            "interval": list(wilson(round(false_accepts * len(strange)), len(strange)))}


def scored(photos: Photos, config: HeadConfig, learned: Ints, labels: Ints, judged: list[Any]) -> dict[str, Any]:
    """Known and unknown photos by a head that has learned from others."""
    head = fit_head(photos.features[learned], labels, len(photos.classes) - 1, config.l2, config.class_weights)
    span = span_of(photos.features[learned])
    sure = [head.logits(features).max(1) for features in judged]
    close = [span.closeness(features) for features in judged]
    scales = scales_of(sure[0], close[0])
    return separation(*(scales.combined(s, c) for s, c in zip(sure, close, strict=True)))
