"""Calibration: whether "90 % sure" is right in 90 of 100, before and after the temperature (Guo et al., 2017).

The negative log-likelihood (nll) is the mean of -log p, p what was given to a photo's own class.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from trivium.core.intervals import wilson
from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.classification.head import log_softmax
from trivium.vision.classification.predictions import LEAST, of, predictions_of
from trivium.vision.classification.scores import BINS, bins_of, calibration_error
from trivium.vision.classification.scores import calibration as marked
from trivium.vision.classification.split import Ints

EMPTY = {"confidence": None, "n": 0, "accuracy": None, "interval": list(wilson(0, 0))}


def calibration(run: Path | str) -> dict[str, Any]:
    """{"temperature", "calibrated": {"calibration_error", "nll", "brier", "bins"}, "uncalibrated": {...}}."""
    seen = predictions_of(run)
    temperature = float(seen.report["temperature"])
    # logits are known up to a number that softmax does not mind: T log p
    raw = np.log(np.maximum(seen.probabilities.astype(np.float64), LEAST)) * temperature
    return {"run": str(seen.folder), "temperature": temperature, "n": len(seen.labels), "how": seen.report["how"],
            "calibrated": reliability(seen.probabilities, seen.labels),
            "uncalibrated": reliability(np.exp(log_softmax(raw)).astype(np.float32), seen.labels)}


def reliability(probabilities: Floats, labels: Ints) -> dict[str, Any]:
    """Photos in ten bins by how sure the model was: how sure on average, and how often right."""
    confidence, right = probabilities.max(1), probabilities.argmax(1) == labels
    filled = dict(zip(np.unique(bins_of(confidence)).tolist(), marked(confidence, right), strict=True))
    truth = np.eye(probabilities.shape[1])[labels]
    return {"calibration_error": calibration_error(confidence, right),
            "bins": [{"low": b / BINS, "high": (b + 1) / BINS, **filled.get(b, EMPTY)} for b in range(BINS)],
            "nll": round(float(-np.log(np.maximum(of(probabilities, labels), LEAST)).mean()), 6),  # nats a photo
            "brier": round(float(((probabilities - truth) ** 2).sum(1).mean()), 6)}
