"""What a training thought of each photo when it had not learned from it: `RUN/out/predictions.npz`.

Plain arrays (no pickle): 10,000 photos of 150 classes are 8 MB.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trivium.core import files
from trivium.errors import BadFile
from trivium.vision.backbone import Floats
from trivium.vision.data import Photos, npz
from trivium.vision.evaluate import REPORT, training
from trivium.vision.split import Ints

PREDICTIONS = "predictions.npz"
DIGITS = 6  # of a probability
LEAST = 0.5 * 10.0 ** -DIGITS  # a probability written as 0 may be anything below

Row = dict[str, Any]  # {"sha256", "name", "label", "predicted", "confidence", "truth", "fold"}


@dataclass(frozen=True)
class Predictions:
    """A finished training and its held-out answers."""

    folder: Path
    classes: list[str]
    sha256: list[str]
    names: list[str]
    labels: Ints  # (N,)
    predicted: Ints  # (N,)
    folds: Ints  # (N,), from 0
    probabilities: Floats  # (N, K), calibrated
    report: dict[str, Any]

    @property
    def confidence(self) -> Floats:
        """(N,) of the class that was named."""
        return of(self.probabilities, self.predicted)

    @property
    def truth(self) -> Floats:
        """(N,) of each photo's own class."""
        return of(self.probabilities, self.labels)

    def rows(self) -> list[Row]:
        """Each photo with what was thought of it."""
        return [{"sha256": sha256, "name": name, "label": self.classes[label], "predicted": self.classes[said],
                 "confidence": round(sure, DIGITS), "truth": round(truth, DIGITS), "fold": fold + 1}
                for sha256, name, label, said, sure, truth, fold in zip(
                    self.sha256, self.names, self.labels.tolist(), self.predicted.tolist(), self.confidence.tolist(),
                    self.truth.tolist(), self.folds.tolist(), strict=True)]


def of(probabilities: Floats, chosen: Ints) -> Floats:
    """(N,): one of each row (N, K)."""
    found: Floats = probabilities[np.arange(len(chosen)), chosen]
    return found


def write_predictions(path: Path, photos: Photos, probabilities: Floats, folds: Ints) -> None:
    """Keep what was said of each photo while it was held out."""
    card = json.dumps({"classes": photos.classes, "sha256": photos.sha256, "names": photos.names}, ensure_ascii=False)
    files.atomic_write(path, npz(
        card=np.frombuffer(card.encode(), np.uint8), labels=photos.labels.astype(np.int32),
        predicted=probabilities.argmax(1).astype(np.int32), folds=folds.astype(np.int32),
        probabilities=np.round(probabilities, DIGITS).astype(np.float32)))


def predictions_of(run: Path | str) -> Predictions:
    """The held-out answers of a training."""
    folder, _ = training(run)
    report = files.read_json(folder / files.OUT / REPORT)
    try:
        made = Predictions(folder, **arrays(folder / files.OUT / PREDICTIONS), report=report)
        whole = (made.classes == report["classes"] and made.probabilities.shape == (len(made.sha256), len(made.classes))
                 and len(made.sha256) == len(made.names) == len(made.labels) == len(made.predicted) == len(made.folds)
                 and len(made.rows()) > 0)
    except (ValueError, KeyError, TypeError, IndexError, zipfile.BadZipFile):
        whole = False
    if not whole:
        raise BadFile("The predictions of this run are damaged.", "Train again.")
    return made


def arrays(path: Path) -> dict[str, Any]:
    """What `write_predictions` has written, by the names of `Predictions`."""
    with np.load(io.BytesIO(files.read_file(path)), allow_pickle=False) as stored:
        card = json.loads(stored["card"].tobytes().decode())
        return {**{name: card[name] for name in ("classes", "sha256", "names")},
                **{name: stored[name].astype(np.int64) for name in ("labels", "predicted", "folds")},
                "probabilities": stored["probabilities"]}
