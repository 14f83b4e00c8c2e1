"""The worst mistakes: photos of which the model was surest and wrong, which is where wrong labels are found as well."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trivium.vision.classification.predictions import predictions_of
from trivium.vision.classification.results import chosen

COUNT = 50


def mistakes(run: Path | str, count: int = COUNT, label: str | None = None,
             predicted: str | None = None) -> dict[str, Any]:
    """{"mistakes": [{"sha256", "name", "label", "predicted", "confidence", "truth", "fold"}], "wrong", "n"}.

    Of one class with `label`, taken for one class with `predicted`: a cell of the confusion matrix. With both the same,
    the photos that were right, the least sure first.
    """
    found = predictions_of(run)
    rows = chosen(found.rows(), label, predicted, wrong=label is None or label != predicted)
    return {"run": str(found.folder), "n": len(found.labels), "wrong": int((found.labels != found.predicted).sum()),
            "found": len(rows), "mistakes": rows[:count]}
