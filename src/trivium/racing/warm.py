"""Compile every kernel once, so that the first drive need not wait: python -m trivium.racing.warm

Kernels are kept in Numba's cache, in the same folder as a run's; with a warm cache this takes well under a second.
"""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trivium.racing.config import TrainConfig


def warm_up(config: TrainConfig | None = None) -> None:
    """Drive two cars for one step, take both kinds of picture, and look at one."""
    import numpy as np
    from numba.core.errors import NumbaSystemWarning

    from trivium.racing.simulator import Simulator
    from trivium.racing.tracks.loading import load_track

    # a confined run may not make named semaphores; Numba needs one only where processes share its threads
    warnings.filterwarnings("ignore", category=NumbaSystemWarning)
    sim = Simulator(load_track("oval"), 2, pooled=config is None or config.car.network == "light")
    cars = np.arange(2)
    sim.reset(cars, np.array([0.0, 0.5]))
    sim.judge(cars, np.array([[1.0, 0.0], [1.0, 10.0]]))
    sim.advance(cars)
    sim.draw(cars, sim.picture_buffer())
    sim.photograph(0, np.empty(160 * 120, np.uint8))
    if sim.pooled:
        compile_light()


def compile_light() -> None:
    """The `light` network's way forward, for two black pictures."""
    import numpy as np

    from trivium.racing import inference as light

    outputs = 6

    def zeros(*shape: int) -> light.Floats:
        return np.zeros(shape, np.float32)

    weights = light.LightWeights(
        zeros(light.FILTERS1, light.TAPS1), zeros(light.FILTERS1), zeros(light.FILTERS2, light.TAPS2),
        zeros(light.FILTERS2), zeros(light.FEATURES, light.HIDDEN), zeros(light.HIDDEN), zeros(light.HIDDEN, outputs),
        zeros(outputs))
    light.infer_light(np.zeros((2, light.ROWS * light.COLUMNS), np.uint8), weights, zeros(2, outputs))


def compile_learning(config: TrainConfig | None = None) -> None:
    """A gradient step of the `light` network, from a single black picture."""
    import numpy as np

    from trivium.racing.config import TrainConfig
    from trivium.racing.light_update import Lessons
    from trivium.racing.ppo import PPO

    ppo, numbers = PPO(config or TrainConfig()), np.zeros(1, np.float32)
    if ppo.light is not None:
        actions = np.zeros(1, np.int64) if ppo.network.discrete else np.zeros((1, 2), np.float32)
        pictures = np.zeros((1, 60 * 80), np.uint8)
        ppo.light.learn(Lessons(pictures, actions, numbers, numbers, numbers), np.zeros(1, np.int64))


def main() -> None:
    """Fill the cache that runs use. Runs in the background while a studio starts, so it gives way to everything."""
    from trivium.settings import kernel_cache

    cache = kernel_cache()
    os.environ.setdefault("NUMBA_CACHE_DIR", str(cache))  # read when Numba is imported
    if hasattr(os, "nice"):
        os.nice(5)
    warm_up()
    compile_learning()
    cache.mkdir(parents=True, exist_ok=True)
    (cache / "racing-warm").touch()  # tells `trivium up` that this is done


if __name__ == "__main__":
    main()
