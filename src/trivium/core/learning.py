"""What the training loops of the studios share: the rate's course, the running average of the weights, and how networks
and optimisers go into a checkpoint and come back.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import numpy as np
import torch

SAVE_EVERY_S = 60.0  # between checkpoints that are not a new best; what is saved does not change what is learned
Arrays = dict[str, np.ndarray[Any, Any]]
T = TypeVar("T")


def rate(update: int, last: int, warm_up: float) -> float:
    """Share of the highest learning rate: up in a line, then down along a half cosine (arXiv 1608.03983)."""
    return min(1.0, (update + 1) / warm_up) * (0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * update / last)))


def in_rounds(update: int, batch: int, count: int, seed: int) -> Any:
    """Which of `count` examples an update learns from, (batch,): all of them once a round, in an order drawn anew."""
    places = np.arange(update * batch, (update + 1) * batch)
    orders = {int(k): np.random.default_rng([seed, 0, int(k)]).permutation(count) for k in np.unique(places // count)}
    return np.array([orders[int(place // count)][place % count] for place in places])


def newness(average: float, update: int) -> float:
    """How far the running average goes towards the network; early on it is short, whatever `average` keeps."""
    return 1.0 - min(average, (1 + update) / (10 + update))


@torch.no_grad()
def follow(average: Iterable[torch.Tensor], network: Iterable[torch.Tensor], share: float) -> None:
    """Move the running average of the weights towards the network (Polyak and Juditsky, 1992); counts are copied."""
    pairs = list(zip(average, network, strict=True))
    weights = [(held, new) for held, new in pairs if held.is_floating_point()]
    torch._foreach_lerp_([held for held, _ in weights], [new for _, new in weights], share)
    for held, new in pairs:
        if not held.is_floating_point():
            held.copy_(new)


def part(tensors: Mapping[str, T], prefix: str) -> dict[str, T]:
    """Those whose name begins so, without that beginning."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def whole(**parts: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """All tensors of the parts, with the part's name before theirs."""
    return {f"{name}.{key}": tensor for name, tensors in parts.items() for key, tensor in tensors.items()}


def adam_state(adam: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    """What an optimiser remembers of each weight, by its number."""
    return {f"{i}.{key}": tensor for i, weight in enumerate(_weights(adam))
            for key, tensor in adam.state[weight].items()}


def restore_adam(adam: torch.optim.Optimizer, tensors: Mapping[str, torch.Tensor]) -> None:
    """Take what `adam_state` returned."""
    states = [part(tensors, f"{i}.") for i in range(len(_weights(adam)))]
    adam.load_state_dict({**adam.state_dict(), "state": {i: state for i, state in enumerate(states) if state}})


def _weights(adam: torch.optim.Optimizer) -> list[torch.Tensor]:
    """What it changes, group after group, as its own state counts them."""
    return [weight for group in adam.param_groups for weight in group["params"]]


def arrays_of(tensors: Mapping[str, torch.Tensor]) -> Arrays:
    """Copies, as a checkpoint holds them."""
    return {name: tensor.detach().cpu().contiguous().numpy().copy() for name, tensor in tensors.items()}


def tensors_of(arrays: Arrays) -> dict[str, torch.Tensor]:
    """The same memory, as torch takes it."""
    return {name: torch.from_numpy(array) for name, array in arrays.items()}
