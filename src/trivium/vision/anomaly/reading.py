"""What an anomaly model's training said of its photos: figures, and how odd each is, and where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trivium.core import files
from trivium.vision.anomaly.data import JUDGED
from trivium.vision.finished import REPORT, training
from trivium.vision.project import ANOMALY
from trivium.vision.tasks import GOOD

MOST = 500  # photos


def oddities(run: Path | str, limit: int = 60) -> dict[str, Any]:
    """The report, with the oddest photos first: {"auroc", "threshold", "photos": [{"name", "oddness", "map", ...}]}.

    Oddness and map are in multiples of the threshold: above 1 is odd.
    """
    folder, _ = training(run, ANOMALY)
    report = files.read_json(folder / files.OUT / REPORT)
    threshold = max(float(report["threshold"]), 1e-9)
    rows = files.read_json(folder / files.OUT / JUDGED)[:min(limit, MOST)]
    photos = [{**row, "oddness": round(row["oddness"] / threshold, 4),
               "map": [[round(value / threshold, 3) for value in line] for line in row["map"]],
               "good": row["label"] == report.get("good_class", GOOD)} for row in rows]
    return {**report, "run": str(folder), "photos": photos}
