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
    """Rewards of a batch of cars by the function in RUN/inputs/reward.py.

    Each car has the learner's module imported for itself, as each had a process for itself in the original: a global
    such as "progress at the last step" is one car's, over all of its episodes.
    """

    def __init__(self, run: Run, track: Track, is_reversed: bool, n_cars: int) -> None:
        self.run = run
        self.step = 0  # environment steps before this batch, for the log
        self.watchdog = Watchdog(run.folder / files.CRASH)
        first = RewardFunction(run.input("reward.py").read_bytes(), watchdog=self.watchdog)
        self._note_prints(first)  # of the import, once
        self.functions = [first, *(first.sibling() for _ in range(n_cars - 1))]
        first.drain_prints()
        self.turn_to(track, is_reversed)
        self._warned = False

    def turn_to(self, track: Track, is_reversed: bool) -> None:
        """Reward drives on this track, as driven."""
        self.params = ParamsBuilder(track, is_reversed)

    def __call__(self, rows: NDArray[np.float64], cars: NDArray[np.int64]) -> list[float]:
        """rows: facts (k, ROW_WIDTH) of the cars (k,). UserCodeError when the function fails."""
        functions, build = self.functions, self.params.build
        with functions[0].time_limit():  # siblings share clock and prints
            rewards = [functions[car](build(row)) for car, row in zip(cars.tolist(), rows.tolist(), strict=True)]
        self._note_prints(functions[0])
        self.step += len(rewards)
        return rewards

    def _note_prints(self, function: RewardFunction) -> None:
        for text in function.drain_prints():
            self.run.note(text, level="print", step=self.step)

    def warn_if_slow(self) -> None:
        """Once a run, say that the function holds the training up."""
        warning = None if self._warned else self.functions[0].slow_warning()
        if warning:
            self._warned = True
            self.run.note(warning, level="warning", step=self.step)

    def close(self) -> None:
        """No more calls: whoever trains in a notebook gets timer and file back."""
        self.watchdog.close()

    def state(self) -> dict[str, Any]:
        """What the learner's modules remember, and the random numbers it may use."""
        kind, words, position, has_gauss, gauss = np.random.get_state(legacy=True)
        version, internal, gauss_next = random.getstate()
        return {
            "modules": [function.state() for function in self.functions],
            "step": self.step,
            "numpy": [kind, np.asarray(words).tolist(), int(position), int(has_gauss), float(gauss)],
            "random": [version, list(internal), gauss_next],
        }

    def restore(self, state: dict[str, Any]) -> None:
        for function, module in zip(self.functions, state["modules"], strict=True):
            function.restore(module)
        self.step = state["step"]
        kind, words, position, has_gauss, gauss = state["numpy"]
        np.random.set_state((kind, np.array(words, np.uint32), position, has_gauss, gauss))
        version, internal, gauss_next = state["random"]
        random.setstate((version, tuple(internal), gauss_next))
