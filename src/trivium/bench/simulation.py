"""Steps a second of the simulator with its camera, beside Gymnasium's CarRacing-v3.

Both run on all cores and give a picture for each car and step: ours 160 x 120 grey, the peer's 96 x 96 in colour.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import time
from collections.abc import Callable, Iterator

import numpy as np

from trivium.bench.result import Result

CARS = 64


def bench(quick: bool, track: str) -> Iterator[Result]:
    """One figure for each picture size; the peer beside both."""
    repetitions, seconds = (2, 0.5) if quick else (7, 2.0)
    peer = peer_rate(repetitions, seconds)
    name = None if peer is None else "Gymnasium CarRacing-v3"
    for pooled, size in ((False, "160x120"), (True, "80x60 pooled")):
        rates = measure(our_stepper(track, pooled), CARS, repetitions, seconds)
        yield Result(f"simulation with camera, {size}, {CARS} cars", statistics.median(rates), "steps/s", name, peer)


def our_stepper(track: str, pooled: bool) -> Callable[[], None]:
    """One step of all cars: judged, driven and photographed; a car whose drive ends starts again."""
    from trivium.racing.data import resolve
    from trivium.racing.params import ROW_DISTANCE_FROM_CENTER, ROW_IS_LEFT_OF_CENTER
    from trivium.racing.simulator import Simulator, Status

    sim = Simulator(resolve(track), CARS, pooled=pooled)
    cars, rng = np.arange(CARS), np.random.default_rng(0)
    sim.reset(cars, cars / CARS)
    pictures, commands = sim.picture_buffer(), np.tile([1.5, 0.0], (CARS, 1))

    def step() -> None:
        rows, status = sim.judge(cars, commands)
        side = np.where(rows[:, ROW_IS_LEFT_OF_CENTER] > 0.0, -1.0, 1.0)  # steer towards the centre line
        commands[:, 1] = side * np.minimum(30.0, 80.0 * rows[:, ROW_DISTANCE_FROM_CENTER])
        sim.advance(cars)
        ended = cars[status != Status.DRIVING]
        if len(ended):
            sim.reset(ended, rng.random(len(ended)))
        sim.draw(cars, pictures)

    return step


def measure(step: Callable[[], None], steps_each: int, repetitions: int, seconds: float) -> list[float]:
    """Steps a second, once for each repetition, after a warm-up."""
    for _ in range(5):
        step()
    rates = []
    for _ in range(repetitions):
        count, begin = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - begin) < seconds:
            step()
            count += steps_each
        rates.append(count / elapsed)
    return rates


def peer_rate(repetitions: int, seconds: float) -> float | None:
    """CarRacing-v3, one process a core; None where it is not installed."""
    if importlib.util.find_spec("Box2D") is None:
        return None
    import gymnasium

    cores = os.cpu_count() or 1
    envs = gymnasium.make_vec("CarRacing-v3", num_envs=cores, vectorization_mode="async")
    try:
        envs.reset(seed=0)
        action = np.tile(np.array([0.0, 0.3, 0.0], np.float32), (cores, 1))
        rates = measure(lambda: (envs.step(action), None)[1], cores, repetitions, seconds)
    finally:
        envs.close()
    return statistics.median(rates)
