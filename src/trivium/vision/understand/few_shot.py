"""Would more photos help? The head taught again with 5, 10, 20, 50, 100 photos a class, several draws of each.

Each draw's head is judged on all photos that are neither in the draw nor near-copies of one in it. The figure for all
photos is the training's own, from its folds. How much twice as many photos would bring is read off the last two points:
a guess, and said to be one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from trivium.errors import BadConfig
from trivium.vision.classification.config import HeadConfig, TrainConfig
from trivium.vision.classification.data import Photos
from trivium.vision.classification.head import fit_head
from trivium.vision.classification.predictions import predictions_of
from trivium.vision.classification.split import Ints
from trivium.vision.finished import training
from trivium.vision.understand.seen import photos_of_run_folder

COUNTS, DRAWS = (5, 10, 20, 50, 100), 5
ENOUGH = 0.01  # a gain by twice as many photos below which more are hardly worth the work

Say = Callable[[str], None]


def few_shot(run: Path | str, counts: Sequence[int] = COUNTS, draws: int = DRAWS, seed: int = 1,
             say: Say = lambda _text: None) -> dict[str, Any]:
    """{"points": [{"per_class", "accuracy", "deviation", "interval", "draws", "n"}], "all", "doubling", "verdict"}."""
    folder, spec = training(run)
    config, photos = TrainConfig.model_validate(spec.config), photos_of_run_folder(folder)
    seen = predictions_of(folder)
    smallest = int(np.bincount(photos.labels).min())
    asked = [count for count in sorted(set(counts)) if 1 <= count < smallest]
    if not asked or draws < 2:
        raise BadConfig(f"The rarest class has {smallest} photos, so that none would be left to judge on.",
                        "Ask for fewer photos a class, and at least 2 draws.")
    points = []
    for count in asked:
        say(f"{count} photos a class, {draws} draws ...")
        found = [one_draw(photos, config.head, count, [seed, count, k]) for k in range(draws)]
        points.append(point(count, found))
    everything = {"photos": len(photos.labels), "accuracy": seen.report["accuracy"],
                  "interval": seen.report["interval"], "how": seen.report["how"]}
    return {"run": str(folder), "seed": seed, "points": points, "all": everything,
            "baseline": {"name": "by lot", "accuracy": round(1.0 / len(photos.classes), 6)},
            "left_out": [count for count in sorted(set(counts)) if count not in asked],
            "how": "A head on the pretrained features, judged on the photos that were not drawn.", **outlook(points)}


def one_draw(photos: Photos, config: HeadConfig, count: int, seed: list[int]) -> tuple[float, int]:
    """The share right of a head taught with `count` photos of each class, and of how many photos that is."""
    chosen = drawn(photos.labels, count, np.random.default_rng(seed))
    held_out = ~np.isin(photos.groups, photos.groups[chosen])
    head = fit_head(photos.features[chosen], photos.labels[chosen], len(photos.classes), config.l2,
                    config.class_weights)
    right = head.logits(photos.features[held_out]).argmax(1) == photos.labels[held_out]
    return float(right.mean()), int(held_out.sum())


def drawn(labels: Ints, count: int, rng: np.random.Generator) -> Ints:
    """Numbers of `count` photos of each class."""
    return np.concatenate([rng.choice(np.flatnonzero(labels == k), count, replace=False)
                           for k in range(int(labels.max()) + 1)])


def point(count: int, found: list[tuple[float, int]]) -> dict[str, Any]:
    """Mean of the draws with its 95 % interval (Student's t)."""
    from scipy.stats import t

    rates = np.array([rate for rate, _ in found])
    mean, deviation = float(rates.mean()), float(rates.std(ddof=1))
    half = float(t.ppf(0.975, len(rates) - 1)) * deviation / math.sqrt(len(rates))
    return {"per_class": count, "accuracy": round(mean, 6), "deviation": round(deviation, 6), "draws": len(rates),
            "interval": [round(max(0.0, mean - half), 6), round(min(1.0, mean + half), 6)],
            "n": round(float(np.mean([n for _, n in found])))}


def outlook(points: list[dict[str, Any]]) -> dict[str, Any]:
    """What twice as many photos would bring, if mistakes go on falling by the same share with each doubling."""
    if len(points) < 2:
        return {"doubling": None, "verdict": "Too few photos to tell; more will help."}
    before, last = points[-2], points[-1]
    errors = (max(1.0 - before["accuracy"], 1e-6), max(1.0 - last["accuracy"], 1e-6))
    slope = math.log(errors[1] / errors[0]) / math.log(last["per_class"] / before["per_class"])
    gain = round(errors[1] * (1.0 - 2.0 ** slope), 6)
    words = ("Twice as many photos would hardly help: look at the mistakes, or let more of the network learn." if
             gain < ENOUGH else f"Twice as many photos would bring about {gain:.1%} more right answers, by a guess.")
    return {"doubling": gain, "verdict": words}
