"""Nearest neighbours: the photos that a photo looks most like to the backbone.

By the cosine of the angle between features, the mean of all photos removed, for what all have in common (the table they
lie on) would make all alike.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.classification.data import Photos
from trivium.vision.finished import training
from trivium.vision.understand.look import looked_at
from trivium.vision.understand.seen import index_of, photos_of_run_folder

COUNT = 12


def neighbours(run: Path | str, photo: str | None = None, source: Path | None = None,
               count: int = COUNT) -> dict[str, Any]:
    """{"photo", "neighbours": [{"sha256", "name", "label", "cosine", "near_copy"}]} of one of the training's photos, or
    of a file."""
    folder, _ = training(run)
    photos = photos_of_run_folder(folder)
    if source is not None:
        one, own, shown = looked_at(source).features, None, str(source)
    else:
        own = index_of(photos, photo or "")
        one, shown = photos.features[own], photos.names[own]
    cosine = alike(photos.features, one)
    order = [k for k in np.argsort(-cosine, kind="stable").tolist() if k != own][:count]
    return {"run": str(folder), "photo": shown, "label": None if own is None else photos.classes[photos.labels[own]],
            "neighbours": [row_of(photos, k, cosine, own) for k in order]}


def alike(features: Floats, one: Floats) -> Floats:
    """(N,) cosines of one photo with all."""
    mean = features.mean(0)
    centred, other = features - mean, one - mean
    lengths = np.linalg.norm(centred, axis=1) * np.linalg.norm(other)
    cosines: Floats = (centred @ other) / np.maximum(lengths, 1e-9)
    return cosines


def row_of(photos: Photos, k: int, cosine: Floats, own: int | None) -> dict[str, Any]:
    return {"sha256": photos.sha256[k], "name": photos.names[k], "label": photos.classes[photos.labels[k]],
            "cosine": round(float(cosine[k]), 6),
            "near_copy": own is not None and bool(photos.groups[k] == photos.groups[own])}
