"""Proximal policy optimisation (arXiv 1707.06347), clipped, as DeepRacer trained: GAE value targets, advantages
standardised over the iteration, no gradient clipping, entropy bonus, one Adam for policy and value.

Notable:
- an iteration learns from whole drives, `num_episodes_between_training` of them, of uneven length; they lie one behind
  the other in flat arrays of N steps, and `gae` walks them backwards;
- a drive cut short by the step cap is bootstrapped with the value of its last picture, any other end counts as 0;
- rewards are divided by the running spread of returns, so that a learner's reward may have any size;
- a mini-batch is learned from in SHARDS parts side by side, each on a core of its own, and their gradients are added up
  in a fixed order: twice as fast on two cores as threads inside each small operation, and the same bits on any number;
- for the `light` network on a CPU, `loss`, its gradient and Adam's step are compiled (`light_update.py`), four times as
  fast; what is here in PyTorch says what they do, serves every other network, and is what the tests compare them with;
- the remainder of each epoch that does not fill a mini-batch is dropped, as the original did; with fewer steps than a
  batch, the batch becomes the largest power of two that fits.

Read `train.py` for the loop around it.
"""

from __future__ import annotations

import copy
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trivium.core.learning import part
from trivium.errors import StudioError
from trivium.racing.adam import Adam
from trivium.racing.config import TrainConfig
from trivium.racing.light_update import Lessons, LightUpdate
from trivium.racing.models import ActorCritic

SHARDS = 2  # parts of a mini-batch; changing it changes results in their last bits


@dataclass
class Rollout:
    """The steps of one iteration, flat, drive behind drive in step order. N steps."""

    pictures: NDArray[np.uint8]  # (N, rows * columns)
    actions: NDArray[np.generic]  # (N,) int64 or (N, 2) float32
    logprobs: NDArray[np.float32]  # (N,)
    values: NDArray[np.float32]  # (N,)
    rewards: NDArray[np.float32]  # (N,)
    ends: NDArray[np.bool_]  # (N,) True on the last step of a drive
    bootstraps: NDArray[np.float32]  # (N,) value after a drive's last step, 0 where it ended by itself

    def __len__(self) -> int:
        return len(self.rewards)


def gae(rollout: Rollout, gamma: float, gae_lambda: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Generalised advantage estimation (arXiv 1506.02438, equation 16): advantages and value targets, both (N,)."""
    rewards, values, ends = rollout.rewards.tolist(), rollout.values.tolist(), rollout.ends.tolist()
    advantages = [0.0] * len(rewards)
    advantage, next_value = 0.0, 0.0
    for t in reversed(range(len(rewards))):
        if ends[t]:
            advantage, next_value = 0.0, float(rollout.bootstraps[t])
        delta = rewards[t] + gamma * next_value - values[t]
        advantage = delta + gamma * gae_lambda * advantage
        advantages[t] = advantage
        next_value = values[t]
    found = np.array(advantages, np.float32)
    return found, found + rollout.values


class ReturnScale:
    """Keeps rewards of any size learnable: divides them by the running standard deviation of discounted returns.

    Learners' rewards range from thousandths to thousands, and a value loss of that size would drown the policy's.
    (The original had no such step; see "Implementation matters", arXiv 2005.12729.)
    """

    def __init__(self, gamma: float) -> None:
        self.gamma = gamma
        self.count, self.mean, self.square = 0.0, 0.0, 0.0  # Welford's running sums

    def update(self, rollout: Rollout) -> float:
        """Take in an iteration's returns and give the number to divide its rewards by."""
        sums, running = [], 0.0
        for reward, is_end in zip(rollout.rewards.tolist(), rollout.ends.tolist(), strict=True):
            running = self.gamma * running + reward
            sums.append(running)
            if is_end:
                running = 0.0
        returns = np.array(sums)
        n, mean = len(returns), float(returns.mean())
        delta, total = mean - self.mean, self.count + n
        self.square += float(((returns - mean) ** 2).sum()) + delta * delta * self.count * n / total
        self.mean += delta * n / total
        self.count = total
        return self.divisor

    @property
    def divisor(self) -> float:
        """The standard deviation; where returns hardly differ (a constant reward, say), a share of their size."""
        spread = math.sqrt(self.square / max(self.count, 1.0))
        return max(spread, 0.1 * abs(self.mean), 1e-8)

    def state(self) -> list[float]:
        return [self.count, self.mean, self.square]

    def restore(self, state: list[float]) -> None:
        self.count, self.mean, self.square = state


def fitting_batch(batch_size: int, n: int) -> int:
    """The batch size, or the largest power of two that fits into n steps."""
    return batch_size if n >= batch_size else 1 << (max(n, 1).bit_length() - 1)


def load_network(network: ActorCritic, tensors: dict[str, NDArray[Any]]) -> None:
    """The network's weights out of a checkpoint's tensors."""
    network.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in part(tensors, "network.").items()})


def twin(network: ActorCritic) -> ActorCritic:
    """A network with the same weights, in the same memory, and gradients of its own."""
    other = copy.deepcopy(network)
    for parameter, shared in zip(other.parameters(), network.parameters(), strict=True):
        parameter.data = shared.data
    return other


class PPO:
    """The learner: network, optimiser and one iteration's update."""

    def __init__(self, config: TrainConfig, device: str = "cpu", threads: int = 1) -> None:
        self.config, self.device = config, torch.device(device)
        self.network = ActorCritic(config.car).to(self.device)
        self.threads = ThreadPoolExecutor(min(threads, SHARDS), initializer=torch.set_num_threads, initargs=(1,))
        self.optimizer = Adam(self.network.parameters(), lr=config.lr, eps=1e-5)
        self.light: LightUpdate | None = None
        if self.network.is_light and self.device.type == "cpu":
            self.light = LightUpdate(self.network, self.optimizer, config, self.threads if threads > 1 else None)
        self.networks = [self.network, *(twin(self.network) for _ in range(SHARDS - 1))]
        self.scale = ReturnScale(config.discount_factor)
        self.value_loss = (nn.functional.huber_loss if config.loss_type == "huber" else nn.functional.mse_loss)

    def update(self, rollout: Rollout, rng: np.random.Generator) -> dict[str, float]:
        """Learn from one iteration. Returns the losses, averaged over its last epoch."""
        c, n = self.config, len(rollout)
        batch = fitting_batch(c.batch_size, n)
        rollout.rewards /= self.scale.update(rollout)
        advantages, targets = gae(rollout, c.discount_factor, c.gae_lambda)
        explained = 1.0 - float(np.var(targets - rollout.values)) / max(float(np.var(targets)), 1e-8)
        advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
        lessons = Lessons(rollout.pictures, rollout.actions, rollout.logprobs, advantages, targets)
        losses = []
        for epoch in range(c.num_epochs):
            order = rng.permutation(n)
            for begin in range(0, n - batch + 1, batch):
                pick = order[begin : begin + batch]  # (M,)
                stats = self.light.learn(lessons, pick) if self.light else self.learn(
                    [torch.from_numpy(array[pick]).to(self.device) for array in lessons])
                if epoch == c.num_epochs - 1:
                    losses.append(stats)
        mean = torch.stack(losses).mean(dim=0).tolist()
        if not all(map(math.isfinite, mean)):
            raise StudioError("The network's numbers grew out of bounds, so it cannot learn any further.",
                              "Lower the learning rate, or give smaller rewards, and train again.")
        names = ("policy_loss", "value_loss", "entropy", "approx_kl", "clipfrac")
        return {**dict(zip(names, mean, strict=True)), "explained_variance": explained}

    def learn(self, batch: list[Tensor]) -> Tensor:
        """One gradient step on a mini-batch, M steps in each tensor; the five numbers of `loss`."""
        size = len(batch[0])
        parts = list(zip(*(tensor.chunk(SHARDS) for tensor in batch), strict=True))

        def backward(network: ActorCritic, part: tuple[Tensor, ...]) -> Tensor:
            share = len(part[0]) / size
            pictures, actions, logprobs, advantages, targets = part
            loss, stats = self.loss(pictures, actions, logprobs, advantages, targets, network)
            (share * loss).backward()  # type: ignore[no-untyped-call]
            return share * stats

        self.optimizer.zero_grad()
        stats = list(self.threads.map(backward, self.networks, parts))
        for other in self.networks[1 : len(parts)]:
            for parameter, theirs in zip(self.network.parameters(), other.parameters(), strict=True):
                assert parameter.grad is not None and theirs.grad is not None  # every weight takes part in the loss
                parameter.grad += theirs.grad
                theirs.grad = None
        self.optimizer.step()
        return torch.stack(stats).sum(dim=0)

    def tensors(self) -> dict[str, NDArray[Any]]:
        """Weights and optimiser state by name, for a checkpoint."""
        named = {f"network.{name}": value for name, value in self.network.state_dict().items()}
        adam = self.optimizer
        for i, (first, second) in enumerate(zip(adam.first, adam.second, strict=True)):
            named |= {f"optimizer.{i}.first": first, f"optimizer.{i}.second": second}
        named["optimizer.steps"] = torch.tensor(adam.steps)
        return {name: value.detach().cpu().contiguous().numpy() for name, value in named.items()}

    def restore(self, tensors: dict[str, NDArray[Any]]) -> None:
        """Take `tensors()` back."""
        load_network(self.network, tensors)
        adam = self.optimizer
        adam.steps = int(tensors["optimizer.steps"])
        for name, moments in (("first", adam.first), ("second", adam.second)):
            for i, moment in enumerate(moments):  # copied in place: laid out like its parameter, sums round the same
                moment.copy_(torch.from_numpy(tensors[f"optimizer.{i}.{name}"].copy()))

    def loss(self, pictures: Tensor, actions: Tensor, old_logprobs: Tensor, advantages: Tensor,
             targets: Tensor, network: ActorCritic | None = None) -> tuple[Tensor, Tensor]:
        """Clipped surrogate + value loss - entropy bonus, and the five numbers worth watching. M steps each."""
        c = self.config
        network = network or self.network
        outputs, values = network(pictures)  # (M, A), (M,)
        policy = network.distribution(outputs)
        logratio = policy.log_prob(actions) - old_logprobs  # (M,)
        ratio = logratio.exp()
        clipped = ratio.clamp(1.0 - c.clip_coef, 1.0 + c.clip_coef)
        policy_loss = -torch.min(advantages * ratio, advantages * clipped).mean()
        value_loss = self.value_loss(values, targets)
        entropy = policy.entropy().mean()
        with torch.no_grad():
            approx_kl = ((ratio - 1.0) - logratio).mean()  # http://joschu.net/blog/kl-approx.html
            clipfrac = ((ratio - 1.0).abs() > c.clip_coef).float().mean()
        stats = torch.stack([policy_loss.detach(), value_loss.detach(), entropy.detach(), approx_kl, clipfrac])
        return policy_loss + value_loss - c.beta_entropy * entropy, stats
