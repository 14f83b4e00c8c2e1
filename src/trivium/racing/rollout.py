"""Driving with a network: exploring drives to learn from, greedy drives to judge by.

Both step many cars at once and only those still driving, so a batch shrinks as drives end. What a drive was like is an
`Episode`; what the trainer learns from is a `Rollout`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from trivium.racing.models import ActionSpace, ActorCritic
from trivium.racing.params import ROW_PROGRESS, ROW_SIM_TIME_S
from trivium.racing.ppo import Rollout
from trivium.racing.simulator import STATUS_LABELS, Simulator, Status

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Reward = Callable[[Floats, Ints], list[float]]  # facts (k, ROW_WIDTH) of the cars (k,) -> one reward each

GREEDY_STEP_CAP = 1500  # 100 simulated seconds; a car that circles on the spot ends here


class Watcher(Protocol):
    """Whoever looks on while cars drive: the live view."""

    def see(self, sim: Simulator, cars: Ints, rewards: list[float]) -> None: ...


@dataclass
class Episode:
    """One drive."""

    phase: str
    iteration: int
    episode: int
    reward: float
    progress: float
    steps: int
    status: str
    start_ndist: float
    time_s: float

    def to_dict(self) -> dict[str, Any]:
        return {k: round(v, 4) if isinstance(v, float) else v for k, v in asdict(self).items()}


class Driver:
    """Cars, their network and their reward, ready to drive."""

    def __init__(self, sim: Simulator, network: ActorCritic, actions: ActionSpace, reward: Reward,
                 watcher: Watcher | None = None, stopped: Callable[[], bool] = lambda: False) -> None:
        self.sim, self.network, self.actions, self.reward = sim, network, actions, reward
        self.watcher, self.stopped = watcher, stopped
        self.pictures = sim.picture_buffer()

    def look(self, cars: Ints) -> torch.Tensor:
        """Pictures of the cars, (k, rows * columns) uint8, in a buffer that the next look overwrites."""
        return torch.from_numpy(self.sim.draw(cars, self.pictures))

    def act(self, cars: Ints, actions: NDArray[Any]) -> tuple[Floats, Ints, list[float]]:
        """Judge the pose under these actions, reward it, drive on: facts, statuses and rewards of the cars."""
        rows, status = self.sim.judge(cars, self.actions.commands(actions))
        rewards = self.reward(rows, cars)
        self.sim.advance(cars)
        if self.watcher is not None:
            self.watcher.see(self.sim, cars, rewards)
        return rows, status, rewards

    @torch.no_grad()
    def explore(self, starts: Floats, max_steps: int, iteration: int, first_episode: int,
                explore: Explorer) -> tuple[Rollout | None, list[Episode]]:
        """One drive from each of the starts, (E,), with sampled actions; stops all at `max_steps` steps in total.

        None when it was stopped before the first step.
        """
        n, sim = len(starts), self.sim
        cars = np.arange(n)
        sim.reset(cars, starts)
        tapes: list[list[tuple[Any, ...]]] = [[] for _ in range(n)]
        statuses = np.zeros(n, np.int64)
        finals = np.zeros((n, 2))  # progress, time
        bootstraps = np.zeros(n, np.float32)
        total, forward = 0, self.network.at_wheel()
        while len(cars) and total < max_steps and not self.stopped():
            pictures = self.look(cars)
            outputs, values = forward(pictures)
            chosen, logprobs = explore(self.network, outputs)
            copies, actions, old = pictures.numpy().copy(), chosen.numpy(), logprobs.numpy()
            rows, status, rewards = self.act(cars, actions)
            value = values.numpy()
            for i, car in enumerate(cars.tolist()):
                tapes[car].append((copies[i], actions[i], old[i], value[i], rewards[i]))
            total += len(cars)
            finals[cars] = rows[:, (ROW_PROGRESS, ROW_SIM_TIME_S)]
            statuses[cars] = status
            cars = cars[status == Status.DRIVING]
        if total == 0:
            return None, []
        if len(cars):  # cut short: their future is worth what the network thinks it is
            bootstraps[cars] = forward(self.look(cars))[1].numpy()
        episodes = [Episode("training", iteration, first_episode + i, float(sum(step[4] for step in tape)),
                            float(finals[i, 0]), len(tape), STATUS_LABELS[Status(int(statuses[i]))],
                            float(starts[i]), float(finals[i, 1])) for i, tape in enumerate(tapes) if tape]
        return flatten(tapes, bootstraps), episodes

    @torch.no_grad()
    def drive_greedily(self, starts: Floats, iteration: int, max_steps: int = GREEDY_STEP_CAP) -> list[Episode]:
        """One drive from each of the starts with the most likely actions."""
        n, sim = len(starts), self.sim
        cars = np.arange(n)
        sim.reset(cars, starts)
        totals, steps, statuses = np.zeros(n), np.zeros(n, np.int64), np.zeros(n, np.int64)
        finals, forward = np.zeros((n, 2)), self.network.at_wheel()
        for _ in range(max_steps):
            if not len(cars) or self.stopped():
                break
            outputs, _ = forward(self.look(cars))
            rows, status, rewards = self.act(cars, self.network.greedy(outputs).numpy())
            totals[cars] += rewards
            steps[cars] += 1
            finals[cars] = rows[:, (ROW_PROGRESS, ROW_SIM_TIME_S)]
            statuses[cars] = status
            cars = cars[status == Status.DRIVING]
        statuses[cars] = Status.TIME_UP
        return [Episode("evaluation", iteration, i, float(totals[i]), float(finals[i, 0]), int(steps[i]),
                        STATUS_LABELS[Status(int(statuses[i]))], float(starts[i]), float(finals[i, 1]))
                for i in range(n)]


def flatten(tapes: list[list[tuple[Any, ...]]], bootstraps: NDArray[np.float32]) -> Rollout:
    """Drives behind one another, at least one step in all."""
    steps = [step for tape in tapes for step in tape]
    ends, after = np.zeros(len(steps), np.bool_), np.zeros(len(steps), np.float32)
    at = -1
    for car, tape in enumerate(tapes):
        at += len(tape)
        if tape:
            ends[at], after[at] = True, bootstraps[car]
    pictures, actions, logprobs, values, rewards = zip(*steps, strict=True)
    return Rollout(np.stack(pictures), np.array(actions), np.array(logprobs, np.float32),
                   np.array(values, np.float32), np.array(rewards, np.float32), ends, after)


class Explorer(Protocol):
    """Chooses an action to learn from: (actions, their log-probabilities under the policy)."""

    def __call__(self, network: ActorCritic, outputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]: ...


class SampleActions:
    """Actions drawn from the policy itself."""

    def __init__(self, generator: torch.Generator) -> None:
        self.generator = generator

    def __call__(self, network: ActorCritic, outputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        policy = network.distribution(outputs)
        actions = policy.sample(self.generator)
        return actions, policy.log_prob(actions)


class EpsilonGreedy:
    """The most likely action, or with probability epsilon a random one; epsilon falls linearly from 1 over `steps`."""

    def __init__(self, generator: torch.Generator, final: float, steps: int) -> None:
        self.generator, self.final, self.steps, self.taken = generator, final, steps, 0

    def __call__(self, network: ActorCritic, outputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        if not network.discrete:
            raise ValueError("e-greedy exploration needs a discrete action space")
        epsilon = max(self.final, 1.0 - (1.0 - self.final) * self.taken / self.steps)
        self.taken += len(outputs)
        random = torch.randint(outputs.shape[1], (len(outputs),), generator=self.generator)
        explore = torch.rand(len(outputs), generator=self.generator) < epsilon
        actions = torch.where(explore, random, outputs.argmax(dim=1))
        return actions, network.distribution(outputs).log_prob(actions)
