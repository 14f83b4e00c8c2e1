"""Ranking from votes: against closed forms, and against scipy's own search for the optimum and its bend there."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import minimize

from trivium.music.challenges.bradley_terry import IMAGINED, fit


def by_search(wins: np.ndarray, imagined: float) -> tuple[np.ndarray, np.ndarray]:
    """Strengths by a search without slopes, and the covariance from second differences."""
    def cost(s: np.ndarray) -> float:
        total = 0.0
        for i in range(len(s)):
            total += imagined * (math.log1p(math.exp(-s[i])) + math.log1p(math.exp(s[i])))
            for j in range(len(s)):
                total += wins[i, j] * math.log1p(math.exp(s[j] - s[i]))
        return total

    best = minimize(cost, np.zeros(len(wins)), method="Nelder-Mead",
                    options={"xatol": 1e-10, "fatol": 1e-13, "maxiter": 20_000, "maxfev": 20_000}).x
    n, h = len(best), 1e-4
    bend = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            di, dj = np.eye(n)[i] * h, np.eye(n)[j] * h
            bend[i, j] = (cost(best + di + dj) - cost(best + di - dj) - cost(best - di + dj) + cost(best - di - dj)) \
                / (4 * h * h)
    return best, np.linalg.inv(bend)


def test_two_entries_have_the_odds_of_their_votes() -> None:
    found = fit([[0, 30], [10, 0]], imagined=1e-9)
    assert found.strengths[0] - found.strengths[1] == pytest.approx(math.log(3), abs=1e-6)
    # variance of a log odds ratio: 1 / 30 + 1 / 10 (Woolf 1955)
    spread = found.covariance[0, 0] + found.covariance[1, 1] - 2 * found.covariance[0, 1]
    assert spread == pytest.approx(1 / 30 + 1 / 10, rel=1e-4)


@pytest.mark.parametrize("wins", [
    [[0, 3, 1], [1, 0, 4], [2, 0, 0]],
    [[0, 5, 0, 0], [0, 0, 5, 0], [0, 0, 0, 5], [0, 0, 0, 0]],  # one above the other, no upset
    [[0, 2, 0, 0], [1, 0, 0, 0], [0, 0, 0, 3], [0, 0, 1, 0]],  # two pairs that never met
])
def test_it_finds_what_a_search_finds(wins: list[list[int]]) -> None:
    strengths, covariance = by_search(np.array(wins, dtype=float), IMAGINED)
    found = fit(wins)
    assert found.strengths == pytest.approx(strengths, abs=1e-4)
    assert found.covariance == pytest.approx(covariance, rel=1e-3, abs=1e-3)
    low, high = found.interval(0)
    assert low < found.chance(0) < high
    assert math.log(high / (1 - high)) - math.log(low / (1 - low)) == \
        pytest.approx(2 * 1.959964 * math.sqrt(covariance[0, 0]), rel=1e-3)


def test_without_votes_nobody_is_ahead() -> None:
    found = fit(np.zeros((3, 3)))
    assert found.strengths.tolist() == [0, 0, 0] and found.chance(1) == 0.5
    low, high = found.interval(1)
    assert low < 0.05 and high > 0.95 and not found.is_ahead(0, 1)


def test_one_that_always_wins_has_a_finite_strength_and_ever_surer() -> None:
    few, many = fit([[0, 2], [0, 0]]), fit([[0, 60], [0, 0]])
    assert 0.5 < few.chance(0) < many.chance(0) < 1
    assert not few.is_ahead(0, 1) and many.is_ahead(0, 1) and not many.is_ahead(1, 0)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    truth = np.array([1.0, 0.3, -0.2, -1.1])
    held = []
    for _ in range(300):
        wins = np.zeros((4, 4))
        for i in range(4):
            for j in range(i + 1, 4):
                wins[i, j] = rng.binomial(20, 1 / (1 + math.exp(truth[j] - truth[i])))
                wins[j, i] = 20 - wins[i, j]
        found = fit(wins)
        spread = found.covariance[0, 0] + found.covariance[3, 3] - 2 * found.covariance[0, 3]
        held.append(abs(found.strengths[0] - found.strengths[3] - (truth[0] - truth[3])) < 1.96 * math.sqrt(spread))
    assert 0.91 < np.mean(held) < 0.985


def test_hundreds_of_entries_and_lopsided_votes() -> None:
    rng = np.random.default_rng(1)
    found = fit(rng.poisson(0.02, (200, 200)) * (1 - np.eye(200)))
    assert np.isfinite(found.strengths).all()
    assert np.isfinite(fit([[0, 10**6], [1, 0]]).strengths).all()
