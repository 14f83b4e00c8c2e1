"""The numbers of an anomaly model: good photos that it had not seen beside odd ones that it never learns from."""

from __future__ import annotations

from typing import Any

import numpy as np

from trivium.core.intervals import wilson
from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.classification.rejection import auroc
from trivium.vision.classification.split import Ints

DRAWS = 1000  # of the bootstrap
BINS = 24  # of the histogram
HOW = ("Good photos judged by what the other folds look like, near-copies in one fold; odd photos by the finished "
       "model, which learned from none of them. The threshold was set by these same good photos.")


def threshold_of(good: Floats, false_alarms: float) -> float:
    """The oddness that so small a share of good photos exceeds, at most."""
    order = np.sort(good)
    over = int(np.floor(round(false_alarms * len(order), 9)))  # so many may lie above
    return float(order[len(order) - 1 - over])


def spread_of(good: Floats) -> float:
    """The unit of oddness beside the threshold: how much good photos differ."""
    return max(float(good.std()), 0.02 * float(np.median(good)), 1e-6)


def report_of(scores: Floats, odd: Ints, threshold: float, false_alarms: float, seed: int) -> dict[str, Any]:
    """{"auroc", "interval", "n", "good", "odd", "found", "alarms", "histogram", ...} of photos' oddness (N,)."""
    good, strange = scores[~odd], scores[odd]
    found, alarms = int((strange > threshold).sum()), int((good > threshold).sum())
    interval = None if not len(strange) else bootstrap(good, strange, seed)
    return {"task": "anomaly", "how": HOW, "n": len(scores), "good": len(good), "odd": len(strange),
            "auroc": None if not len(strange) else round(auroc(strange, good), 6), "interval": interval,
            "threshold": round(threshold, 6), "wanted_false_alarms": false_alarms,
            "alarms": alarms, "alarm_interval": list(wilson(alarms, len(good))),
            "found": found, "found_interval": list(wilson(found, len(strange))) if len(strange) else None,
            "histogram": histogram(good, strange)}


def bootstrap(good: Floats, strange: Floats, seed: int) -> list[float]:
    """A 95 % interval of the AUROC: both kinds of photo drawn anew."""
    rng = np.random.default_rng(seed)
    drawn = [auroc(rng.choice(strange, len(strange)), rng.choice(good, len(good))) for _ in range(DRAWS)]
    return [round(float(value), 6) for value in np.quantile(drawn, (0.025, 0.975))]


def histogram(good: Floats, strange: Floats) -> dict[str, list[float]]:
    """How many photos are how odd."""
    both = np.concatenate([good, strange])
    edges = np.linspace(float(both.min()), float(both.max()) + 1e-6, BINS + 1)
    return {"edges": [round(float(edge), 5) for edge in edges],
            "good": np.histogram(good, edges)[0].tolist(), "odd": np.histogram(strange, edges)[0].tolist()}
