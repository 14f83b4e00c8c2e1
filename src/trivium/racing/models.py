"""The networks that drive: a camera picture in, a distribution over actions and a value out.

- `light`: made for laptops. Its first step, a 2 x 2 mean, is done by the simulator, so it takes 60 x 80 pictures; one
  small trunk is shared by policy and value.
- `shallow`: DeepRacer's DEEP_CONVOLUTIONAL_NETWORK_SHALLOW on 120 x 160 pictures; policy and value have a copy each.

Pictures are uint8; the division by 255 is part of the network. Convolutions run channels-last, which is four times as
fast here on CPUs. B pictures, A actions (or 2 for a continuous space: steering, speed).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from trivium.racing.config import CarConfig
from trivium.racing.inference import (
    COLUMNS,
    FEATURES,
    FILTERS1,
    FILTERS2,
    HIDDEN,
    KERNEL1,
    KERNEL2,
    ROWS,
    STRIDE1,
    STRIDE2,
    TAPS1,
    TAPS2,
    LightWeights,
    infer_light,
)

LOG_STD_MIN, LOG_STD_MAX = -20.0, 3.0
PICTURE_SHAPES = {"light": (ROWS, COLUMNS), "shallow": (120, 160)}  # rows, columns


def layer(module: nn.Conv2d | nn.Linear, gain: float = math.sqrt(2.0)) -> nn.Conv2d | nn.Linear:
    """Orthogonal weights and zero bias, as is usual for PPO (arXiv 2005.12729)."""
    nn.init.orthogonal_(module.weight, gain)
    nn.init.zeros_(module.bias)  # type: ignore[arg-type]
    return module


def light_trunk() -> tuple[nn.Sequential, int]:
    """The small CNN, (B, 1, ROWS, COLUMNS) -> (B, HIDDEN)."""
    return nn.Sequential(
        layer(nn.Conv2d(1, FILTERS1, KERNEL1, STRIDE1)), nn.ReLU(),  # (B, 8, 11, 15)
        layer(nn.Conv2d(FILTERS1, FILTERS2, KERNEL2, STRIDE2)), nn.ReLU(),  # (B, 16, 5, 7)
        nn.Flatten(),  # (B, 560)
        layer(nn.Linear(FEATURES, HIDDEN)), nn.ReLU(),
    ), HIDDEN


def shallow_trunk() -> tuple[nn.Sequential, int]:
    """DeepRacer's three-layer network, (B, 1, 120, 160) -> (B, 512)."""
    return nn.Sequential(
        layer(nn.Conv2d(1, 32, 8, stride=4)), nn.ReLU(),  # (B, 32, 29, 39)
        layer(nn.Conv2d(32, 64, 4, stride=2)), nn.ReLU(),  # (B, 64, 13, 18)
        layer(nn.Conv2d(64, 64, 3, stride=1)), nn.ReLU(),  # (B, 64, 11, 16)
        nn.Flatten(),  # (B, 11264)
        layer(nn.Linear(11264, 512)), nn.ReLU(),
    ), 512


class Choice:
    """One of A actions by their logits, (B, A). The same numbers as torch.distributions, in a third of the time."""

    def __init__(self, logits: Tensor) -> None:
        self.logprobs = logits.log_softmax(dim=1)  # (B, A)

    def sample(self, generator: torch.Generator | None = None) -> Tensor:
        # of exponential clocks with rates p_i, clock i rings first with probability p_i
        rings = torch.empty_like(self.logprobs).exponential_(generator=generator)
        return (self.logprobs.exp() / rings).argmax(dim=1)  # (B,)

    def log_prob(self, actions: Tensor) -> Tensor:
        return self.logprobs.gather(1, actions[:, None]).squeeze(1)  # (B,)

    def entropy(self) -> Tensor:
        return -(self.logprobs.exp() * self.logprobs).sum(dim=1)  # (B,)


class Gaussian:
    """Independent normal numbers around means, (B, 2), with one log standard deviation each, (2,)."""

    def __init__(self, means: Tensor, log_std: Tensor) -> None:
        self.means, self.log_std = means, log_std

    def sample(self, generator: torch.Generator | None = None) -> Tensor:
        return self.means + self.log_std.exp() * torch.randn(self.means.shape, generator=generator)  # (B, 2)

    def log_prob(self, actions: Tensor) -> Tensor:
        z = (actions - self.means) / self.log_std.exp()
        return (-0.5 * z * z - self.log_std - 0.5 * math.log(2.0 * math.pi)).sum(dim=1)  # (B,)

    def entropy(self) -> Tensor:
        return (0.5 + 0.5 * math.log(2.0 * math.pi) + self.log_std).sum().expand(len(self.means))  # (B,)


class ActorCritic(nn.Module):
    """Policy and value for one car."""

    def __init__(self, car: CarConfig) -> None:
        super().__init__()
        self.discrete = car.action_space_type == "discrete"
        self.is_light = car.network == "light"
        self.picture_shape = PICTURE_SHAPES[car.network]
        outputs = len(car.action_table()) if self.discrete else 2
        if car.network == "light":
            self.policy_trunk, width = light_trunk()
            self.value_trunk = self.policy_trunk
        else:
            self.policy_trunk, width = shallow_trunk()
            self.value_trunk, _ = shallow_trunk()
        self.policy_head = layer(nn.Linear(width, outputs), gain=0.01)
        self.value_head = layer(nn.Linear(width, 1), gain=1.0)
        if not self.discrete:
            self.log_std = nn.Parameter(torch.zeros(2))
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def scale(self, pictures: Tensor) -> Tensor:
        """(B, rows * columns) uint8 -> (B, 1, rows, columns) float, channels last."""
        rows, columns = self.picture_shape
        # with one channel both layouts are the same bytes; the view names the channels-last one
        scaled = pictures.to(torch.float32).mul_(1.0 / 255.0)
        return scaled.view(-1, rows, columns, 1).permute(0, 3, 1, 2)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """(B, rows * columns) uint8 -> policy outputs (B, A), values (B,)."""
        x = self.scale(pictures)
        features = self.policy_trunk(x)
        others = features if self.value_trunk is self.policy_trunk else self.value_trunk(x)
        return self.policy_head(features), self.value_head(others).squeeze(1)

    @torch.no_grad()
    def at_wheel(self) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
        """`forward` with the weights of this moment, for driving: compiled where there is a way to (see inference.py).

        Later changes of the weights do not reach it.
        """
        if not self.is_light or self.policy_head.weight.device.type != "cpu":
            return self
        weights = light_weights(self)

        def forward(pictures: Tensor) -> tuple[Tensor, Tensor]:
            out = np.empty((len(pictures), weights.heads.shape[1]), np.float32)
            infer_light(pictures.numpy(), weights, out)
            both = torch.from_numpy(out)
            return both[:, :-1], both[:, -1]

        return forward

    def distribution(self, outputs: Tensor) -> Choice | Gaussian:
        """Over actions: index () or [steering, speed] (2,), both within -1..1 before scaling."""
        if self.discrete:
            return Choice(outputs)
        return Gaussian(outputs, self.log_std.clamp(LOG_STD_MIN, LOG_STD_MAX))

    def greedy(self, outputs: Tensor) -> Tensor:
        """The most likely action: argmax (B,) or the mean (B, 2)."""
        return outputs.argmax(dim=1) if self.discrete else outputs


def light_weights(network: ActorCritic) -> LightWeights:
    """A copy of a `light` network's numbers, laid out for `infer_light`."""
    numbers = {name: value.detach().numpy() for name, value in network.state_dict().items()}
    conv1, conv2, dense = (numbers[f"policy_trunk.{i}.weight"] for i in (0, 2, 5))
    heads = np.concatenate([numbers["policy_head.weight"], numbers["value_head.weight"]])  # (A + 1, HIDDEN)
    return LightWeights(
        conv1.reshape(FILTERS1, TAPS1) / np.float32(255.0), numbers["policy_trunk.0.bias"].copy(),
        np.array(conv2.reshape(FILTERS2, TAPS2), order="C"), numbers["policy_trunk.2.bias"].copy(),
        np.array(dense.T, order="C"), numbers["policy_trunk.5.bias"].copy(),
        np.array(heads.T, order="C"), np.concatenate([numbers["policy_head.bias"], numbers["value_head.bias"]]))


class ActionSpace:
    """Turns what the network chooses into what the car is told: speed in m/s and steering in degrees."""

    def __init__(self, car: CarConfig) -> None:
        self.discrete = car.action_space_type == "discrete"
        if self.discrete:
            self.table = np.array([(a.speed, a.steering_angle) for a in car.action_table()])  # (A, 2)
        self.speed = car.speed_min_mps, car.speed_max_mps
        self.steer = -car.steering_max_deg, car.steering_max_deg

    def commands(self, actions: np.ndarray) -> np.ndarray:
        """Actions (k,) int or (k, 2) float [steering, speed] -> (k, 2) float64 speed m/s, steering deg."""
        if self.discrete:
            return np.asarray(self.table[actions])
        unit = (np.clip(actions.astype(np.float64), -1.0, 1.0) + 1.0) / 2.0
        steering = self.steer[0] + unit[:, 0] * (self.steer[1] - self.steer[0])
        speed = self.speed[0] + unit[:, 1] * (self.speed[1] - self.speed[0])
        return np.stack([speed, steering], axis=1)
