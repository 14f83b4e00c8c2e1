"""Calibration: whether "90 % sure" is right in 90 of 100, before and after the temperature (Guo et al., 2017)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from trivium.core.intervals import wilson
from trivium.vision.backbone import Floats
from trivium.vision.evaluate import BINS, calibration_error
from trivium.vision.head import log_softmax
from trivium.vision.split import Ints
from trivium.vision.understand.seen import seen_by

SMALLEST = 1e-12


def calibration(run: Path | str) -> dict[str, Any]:
    """{"temperature", "calibrated": {"calibration_error", "surprise", "brier", "bins"}, "uncalibrated": {...}}."""
    seen = seen_by(run)
    temperature = float(seen.report["temperature"])
    # logits are known up to a number that softmax does not mind: T log p
    raw = np.log(np.maximum(seen.probabilities.astype(np.float64), SMALLEST)) * temperature
    return {"run": str(seen.folder), "temperature": temperature, "n": len(seen.labels), "how": seen.report["how"],
            "calibrated": reliability(seen.probabilities, seen.labels),
            "uncalibrated": reliability(np.exp(log_softmax(raw)).astype(np.float32), seen.labels)}


def reliability(probabilities: Floats, labels: Ints) -> dict[str, Any]:
    """Photos in ten bins by how sure the model was: how sure on average, and how often right."""
    confidence, right = probabilities.max(1), probabilities.argmax(1) == labels
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    bins = []
    for b in range(BINS):
        inside = place == b
        count, hits = int(inside.sum()), int(right[inside].sum())
        bins.append({"low": b / BINS, "high": (b + 1) / BINS, "n": count,
                     "confidence": round(float(confidence[inside].mean()), 6) if count else None,
                     "accuracy": round(hits / count, 6) if count else None, "interval": list(wilson(hits, count))})
    of_label = np.maximum(probabilities[np.arange(len(labels)), labels], SMALLEST)
    truth = np.eye(probabilities.shape[1])[labels]
    return {"calibration_error": calibration_error(confidence, right), "bins": bins,
            "surprise": round(float(-np.log(of_label).mean()), 6),  # nats a photo
            "brier": round(float(((probabilities - truth) ** 2).sum(1).mean()), 6)}
