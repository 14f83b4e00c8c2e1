"""A finished detector on the boxed photos of another project, taken at another time or place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from trivium.core import files
from trivium.errors import BadConfig, BadFile
from trivium.vision.classification.split import Ints
from trivium.vision.collect.reading import read_batch
from trivium.vision.collect.store import PictureStore
from trivium.vision.deploy import MODEL, read_bundle
from trivium.vision.detection.data import BOXES, BoxedPhotos, array_of, boxed_photos_of, open_boxed_photos
from trivium.vision.detection.scoring import Said, scores_of
from trivium.vision.project import load

BATCH = 64  # photos in memory at a time
HOW = "Photos of another project, judged by the finished model; those of its own training left out."


def on_project(folder: Path, name: str, data: Path) -> dict[str, Any]:
    """The report of a training's model on another project."""
    learned, store = open_boxed_photos(folder / files.INPUTS / BOXES), PictureStore(data)
    other = boxed_photos_of(load(data, name), store)
    unknown = sorted(set(other.classes) - set(learned.classes))
    if unknown:
        raise BadConfig(f"The model does not know the class '{unknown[0]}' of {name}.",
                        f"It knows: {', '.join(learned.classes)}.")
    fresh = np.flatnonzero([sha256 not in set(learned.sha256) for sha256 in other.sha256])
    if not len(fresh):
        raise BadConfig(f"The model has learned from every photo of {name}.", "Give photos that it has not seen.")
    said = said_of(folder, other, fresh, store, learned.classes)
    return {**scores_of(said, learned.classes), "task": "detection", "how": HOW, "project": name,
            "classes": learned.classes, "left_out": len(other.sha256) - len(fresh)}


def said_of(folder: Path, photos: BoxedPhotos, chosen: Ints, store: PictureStore, classes: list[str]) -> list[Said]:
    """What the model says of the chosen photos, read in confined processes."""
    model, at, found = read_bundle(folder)[1][MODEL], 0, list[Said]()

    def told(k: int, facts: dict[str, Any], _path: Path) -> None:
        if "error" in facts:
            raise BadFile(f"A photo could not be read: {facts['error']}", "Import it once more.")
        which = chosen[at + k]
        true = np.array([classes.index(photos.classes[label]) for label in photos.labels[which]], np.int64)
        found.append(Said(array_of(facts["boxes"]), np.array(facts["class_ids"], np.int64),
                          np.array(facts["scores"], np.float32), photos.boxes[which], true))

    while at < len(chosen):
        names = [photos.sha256[k] for k in chosen[at:at + BATCH]]
        at += read_batch([(name, store.view(name).read_bytes()) for name in names], model, told)
    return found
