"""PPO from picture to weights: our trainer beside Stable-Baselines3 in the same environment.

Same track, cars, network, batch size, epochs and learning rate, the same reward function in plain Python; both from
fresh weights, without evaluations. Ours collects whole drives, the peer fixed lengths: that is part of what is
compared.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from trivium.bench.result import Result

CARS = 20
STEPS = 20_000


def bench(quick: bool, track: str) -> Iterator[Result]:
    repetitions, steps = (1, 4_000) if quick else (3, STEPS)
    ours, peers = [], []
    for seed in range(repetitions):  # in turn, so that a slow moment of the machine meets both
        ours.append(our_rate(track, steps, seed))
        peer = peer_rate(track, steps, seed)
        peers += [] if peer is None else [peer]
    yield Result("PPO training, light network, reward in Python", statistics.median(ours), "steps/s",
                 "Stable-Baselines3 PPO" if peers else None, statistics.median(peers) if peers else None)


def settings(track: str) -> Any:
    from trivium.racing.config import TrainConfig

    return TrainConfig(track=track, num_episodes_between_training=CARS)


def our_rate(track: str, steps: int, seed: int) -> float:
    """Steps a second of collecting and learning."""
    import torch

    from trivium.core.spec import default_threads
    from trivium.racing.data import resolve
    from trivium.racing.models import ActionSpace
    from trivium.racing.params import ParamsBuilder
    from trivium.racing.ppo import PPO
    from trivium.racing.rewards.centre_line_progress import reward_function
    from trivium.racing.rollout import Driver, SampleActions
    from trivium.racing.simulator import Simulator

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    config = settings(track)
    road = resolve(track)
    build = ParamsBuilder(road).build
    ppo = PPO(config, threads=default_threads())
    driver = Driver(Simulator(road, CARS, seed=seed, pooled=True), ppo.network, ActionSpace(config.car),
                    lambda rows, _cars: [reward_function(build(row)) for row in rows.tolist()])
    explore, rng = SampleActions(torch.Generator().manual_seed(seed)), np.random.default_rng(seed)
    done, begin, start = 0, 0.0, 0.0
    for iteration in range(10**6):
        if iteration == 1:  # the first one warms up
            done, begin = 0, time.perf_counter()
        starts = (start + np.arange(CARS) * config.start_advance) % 1.0
        start = float(starts[-1] + config.start_advance) % 1.0
        rollout, _ = driver.explore(starts, config.max_steps_per_iteration, iteration, 0, explore)
        assert rollout is not None  # nobody stops a benchmark half-way
        ppo.update(rollout, rng)
        done += len(rollout)
        if iteration > 0 and done >= steps:
            break
    return done / (time.perf_counter() - begin)


def peer_rate(track: str, steps: int, seed: int) -> float | None:
    """The same by Stable-Baselines3; None where it is not installed."""
    try:
        from stable_baselines3 import PPO
    except ImportError:
        return None
    import torch

    from trivium.bench.peer_policy import LightExtractor, VectorAdapter
    from trivium.core.spec import default_threads

    torch.set_num_threads(default_threads())  # its only way to use the cores
    config = settings(track)
    env = VectorAdapter(track, CARS, seed)
    model = PPO("CnnPolicy", env, seed=seed, device="cpu", n_steps=100, batch_size=config.batch_size,
                n_epochs=config.num_epochs, learning_rate=config.lr, gamma=config.discount_factor,
                ent_coef=config.beta_entropy,
                policy_kwargs={"features_extractor_class": LightExtractor, "net_arch": []})
    model.learn(CARS * 100)  # the first one warms up
    begin = time.perf_counter()
    model.learn(steps, reset_num_timesteps=False)
    return steps // (CARS * 100) * (CARS * 100) / (time.perf_counter() - begin)
