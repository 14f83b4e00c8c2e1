"""A finished classifier judged on photos of another project, which may be of another room, camera or light."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from trivium.core import files
from trivium.errors import BadConfig, BadFile
from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.classification.data import ARRAYS, PHOTOS, open_photos, photos_of
from trivium.vision.classification.deploy import head_of
from trivium.vision.classification.head import log_softmax
from trivium.vision.classification.scores import report_of
from trivium.vision.collect.reading import read_batch
from trivium.vision.collect.store import PictureStore
from trivium.vision.deploy import MODEL, read_bundle
from trivium.vision.project import load

ANEW = 64  # photos in memory at a time
HOW_OTHER = "Photos of another project, judged by the finished model; those it had learned from left out."


def on_project(folder: Path, name: str, data: Path) -> dict[str, Any]:
    """How the finished model does on photos that were taken at another time or place."""
    learned = open_photos(folder / files.INPUTS / ARRAYS, folder / files.INPUTS / PHOTOS)
    other = photos_of(load(data, name), PictureStore(data))
    unknown = sorted(set(other.classes) - set(learned.classes))
    if unknown:
        raise BadConfig(f"The model does not know the class '{unknown[0]}' of {name}.",
                        f"It knows: {', '.join(learned.classes)}.")
    fresh = np.array([sha256 not in set(learned.sha256) for sha256 in other.sha256])
    if not fresh.any():
        raise BadConfig(f"The model has learned from every photo of {name}.", "Give photos that it has not seen.")
    labels = np.array([learned.classes.index(other.classes[k]) for k in other.labels])[fresh]
    shas = [other.sha256[k] for k in np.flatnonzero(fresh)]
    probabilities = said_of(folder, shas, other.features[fresh], PictureStore(data))
    return {**report_of(learned.classes, labels, probabilities), "how": HOW_OTHER, "project": name,
            "left_out": int((~fresh).sum())}


def said_of(folder: Path, sha256: list[str], features: Floats, store: PictureStore) -> Floats:
    """Probabilities (N, K) that a training's finished model gives to pictures with these cached features."""
    if read_bundle(folder)[0].get("fine_tuned"):
        return seen_anew(folder, sha256, store)
    return np.exp(log_softmax(head_of(folder).logits(features))).astype(np.float32)


def seen_anew(folder: Path, sha256: list[str], store: PictureStore) -> Floats:
    """Probabilities (N, K) by the whole model, in confined processes: a fine-tuned one has features of its own."""
    model, at, found = read_bundle(folder)[1][MODEL], 0, list[list[float]]()

    def told(k: int, facts: dict[str, Any], _path: Path) -> None:
        if "error" in facts:
            raise BadFile(f"A photo could not be read: {facts['error']}", "Import it once more.")
        found.append(facts["probabilities"])

    while at < len(sha256):
        batch = [(name, store.view(name).read_bytes()) for name in sha256[at:at + ANEW]]
        at += read_batch(batch, model, told)
    return np.array(found, np.float32)
