"""The worst mistakes: photos of which the model was surest and wrong, which is where wrong labels are found as well."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trivium.vision.understand.seen import seen_by

COUNT = 50


def mistakes(run: Path | str, count: int = COUNT, label: str | None = None,
             predicted: str | None = None) -> dict[str, Any]:
    """{"mistakes": [{"sha256", "name", "label", "predicted", "confidence", "of_label", "fold"}], "wrong", "n"}.

    Of one class with `label`, taken for one class with `predicted`: a cell of the confusion matrix. With both the same,
    the photos that were right, the least sure first.
    """
    seen = seen_by(run)
    rows = []
    for row, of_label, sure in zip(seen.rows, seen.probabilities[range(len(seen.labels)), seen.labels].tolist(),
                                   seen.probabilities.max(1).tolist(), strict=True):
        inside = (label in (None, row["label"])) and (predicted in (None, row["predicted"]))
        wrong = row["label"] != row["predicted"]
        if inside and (wrong or (label is not None and label == predicted)):
            rows.append({name: row[name] for name in ("sha256", "name", "label", "predicted", "fold")}
                        | {"confidence": round(sure, 6), "of_label": round(of_label, 6)})
    rows.sort(key=lambda row: (row["of_label"] - row["confidence"], row["confidence"], row["sha256"]))
    wrong_count = sum(row["label"] != row["predicted"] for row in seen.rows)
    return {"run": str(seen.folder), "n": len(seen.rows), "wrong": wrong_count, "found": len(rows),
            "mistakes": rows[:count]}
