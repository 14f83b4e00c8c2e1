"""One gradient step of PPO on a mini-batch, compiled, for the `light` network on a CPU.

The mini-batch is learned from in two parts, each on a core of its own, and their gradients are added up in a fixed
order, as in `ppo.py`: the same bits on any number of cores.
"""

from __future__ import annotations

import math
from concurrent.futures import Executor
from typing import Any, NamedTuple

import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray

from trivium.racing import gradient as light
from trivium.racing.adam import BETA1, BETA2, Adam
from trivium.racing.config import TrainConfig
from trivium.racing.inference import HIDDEN, Floats
from trivium.racing.models import ActorCritic
from trivium.racing.objective import STATS, Objective, choice_slopes, move_slopes, value_slope

ORDER = ("policy_trunk.0.weight", "policy_trunk.0.bias", "policy_trunk.2.weight", "policy_trunk.2.bias",
         "policy_trunk.5.weight", "policy_trunk.5.bias", "policy_head.weight", "value_head.weight",
         "policy_head.bias", "value_head.bias", "log_std")  # of the weights in their vector (gradient.py)
SPARE = light.TILE * (HIDDEN + 1)  # room behind the last weight, as the heads' slopes come in whole tiles


class Lessons(NamedTuple):
    """What an iteration learns from. N steps."""

    pictures: NDArray[np.uint8]  # (N, rows * columns)
    actions: NDArray[Any]  # (N,) int64 or (N, 2) float32
    logprobs: Floats  # (N,)
    advantages: Floats  # (N,)
    targets: Floats  # (N,)


@njit(cache=True, nogil=True)
def judge_choices(lessons: Lessons, steps: Any, outputs: Any, objective: Objective, slopes: Any, stats: Any) -> None:
    """The loss's slopes with respect to the outputs of the listed steps, (n, A + 1) -> slopes, (n, A + 1)."""
    for b in range(len(steps)):
        step = steps[b]
        choice_slopes(outputs[b, :-1], lessons.actions[step], float(lessons.logprobs[step]),
                      float(lessons.advantages[step]), objective, slopes[b], stats)
        slopes[b, -1] = value_slope(outputs[b, -1], lessons.targets[step], objective, stats)


@njit(cache=True, nogil=True)
def judge_moves(lessons: Lessons, steps: Any, outputs: Any, log_std: Any, objective: Objective, slopes: Any,
                log_std_slopes: Any, stats: Any) -> None:
    """The same for continuous actions; adds up log_std's slopes, (2,)."""
    for b in range(len(steps)):
        step = steps[b]
        move_slopes(outputs[b], log_std, lessons.actions[step], float(lessons.logprobs[step]),
                    float(lessons.advantages[step]), objective, slopes[b], log_std_slopes, stats)
        slopes[b, -1] = value_slope(outputs[b, -1], lessons.targets[step], objective, stats)


@njit(cache=True, nogil=True, error_model="numpy")
def follow(weights: Any, one: Any, other: Any, first: Any, second: Any, rate: float, root: float, eps: float) -> None:
    """`Adam.step` (adam.py) for all weights in one vector, (P,), down the sum of two gradients, (P,)."""
    keep, add1, add2 = np.float32(BETA2), np.float32(1.0 - BETA1), np.float32(1.0 - BETA2)
    for p in range(weights.shape[0]):
        slope = one[p] + other[p]
        first[p] += add1 * (slope - first[p])
        second[p] = keep * second[p] + add2 * slope * slope
        weights[p] -= np.float32(rate) * first[p] / (np.sqrt(second[p]) * np.float32(root) + np.float32(eps))


def lay_out(tensors: list[torch.Tensor]) -> Floats:
    """Move tensors into one vector, each as it lay in memory, and give the vector; they stay what they were."""
    flat, at = torch.empty(sum(tensor.numel() for tensor in tensors)), 0
    for tensor in tensors:
        tensor.data = flat.as_strided(tensor.shape, tensor.stride(), at).copy_(tensor.detach())
        at += tensor.numel()
    return flat.numpy()


class Part:
    """Half of a mini-batch: its gradient, its stats, and room to work in."""

    def __init__(self, n_weights: int, outputs: int) -> None:
        width = light.padded(outputs)
        self.outputs, self.width = outputs, width
        self.work = np.zeros(light.OUTPUTS + 2 * light.BLOCK * width, np.float32)
        self.gradient, self.stats = np.zeros(n_weights + SPARE, np.float32), np.zeros(STATS)
        results, slopes = self.work[light.OUTPUTS :].reshape(2, light.BLOCK, width)
        self.results, self.slopes = results[:, :outputs], slopes[:, :outputs]  # (BLOCK, A + 1)

    def learn(self, lessons: Lessons, steps: NDArray[np.int64], weights: Floats, turned: Floats,
              objective: Objective) -> None:
        """The part of the listed steps in the loss's gradient and in the stats."""
        gradient, work, is_discrete = self.gradient, self.work, lessons.actions.ndim == 1
        gradient[:], self.stats[:], work[light.SUMS1 : light.NOTHING] = 0.0, 0.0, 0.0
        log_std = slice(len(weights) - 2, len(weights))
        for begin in range(0, len(steps), light.BLOCK):
            some = steps[begin : begin + light.BLOCK]
            light.forward(lessons.pictures, some, weights, turned, self.width, work)
            if is_discrete:
                judge_choices(lessons, some, self.results, objective, self.slopes, self.stats)
            else:
                judge_moves(lessons, some, self.results, weights[log_std], objective, self.slopes, gradient[log_std],
                            self.stats)
            light.backward(lessons.pictures, some, weights, self.outputs, self.width, work, gradient)
        light.end_sums(work, gradient)


class LightUpdate:
    """The `light` network's weights and Adam's moments, moved into vectors; they stay the network's and Adam's own."""

    def __init__(self, network: ActorCritic, adam: Adam, config: TrainConfig, helper: Executor | None = None) -> None:
        """helper: another thread for the second part; without one both are done here."""
        self.adam, self.config, self.helper = adam, config, helper
        places = {name: i for i, (name, _) in enumerate(network.named_parameters())}
        order = [places[name] for name in ORDER if name in places]
        self.weights, self.first, self.second = (
            lay_out([tensors[i] for i in order]) for tensors in (adam.parameters, adam.first, adam.second))
        outputs = len(network.policy_head.weight) + 1
        width = light.padded(outputs)
        self.turned = np.zeros(light.TURNED_HEADS + (HIDDEN + 1) * width, np.float32)
        self.outputs, self.width = outputs, width
        self.parts = Part(len(self.weights), outputs), Part(len(self.weights), outputs)

    def find_gradient(self, lessons: Lessons, steps: NDArray[np.int64]) -> NDArray[np.float64]:
        """Of the mean loss over the listed steps, (M,): left in the parts. Returns the five numbers of `PPO.loss`."""
        c, (one, other), half = self.config, self.parts, (len(steps) + 1) // 2
        objective = Objective(c.clip_coef, c.beta_entropy, c.loss_type == "huber", 1.0 / len(steps))
        light.turn(self.weights, self.outputs, self.width, self.turned)
        rest = lessons, steps[half:], self.weights, self.turned, objective
        begun = self.helper.submit(other.learn, *rest) if self.helper else None
        one.learn(lessons, steps[:half], self.weights, self.turned, objective)
        if begun is None:
            other.learn(*rest)
        else:
            begun.result()
        return one.stats + other.stats

    def learn(self, lessons: Lessons, steps: NDArray[np.int64]) -> torch.Tensor:
        """One gradient step on the listed steps, (M,); the five numbers of `PPO.loss`."""
        stats, adam = self.find_gradient(lessons, steps), self.adam
        adam.steps += 1
        follow(self.weights, self.parts[0].gradient, self.parts[1].gradient, self.first, self.second,
               adam.lr / (1.0 - BETA1**adam.steps), 1.0 / math.sqrt(1.0 - BETA2**adam.steps), adam.eps)
        return torch.from_numpy(stats)
