"""Per-class scores with intervals, and precision-recall curves.

For each class: of the photos called so, how many were it (precision); of the photos of it, how many were called so
(recall). The curve goes through every threshold on the class's probability; its area is the average precision (the step
sum, as in Davis and Goadrich, 2006, no interpolation).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from trivium.core.intervals import wilson
from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.classification.predictions import predictions_of
from trivium.vision.classification.scores import class_row, confusion_of, ratio

CURVE_POINTS = 100  # of a curve that are handed out; the average precision is of all


def scores(run: Path | str) -> dict[str, Any]:
    """{"classes": [{"label", "n", "precision", "recall", ..., "curve"}], "mean_average_precision", "accuracy"}."""
    seen = predictions_of(run)
    confusion = confusion_of(seen.labels, seen.predicted, len(seen.classes))
    rows = []
    for k, label in enumerate(seen.classes):
        row, hits, called = class_row(confusion, k), int(confusion[k, k]), int(confusion[:, k].sum())
        recall, precision, thresholds = precision_recall(seen.labels == k, seen.probabilities[:, k])
        rows.append({
            "label": label, "n": row["n"], "called": called, "right": hits,
            "precision": row["precision"], "precision_interval": list(wilson(hits, called)),
            "recall": row["recall"], "recall_interval": row["interval"],
            "average_precision": round(average_precision(recall, precision), 6),
            "baseline": ratio(row["n"], len(seen.labels)),  # the precision of calling everything so
            "curve": thinned(recall, precision, thresholds)})
    return {"run": str(seen.folder), "classes": rows, "n": len(seen.labels), "how": seen.report["how"],
            "accuracy": seen.report["accuracy"], "interval": seen.report["interval"],
            "mean_average_precision": round(float(np.mean([row["average_precision"] for row in rows])), 6)}


def precision_recall(is_it: Any, score: Floats) -> tuple[Any, Any, Any]:
    """Recall, precision and threshold, one each for every different score, the highest first."""
    order = np.argsort(-score, kind="stable")
    ranked, hits = score[order], np.cumsum(is_it[order])
    last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)  # of photos with one score
    return hits[last] / max(int(is_it.sum()), 1), hits[last] / (last + 1), ranked[last]


def average_precision(recall: Any, precision: Any) -> float:
    """The area under the steps."""
    return float((np.diff(recall, prepend=0.0) * precision).sum())


def thinned(recall: Any, precision: Any, thresholds: Any) -> list[dict[str, float]]:
    """Points for a chart, evenly along the recall."""
    wanted = np.linspace(0.0, recall[-1], CURVE_POINTS)
    chosen = np.unique(np.append(np.searchsorted(recall, wanted), len(recall) - 1))
    return [{"recall": round(float(recall[k]), 5), "precision": round(float(precision[k]), 5),
             "threshold": round(float(thresholds[k]), 5)} for k in chosen.tolist()]
