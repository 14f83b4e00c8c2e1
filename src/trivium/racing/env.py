"""The racing environment for other people's agents: gymnasium.make("trivium/Racing-v0", track="oval")

Description: one car on one track, seen through its camera. 15 steps are one simulated second.
Action Space: `Discrete(n)` over the car's action table, or `Box(-1, 1, (2,))` [steering, speed] if the car's space is
continuous.
Observation Space: `Box(0, 255, (120, 160, 1), uint8)`, the camera's grey picture; `pooled=True` gives (60, 80, 1).
Rewards: `reward_function(params)`, by default the share of the lap driven since the last step, in percent.
Starting State: on the centre line at `options={"start": 0..1}`, otherwise at a random place, speed 0.
Episode End: terminated when the lap is complete, all wheels left the road, the car drove backwards or stood still
for 15 steps; truncated after `max_steps`.
Version History: v0, first release.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from trivium.racing.camera import HEIGHT, WIDTH
from trivium.racing.car import STEP_S
from trivium.racing.config import CarConfig
from trivium.racing.data import resolve
from trivium.racing.models import ActionSpace
from trivium.racing.params import ROW_PROGRESS, ROW_STEPS, ParamsBuilder
from trivium.racing.registration import register
from trivium.racing.simulator import STATUS_LABELS, Simulator, Status
from trivium.racing.track import Track

RewardFunction = Callable[[dict[str, Any]], float]
MAX_STEPS = 1500


class RacingVectorEnv(VectorEnv[Any, Any, Any]):
    """`num_envs` cars on one track, each an episode of its own; ended ones begin anew on the following step."""

    metadata: ClassVar[dict[str, Any]] = {  # type: ignore[misc]
        "autoreset_mode": AutoresetMode.NEXT_STEP, "render_modes": ["rgb_array"], "render_fps": round(1 / STEP_S)}

    def __init__(self, num_envs: int = 1, track: str | Track = "oval", reward_function: RewardFunction | None = None,
                 car: CarConfig | None = None, pooled: bool = False, max_steps: int = MAX_STEPS,
                 reverse_direction: bool = False, render_mode: str | None = None) -> None:
        car = car or CarConfig()
        road = resolve(track)
        road = road.reversed() if reverse_direction else road
        self.num_envs, self.max_steps, self.render_mode = num_envs, max_steps, render_mode
        self.reward_function = reward_function
        self.params = ParamsBuilder(road, reverse_direction)
        self.sim = Simulator(road, num_envs, pooled=pooled)
        self.actions = ActionSpace(car)
        rows, columns = (HEIGHT // 2, WIDTH // 2) if pooled else (HEIGHT, WIDTH)
        self.single_observation_space = spaces.Box(0, 255, (rows, columns, 1), np.uint8)
        self.single_action_space: spaces.Space[Any] = (
            spaces.Discrete(len(self.actions.table)) if self.actions.discrete
            else spaces.Box(-1.0, 1.0, (2,), np.float32))
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._pictures = self.sim.picture_buffer()
        self._all = np.arange(num_envs)
        self._dice = [np.random.default_rng() for _ in range(num_envs)]  # one each, so that a car drives as if alone
        self._ended = np.ones(num_envs, bool)
        self._driven = np.zeros(num_envs)  # progress, %

    def reset(self, *, seed: int | list[int] | None = None, options: dict[str, Any] | None = None) -> tuple[
            np.ndarray, dict[str, Any]]:
        """All cars to new starts. options: {"start": share of the lap, one for all or one each}."""
        if seed is not None:
            seeds = [seed + i for i in range(self.num_envs)] if isinstance(seed, int | np.integer) else list(seed)
            super().reset(seed=int(seeds[0]))
            self._dice = [np.random.default_rng(int(each)) for each in seeds]
        self._begin(self._all, (options or {}).get("start"))
        return self._observe(), {}

    def step(self, actions: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Act in every environment; those that ended on the step before are reset instead, with reward 0."""
        rewards, n = np.zeros(self.num_envs), self.num_envs
        terminated, truncated = np.zeros(n, bool), np.zeros(n, bool)
        fresh, cars = self._all[self._ended], self._all[~self._ended]
        if len(fresh):
            self._begin(fresh, None)
        info: dict[str, Any] = {"progress": self._driven.copy(), "status": np.full(n, "in_progress", dtype=object)}
        if len(cars):
            rows, status = self.sim.judge(cars, self.actions.commands(np.asarray(actions)[cars]))
            rewards[cars] = self._reward(rows, cars)
            self.sim.advance(cars)
            self._driven[cars] = rows[:, ROW_PROGRESS]
            terminated[cars] = status != Status.DRIVING
            truncated[cars] = (rows[:, ROW_STEPS] > self.max_steps) & ~terminated[cars]
            self._ended[cars] = terminated[cars] | truncated[cars]
            info["progress"][cars] = rows[:, ROW_PROGRESS]
            info["status"][cars] = [STATUS_LABELS[Status(int(s))] for s in status]
        return self._observe(), rewards, terminated, truncated, info

    def begin_ended(self) -> np.ndarray:
        """Reset the episodes that have ended now instead of on the next step, and give all pictures."""
        self._begin(self._all[self._ended], None)
        return self._observe()

    def render(self) -> tuple[np.ndarray, ...] | None:
        """The camera pictures as RGB."""
        return tuple(np.repeat(p, 3, axis=2) for p in self._observe()) if self.render_mode == "rgb_array" else None

    def _begin(self, cars: np.ndarray, start: Any) -> None:
        places = (np.array([self._dice[car].random() for car in cars]) if start is None
                  else np.broadcast_to(start, len(cars)).astype(float) % 1.0)
        if not self.sim.geometry.is_loop:
            places = np.zeros(len(cars))
        self.sim.reset(cars, places)
        self._ended[cars] = False
        self._driven[cars] = 0.0

    def _reward(self, rows: np.ndarray, cars: np.ndarray) -> Any:
        if self.reward_function is None:
            return rows[:, ROW_PROGRESS] - self._driven[cars]
        return [float(self.reward_function(self.params.build(row))) for row in rows.tolist()]

    def _observe(self) -> np.ndarray:
        pictures = self.sim.draw(self._all, self._pictures)
        return pictures.reshape(self.observation_space.shape or ()).copy()


class RacingEnv(gymnasium.Env[np.ndarray, Any]):
    """One car: the vector environment with one place in it."""

    metadata: ClassVar[dict[str, Any]] = {  # type: ignore[misc]
        "render_modes": ["rgb_array"], "render_fps": round(1 / STEP_S)}

    def __init__(self, track: str | Track = "oval", reward_function: RewardFunction | None = None,
                 car: CarConfig | None = None, pooled: bool = False, max_steps: int = MAX_STEPS,
                 reverse_direction: bool = False, render_mode: str | None = None) -> None:
        self.vector = RacingVectorEnv(1, track, reward_function, car, pooled, max_steps, reverse_direction, render_mode)
        self.observation_space = self.vector.single_observation_space
        self.action_space = self.vector.single_action_space
        self.render_mode = render_mode

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[
            np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        pictures, _ = self.vector.reset(seed=seed, options=options)
        return pictures[0], {}

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        if self.vector._ended[0]:
            raise gymnasium.error.ResetNeeded("the episode has ended: call reset() before the next step()")
        pictures, rewards, terminated, truncated, info = self.vector.step(np.asarray([action]))
        return (pictures[0], float(rewards[0]), bool(terminated[0]), bool(truncated[0]),
                {"progress": float(info["progress"][0]), "status": info["status"][0]})

    def render(self) -> np.ndarray | None:
        frames = self.vector.render()
        return None if frames is None else frames[0]


register()
