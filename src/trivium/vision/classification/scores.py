"""The numbers of a classifier: from what was predicted of photos that it had not learned from.

Every photo is judged once, by a head that learned from the other folds; near-copies are in one fold. The figures that
pages and commands share are made here, once: while training, they are kept with the run, and `understand` makes its own
from the same predictions by the functions of this file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from trivium.core.intervals import wilson
from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.classification.split import Ints

if TYPE_CHECKING:
    pass

BINS = 10
HOW = "Each photo judged by a head that learned from the other folds; near-copies in one fold."


def report_of(classes: Sequence[str], labels: Ints, probabilities: Floats, folds: Ints | None = None) -> dict[str, Any]:
    """{"accuracy", "interval", "n", "per_class", "folds", "confusion", ...} of predictions (N, K)."""
    predicted = probabilities.argmax(1)
    right = predicted == labels
    count = len(labels)
    confusion = confusion_of(labels, predicted, len(classes))
    per_class = {name: class_row(confusion, k) for k, name in enumerate(classes)}
    seen = [row for row in per_class.values() if row["n"]]
    most = int(np.bincount(labels, minlength=len(classes)).max())
    return {
        "task": "classification", "accuracy": ratio(int(right.sum()), count),
        "interval": list(wilson(int(right.sum()), count)), "n": count,
        "macro_recall": round(float(np.mean([row["recall"] for row in seen])), 6),
        "macro_f1": round(float(np.mean([row["f1"] for row in seen])), 6),
        "baseline": {"name": "always the most frequent class", "accuracy": ratio(most, count)},
        "per_class": per_class, "classes": list(classes), "confusion": confusion.tolist(),
        "folds": [] if folds is None else [fold_row(fold, right[folds == fold]) for fold in np.unique(folds).tolist()],
        "calibration_error": calibration_error(probabilities.max(1), right),
        "calibration": calibration(probabilities.max(1), right),
    }


def confusion_of(labels: Ints, predicted: Ints, classes: int) -> Ints:
    """(K, K): how many photos of each class were called what."""
    found = np.zeros((classes, classes), np.int64)
    np.add.at(found, (labels, predicted), 1)
    return found


def class_row(confusion: Any, k: int) -> dict[str, Any]:
    """One class: how many of it were found, and how many called so were it."""
    hits, there, called = int(confusion[k, k]), int(confusion[k].sum()), int(confusion[:, k].sum())
    return {"n": there, "recall": ratio(hits, there), "interval": list(wilson(hits, there)),
            "precision": ratio(hits, called), "f1": ratio(2 * hits, there + called)}


def fold_row(fold: int, right: Any) -> dict[str, Any]:
    return {"fold": fold + 1, "n": len(right), "accuracy": ratio(int(right.sum()), len(right))}


def ratio(part: int, whole: int) -> float:
    return round(part / whole, 6) if whole else 0.0


def calibration_error(confidence: Any, right: Any) -> float:
    """Expected calibration error in ten bins (Naeini et al., 2015): how far "90 % sure" is from right in 90 of 100."""
    bins = bins_of(confidence)
    gaps = [abs(right[bins == b].mean() - confidence[bins == b].mean()) * (bins == b).sum() for b in np.unique(bins)]
    return round(float(sum(gaps) / len(right)), 6) if len(right) else 0.0


def calibration(confidence: Any, right: Any) -> list[dict[str, Any]]:
    """Bin by bin how sure the model was and how often it was right, with the interval of that."""
    bins = bins_of(confidence)
    return [{"confidence": round(float(confidence[bins == b].mean()), 6), "n": int((bins == b).sum()),
             "accuracy": ratio(int(right[bins == b].sum()), int((bins == b).sum())),
             "interval": list(wilson(int(right[bins == b].sum()), int((bins == b).sum())))} for b in np.unique(bins)]


def bins_of(confidence: Any) -> Any:
    return np.minimum((confidence * BINS).astype(int), BINS - 1)


