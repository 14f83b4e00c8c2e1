"""What Stable-Baselines3 needs to train in our environment: our small network, and a vector environment of its kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from stable_baselines3.common.vec_env import VecEnv

from trivium.racing.env import RacingVectorEnv
from trivium.racing.models import light_trunk
from trivium.racing.rewards.centre_line_progress import reward_function


class LightExtractor(BaseFeaturesExtractor):
    """The trunk of our `light` network, (B, 1, 60, 80) float 0..1 -> (B, 64)."""

    def __init__(self, observation_space: spaces.Space[Any]) -> None:
        trunk, width = light_trunk()
        super().__init__(observation_space, features_dim=width)
        self.trunk = trunk

    def forward(self, observations: torch.Tensor) -> torch.Tensor:
        return self.trunk(observations)  # type: ignore[no-any-return]


class VectorAdapter(VecEnv):
    """RacingVectorEnv with the calls that Stable-Baselines3 makes: an ended episode begins anew in the same step."""

    def __init__(self, track: str, num_envs: int, seed: int) -> None:
        self.env = RacingVectorEnv(num_envs, track, reward_function, pooled=True)
        rows, columns, _ = self.env.single_observation_space.shape or (0, 0, 0)
        super().__init__(num_envs, spaces.Box(0, 255, (1, rows, columns), np.uint8), self.env.single_action_space)
        self.first_seed = seed

    def reset(self) -> np.ndarray:
        pictures, _ = self.env.reset(seed=self.first_seed)
        return pictures.transpose(0, 3, 1, 2)

    def step_async(self, actions: np.ndarray) -> None:
        self.actions = actions

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        pictures, rewards, terminated, truncated, _ = self.env.step(self.actions)
        ended = terminated | truncated
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        if ended.any():
            for car in np.flatnonzero(ended):
                infos[car] = {"terminal_observation": pictures[car].transpose(2, 0, 1).copy(),
                              "TimeLimit.truncated": bool(truncated[car])}
            pictures = self.env.begin_ended()
        return pictures.transpose(0, 3, 1, 2), rewards.astype(np.float32), ended, infos

    def close(self) -> None:
        self.env.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        return [getattr(self.env, attr_name, None)] * self.num_envs

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        setattr(self.env, attr_name, value)

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        raise NotImplementedError(method_name)

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        return [False] * self.num_envs

    def seed(self, seed: int | None = None) -> Sequence[int | None]:
        return [seed] * self.num_envs
