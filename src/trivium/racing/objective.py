"""PPO's loss of one step and its slopes, compiled: what `PPO.loss` says in PyTorch, with the derivatives by hand.

For the `light` network, whose gradient is compiled too (gradient.py). The tests compare every slope with PyTorch's.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from numba import njit

from trivium.racing.models import LOG_STD_MAX, LOG_STD_MIN

HALF_LOG_2_PI = 0.5 * math.log(2.0 * math.pi)
STATS = 5  # policy loss, value loss, entropy, approximate KL, share of clipped ratios


class Objective(NamedTuple):
    """What is to be made small: the mean of policy loss + value loss - beta_entropy * entropy."""

    clip_coef: float
    beta_entropy: float
    is_huber: bool
    share: float  # of one step in the mean


@njit(cache=True, nogil=True)
def surrogate(logratio: float, advantage: float, objective: Objective, stats: Any) -> float:
    """The clipped surrogate's slope with respect to the action's log-probability; notes its part in the stats."""
    ratio, clip_coef, share = math.exp(logratio), objective.clip_coef, objective.share
    clipped = min(max(ratio, 1.0 - clip_coef), 1.0 + clip_coef)
    free, bounded = advantage * ratio, advantage * clipped
    is_held = bounded < free  # the smaller one counts, and a clipped ratio moves nothing
    stats[0] -= share * (bounded if is_held else free)
    stats[3] += share * ((ratio - 1.0) - logratio)  # http://joschu.net/blog/kl-approx.html
    stats[4] += share * (abs(ratio - 1.0) > clip_coef)
    return 0.0 if is_held else -share * free  # the derivative of a ratio by its logarithm is the ratio itself


@njit(cache=True, nogil=True)
def value_slope(value: float, target: float, objective: Objective, stats: Any) -> float:
    """The value loss's slope with respect to the value; notes its part in the stats."""
    error, share = value - target, objective.share
    if not objective.is_huber:
        stats[1] += share * error * error
        return 2.0 * share * error
    size = abs(error)
    stats[1] += share * (0.5 * error * error if size < 1.0 else size - 0.5)
    return share * (error if size < 1.0 else math.copysign(1.0, error))


@njit(cache=True, nogil=True)
def choice_slopes(logits: Any, action: int, old_logprob: float, advantage: float, objective: Objective, slopes: Any,
                  stats: Any) -> None:
    """One of A actions by their logits, (A,): slopes with respect to those -> slopes, (A,)."""
    top, total, entropy = float(logits[0]), 0.0, 0.0
    for a in range(len(logits)):
        top = max(top, float(logits[a]))
    for a in range(len(logits)):
        total += math.exp(logits[a] - top)
    log_total = top + math.log(total)
    for a in range(len(logits)):
        logprob = logits[a] - log_total
        entropy -= math.exp(logprob) * logprob
    slope = surrogate(logits[action] - log_total - old_logprob, advantage, objective, stats)
    keen = objective.share * objective.beta_entropy
    for a in range(len(logits)):
        logprob = logits[a] - log_total
        p = math.exp(logprob)
        slopes[a] = slope * ((a == action) - p) + keen * p * (logprob + entropy)
    stats[2] += objective.share * entropy


@njit(cache=True, nogil=True)
def move_slopes(means: Any, log_std: Any, action: Any, old_logprob: float, advantage: float, objective: Objective,
                slopes: Any, log_std_slopes: Any, stats: Any) -> None:
    """Normal numbers around means, (2,): slopes with respect to those -> slopes, (2,); log_std's are added up."""
    logprob = 0.0
    for k in range(2):
        log_sigma = min(max(float(log_std[k]), LOG_STD_MIN), LOG_STD_MAX)
        z = (action[k] - means[k]) / math.exp(log_sigma)
        logprob -= 0.5 * z * z + log_sigma + HALF_LOG_2_PI
        stats[2] += objective.share * (0.5 + HALF_LOG_2_PI + log_sigma)
    slope = surrogate(logprob - old_logprob, advantage, objective, stats)
    for k in range(2):
        log_sigma = min(max(float(log_std[k]), LOG_STD_MIN), LOG_STD_MAX)
        z = (action[k] - means[k]) / math.exp(log_sigma)
        slopes[k] = slope * z / math.exp(log_sigma)
        if log_sigma == log_std[k]:  # a clamped one moves nothing
            log_std_slopes[k] += slope * (z * z - 1.0) - objective.share * objective.beta_entropy
