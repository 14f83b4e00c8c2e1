"""What a training thought of each photo when it had not learned from it: `RUN/out/predictions.json` as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trivium.core import files
from trivium.errors import BadFile, NotFound
from trivium.vision.backbone import Floats
from trivium.vision.data import ARRAYS, PHOTOS, Photos, open_photos
from trivium.vision.evaluate import PREDICTIONS, REPORT, training
from trivium.vision.split import Ints


@dataclass(frozen=True)
class Seen:
    """A finished training and its held-out answers."""

    folder: Path
    classes: list[str]
    rows: list[dict[str, Any]]  # as in predictions.json
    labels: Ints  # (N,)
    probabilities: Floats  # (N, K), calibrated
    report: dict[str, Any]


def seen_by(run: Path | str) -> Seen:
    """The held-out answers of a training."""
    folder, _ = training(run)
    report = files.read_json(folder / files.OUT / REPORT)
    rows: Any = files.read_json(folder / files.OUT / PREDICTIONS)
    try:
        classes = list(report["classes"])
        labels = np.array([classes.index(row["label"]) for row in rows], np.int64)
        probabilities = np.array([row["probabilities"] for row in rows], np.float32)
        whole = probabilities.shape == (len(rows), len(classes)) and len(rows) > 0
    except (KeyError, TypeError, ValueError):
        whole = False
    if not whole:
        raise BadFile("The answers of this run are damaged.", "Train it again.")
    return Seen(folder, classes, list(rows), labels, probabilities, report)


def photos_of_run_folder(folder: Path) -> Photos:
    """The photos that a training learned from, with their features."""
    return open_photos(folder / files.INPUTS / ARRAYS, folder / files.INPUTS / PHOTOS)


def index_of(photos: Photos, photo: str) -> int:
    """The number of a photo, named as it came (cat/1.jpg) or by the beginning of its sha256."""
    named = [k for k, name in enumerate(photos.names) if name == photo]
    hashed = [k for k, sha256 in enumerate(photos.sha256) if len(photo) >= 8 and sha256.startswith(photo.lower())]
    found = named or hashed
    if not found:
        raise NotFound(f"The training has no photo called {photo[:80]}.",
                       "Name one as `trivium vision understand mistakes` lists them.")
    return found[0]
