"""Calls the learner's reward function for every car of a step, and keeps what it printed."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trivium.core import files
from trivium.core.run import Run
from trivium.racing.params import ParamsBuilder
from trivium.racing.reward import RewardFunction
from trivium.racing.reward_limits import Watchdog
from trivium.racing.track import Track

WARN_EVERY_CALLS = 2_000


class LearnerReward:
    """Rewards of a batch of cars by the function in RUN/inputs/reward.py."""

    def __init__(self, run: Run, track: Track, is_reversed: bool) -> None:
        self.run = run
        self.step = 0  # environment steps before this batch, for the log
        self.function = RewardFunction(
            run.input("reward.py").read_bytes(), watchdog=Watchdog(run.folder / files.CRASH)
        )
        self.turn_to(track, is_reversed)
        self._warned = False

    def turn_to(self, track: Track, is_reversed: bool) -> None:
        """Reward drives on this track, as driven."""
        self.params = ParamsBuilder(track, is_reversed)

    def __call__(self, rows: NDArray[np.float64], cars: NDArray[np.int64]) -> list[float]:
        """rows: facts (k, ROW_WIDTH) of the cars (k,). UserCodeError when the function fails."""
        function, build = self.function, self.params.build
        with function.time_limit():
            rewards = [function(build(row)) for row in rows.tolist()]
        for text in function.drain_prints():
            self.run.note(text, level="print", step=self.step)
        self.step += len(rewards)
        return rewards

    def warn_if_slow(self) -> None:
        """Once a run, say that the function holds the training up."""
        warning = None if self._warned else self.function.slow_warning()
        if warning:
            self._warned = True
            self.run.note(warning, level="warning", step=self.step)

    def state(self) -> dict[str, Any]:
        """What the learner's module remembers, and the random numbers it may use."""
        kind, words, position, has_gauss, gauss = np.random.get_state(legacy=True)
        version, internal, gauss_next = random.getstate()
        return {
            "module": self.function.state(),
            "step": self.step,
            "numpy": [kind, np.asarray(words).tolist(), int(position), int(has_gauss), float(gauss)],
            "random": [version, list(internal), gauss_next],
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.function.restore(state["module"])
        self.step = state["step"]
        kind, words, position, has_gauss, gauss = state["numpy"]
        np.random.set_state((kind, np.array(words, np.uint32), position, has_gauss, gauss))
        version, internal, gauss_next = state["random"]
        random.setstate((version, tuple(internal), gauss_next))
