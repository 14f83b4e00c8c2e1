"""What a training thought of each photo when it had not learned from it: `RUN/out/predictions.npz`.

Plain arrays (no pickle): 10,000 photos of 150 classes are 8 MB.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from trivium.core import files
from trivium.errors import BadFile
from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.classification.data import npz
from trivium.vision.classification.split import Ints
from trivium.vision.evaluate import SINGLE
from trivium.vision.finished import REPORT, training

PREDICTIONS = "predictions.npz"
DIGITS = 6  # of a probability
LEAST = 0.5 * 10.0 ** -DIGITS  # a probability written as 0 may be anything below

# {"sha256", "name", "label", "predicted", "confidence", "truth", "fold"}, of a clip "start_s" and "end_s" as well
Row = dict[str, Any]


class Judged(Protocol):
    """What was held out: photos, or clips, which have `ranges` as well."""

    @property
    def classes(self) -> list[str]: ...

    @property
    def sha256(self) -> list[str]: ...

    @property
    def names(self) -> list[str]: ...

    @property
    def labels(self) -> Ints: ...


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
    ranges: list[tuple[float, float]] | None = None  # of clips: seconds of each in its video

    @property
    def confidence(self) -> Floats:
        """(N,) of the class that was named."""
        return of(self.probabilities, self.predicted)

    @property
    def truth(self) -> Floats:
        """(N,) of each photo's own class."""
        return of(self.probabilities, self.labels)

    def rows(self) -> list[Row]:
        """Each photo with what was thought of it; of a clip also where it lies in its video."""
        rows = [{"sha256": sha256, "name": name, "label": self.classes[label], "predicted": self.classes[said],
                 "confidence": round(sure, DIGITS), "truth": round(truth, DIGITS), "fold": fold + 1}
                for sha256, name, label, said, sure, truth, fold in zip(
                    self.sha256, self.names, self.labels.tolist(), self.predicted.tolist(), self.confidence.tolist(),
                    self.truth.tolist(), self.folds.tolist(), strict=True)]
        if self.ranges is None:
            return rows
        return [{**row, "start_s": start, "end_s": end} for row, (start, end) in zip(rows, self.ranges, strict=True)]


def of(probabilities: Floats, chosen: Ints) -> Floats:
    """(N,): one of each row (N, K)."""
    found: Floats = probabilities[np.arange(len(chosen)), chosen]
    return found


def write_predictions(path: Path, photos: Judged, probabilities: Floats, folds: Ints) -> None:
    """Keep what was said of each photo or clip while it was held out."""
    card = json.dumps({"classes": photos.classes, "sha256": photos.sha256, "names": photos.names,
                       "ranges": getattr(photos, "ranges", None)}, ensure_ascii=False)
    files.atomic_write(path, npz(
        card=np.frombuffer(card.encode(), np.uint8), labels=photos.labels.astype(np.int32),
        predicted=probabilities.argmax(1).astype(np.int32), folds=folds.astype(np.int32),
        probabilities=np.round(probabilities, DIGITS).astype(np.float32)))


def predictions_of(run: Path | str) -> Predictions:
    """The held-out answers of a training: of a classifier, or of an activity model, which says one class of a clip."""
    folder, _ = training(run, SINGLE)
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
        ranges = card.get("ranges")
        return {**{name: card[name] for name in ("classes", "sha256", "names")},
                "ranges": None if ranges is None else [(float(start), float(end)) for start, end in ranges],
                **{name: stored[name].astype(np.int64) for name in ("labels", "predicted", "folds")},
                "probabilities": stored["probabilities"]}
