"""Ranking from pairwise votes: the model of Bradley and Terry (Biometrika 1952), fitted by Newton's method.

Each entry has a strength s; the chance that i is preferred to j is 1 / (1 + exp(s_j - s_i)). An entry that has won
every vote would have an endless strength, so each also meets an imagined middling entry (strength 0) and wins and loses
half a vote against it. That keeps all strengths finite, ties together entries that were never compared, and fades as
votes come in. Intervals are those of a normal distribution around the strengths, from the curvature of the likelihood;
they take votes for independent of each other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Z95 = 1.959963984540054  # two-sided 95 % of a normal distribution
IMAGINED = 0.5  # votes won, and as many lost, against the imagined middling entry
ENOUGH = 1e-13  # log likelihood still to be gained; rounding hides less
ROUNDS, SMALLEST = 100, 1e-6


@dataclass(frozen=True)
class Ranking:
    """Strengths (n,) and their covariance (n, n)."""

    strengths: Floats
    covariance: Floats

    def chance(self, index: int) -> float:
        """The chance that an entry is preferred to the middling one, 0 to 1."""
        return sigmoid(float(self.strengths[index]))

    def interval(self, index: int) -> tuple[float, float]:
        """95 % interval of that chance."""
        half = Z95 * math.sqrt(float(self.covariance[index, index]))
        return sigmoid(float(self.strengths[index]) - half), sigmoid(float(self.strengths[index]) + half)

    def is_ahead(self, first: int, second: int) -> bool:
        """Whether the votes tell the two apart, at 95 %."""
        spread = self.covariance[first, first] + self.covariance[second, second] - 2 * self.covariance[first, second]
        return bool(self.strengths[first] - self.strengths[second] > Z95 * math.sqrt(max(float(spread), 0.0)))


def fit(wins: ArrayLike, imagined: float = IMAGINED) -> Ranking:
    """The ranking from `wins` (n, n): how often the entry of the row was preferred to that of the column."""
    won = np.asarray(wins, dtype=np.float64)
    met = won + won.T  # (n, n) votes on each pair
    strengths = np.zeros(len(won))
    for _ in range(ROUNDS):
        slope, curve = derivatives(strengths, won, met, imagined)
        step = np.linalg.solve(curve, slope)
        gain = float(slope @ step) / 2  # what a whole step promises
        if gain < ENOUGH:
            break
        before, size = likelihood(strengths, won, imagined), 1.0
        # Newton's step may go too far where the likelihood is flat
        while size > SMALLEST and likelihood(strengths + size * step, won, imagined) < before:
            size /= 2
        strengths = strengths + size * step
    _, curve = derivatives(strengths, won, met, imagined)
    return Ranking(strengths, np.asarray(np.linalg.inv(curve), dtype=np.float64))


def likelihood(strengths: Floats, won: Floats, imagined: float) -> float:
    """Log of the chance of these votes, the imagined ones included."""
    apart = strengths[:, None] - strengths[None, :]  # (n, n)
    halves = np.logaddexp(0, -strengths) + np.logaddexp(0, strengths)
    return float(-(won * np.logaddexp(0, -apart)).sum() - imagined * halves.sum())


def derivatives(strengths: Floats, won: Floats, met: Floats, imagined: float) -> tuple[Floats, Floats]:
    """The likelihood's slope (n,) and how it bends down (n, n)."""
    chance = 1 / (1 + np.exp(strengths[None, :] - strengths[:, None]))  # (n, n) row preferred to column
    alone = 1 / (1 + np.exp(-strengths))
    slope = (won - met * chance).sum(axis=1) + imagined * (1 - 2 * alone)
    bend = met * chance * (1 - chance)
    np.fill_diagonal(bend, 0.0)
    curve = np.diag(bend.sum(axis=1) + 2 * imagined * alone * (1 - alone)) - bend
    return slope, curve


def sigmoid(value: float) -> float:
    """1 / (1 + exp(-value)), without overflow."""
    return 1 / (1 + math.exp(-value)) if value >= 0 else math.exp(value) / (1 + math.exp(value))
