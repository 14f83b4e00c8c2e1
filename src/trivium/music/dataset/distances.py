"""How far generated pieces are from held-out ones: each metric's distribution, with an interval and beside a floor.

The distance is the 1-D Wasserstein distance: how far, in the metric's own unit, one distribution must be moved to be
the other. The interval is a bootstrap over pieces. The floor is the same distance from training pieces to held-out
ones, drawn in the same number as the generated ones, so that both suffer alike from small numbers: real music of the
same kind is this far apart, and no model need come closer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trivium.errors import BadConfig

Floats = NDArray[np.float64]
Metric = Callable[[Any], float | None]  # of a piece; None or NaN where it is not defined
FEWEST = 2


def wasserstein(a: Floats, b: Floats) -> float:
    """The area between the two distribution functions (Vallender 1974)."""
    places = np.sort(np.concatenate([a, b]))
    below_a = np.searchsorted(np.sort(a), places[:-1], side="right") / len(a)
    below_b = np.searchsorted(np.sort(b), places[:-1], side="right") / len(b)
    return float(np.sum(np.abs(below_a - below_b) * np.diff(places)))


def distances(generated: Sequence[Any], held_out: Sequence[Any], train: Sequence[Any], metrics: Mapping[str, Metric],
              seed: int = 1, resamples: int = 500) -> list[dict[str, Any]]:
    """One row a metric: distance, its 95 % interval, floor and the floor's interval, and the means and counts.

    The pieces are whatever the metrics take. A metric that is not defined on enough pieces has None for its distance.
    """
    if min(len(generated), len(held_out), len(train)) < FEWEST:
        raise BadConfig(f"A comparison needs at least {FEWEST} generated, held-out and training pieces.",
                        "Generate more, or prepare a larger training set.")
    return [row(name, [values(each, metric) for each in (generated, held_out, train)], np.random.default_rng(seed),
                resamples) for name, metric in metrics.items()]


def values(pieces: Sequence[Any], metric: Metric) -> Floats:
    """The metric of each piece on which it is defined."""
    found = np.array([np.nan if (value := metric(piece)) is None else value for piece in pieces], dtype=np.float64)
    return found[np.isfinite(found)]


def row(name: str, of: list[Floats], rng: np.random.Generator, resamples: int) -> dict[str, Any]:
    """Distance and floor of one metric."""
    generated, held_out, train = of
    found: dict[str, Any] = {
        "metric": name, "distance": None, "interval": None, "floor": None, "floor_interval": None,
        "generated_mean": mean(generated), "held_out_mean": mean(held_out), "train_mean": mean(train),
        "generated_n": len(generated), "held_out_n": len(held_out), "train_n": len(train)}
    if min(len(generated), len(held_out), len(train)) < FEWEST:
        return found
    draws = [wasserstein(rng.choice(generated, len(generated)), rng.choice(held_out, len(held_out)))
             for _ in range(resamples)]
    floors = [wasserstein(rng.choice(train, len(generated)), rng.choice(held_out, len(held_out)))
              for _ in range(resamples)]
    found.update(distance=wasserstein(generated, held_out), interval=interval(draws),
                 floor=wasserstein(train, held_out), floor_interval=interval(floors))
    return found


def interval(draws: list[float]) -> list[float]:
    """The middle 95 % of the resamples."""
    return [float(each) for each in np.quantile(draws, (0.025, 0.975))]


def mean(found: Floats) -> float | None:
    """None of nothing."""
    return float(found.mean()) if len(found) else None
