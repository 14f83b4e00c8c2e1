"""A finished segmentation model on the masks of another project, taken at another time or place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from trivium.core import files
from trivium.errors import BadConfig, BadFile
from trivium.vision.collect.reading import read_batch
from trivium.vision.collect.store import PictureStore
from trivium.vision.deploy import MODEL, read_bundle
from trivium.vision.labels.masks import UNLABELLED
from trivium.vision.labels.planes import unpacked
from trivium.vision.project import load
from trivium.vision.segmentation.data import MASKS, masked_photos_of, open_masked_photos
from trivium.vision.segmentation.scoring import Told, scores_of, told
from trivium.vision.segmentation.verdict import class_map

BATCH = 64  # photos in memory at a time
HOW = "Photos of another project, judged by the finished model; those of its own training left out."


def on_project(folder: Path, name: str, data: Path) -> dict[str, Any]:
    """The report of a training's model on another project."""
    learned, store = open_masked_photos(folder / files.INPUTS / MASKS), PictureStore(data)
    other, planes = masked_photos_of(load(data, name), store)
    unknown = sorted(set(other.classes) - set(learned.classes))
    if unknown:
        raise BadConfig(f"The model does not know the class '{unknown[0]}' of {name}.",
                        f"It knows: {', '.join(learned.classes)}.")
    fresh = [sha256 for sha256 in other.sha256 if sha256 not in set(learned.sha256)]
    if not fresh:
        raise BadConfig(f"The model has learned from every photo of {name}.", "Give photos that it has not seen.")
    table = np.zeros(256, np.uint8)  # from the other project's numbers to the model's
    table[UNLABELLED] = UNLABELLED
    for k, label in enumerate(other.classes, 1):
        table[k] = learned.classes.index(label) + 1
    model, at, said = read_bundle(folder)[1][MODEL], 0, list[Told]()

    def take(k: int, facts: dict[str, Any], path: Path) -> None:
        if "error" in facts:
            raise BadFile(f"A photo could not be read: {facts['error']}", "Import it once more.")
        truth = table[unpacked(planes[fresh[at + k]])]
        likelihoods = np.load(path.with_suffix(".likelihoods"), allow_pickle=False)
        said.append(told(truth, class_map(likelihoods, truth.shape[1], truth.shape[0]), len(learned.classes) + 1))

    while at < len(fresh):
        at += read_batch([(each, store.view(each).read_bytes()) for each in fresh[at:at + BATCH]], model, take)
    return {**scores_of(said, learned.classes), "task": "segmentation", "how": HOW, "project": name,
            "classes": learned.classes, "left_out": len(other.sha256) - len(fresh)}
