"""Train a car: collect drives, learn from them, see how well it drives by itself, and again.

    trivium racing train --track oval --reward reward.py --max-minutes 2 --seed 1 --out run-a

`train` is the whole loop, top to bottom; the algorithm is in `ppo.py`, driving in `rollout.py`, the world in
`simulator.py`. It meets the world outside only through `run`. A resumed training continues bit for bit as if it had
never stopped: everything random or remembered is in the checkpoint of the last finished iteration.
"""

from __future__ import annotations

import random
import time
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

from trivium.core.run import Run
from trivium.racing import live
from trivium.racing.config import TrainConfig
from trivium.racing.data import track_of_run
from trivium.racing.live import LiveView
from trivium.racing.models import ActionSpace
from trivium.racing.ppo import PPO, load_network
from trivium.racing.reward_calls import LearnerReward
from trivium.racing.reward_source import preload
from trivium.racing.rollout import Driver, Episode, EpsilonGreedy, Explorer, SampleActions
from trivium.racing.simulator import Simulator
from trivium.racing.warm import compile_learning, warm_up

SAVE_EVERY_S = 2.0  # between checkpoints that are not a new best; what is saved does not change what is learned
FAILED_LAP_S = 1000.0  # stands for an unfinished lap where the lap time decides, as the original did


@dataclass
class Counters:
    """Where the training stands; all of it is in the checkpoint."""

    iteration: int = 0
    steps: int = 0
    episodes: int = 0
    next_start: float = 0.0
    sim_s: float = 0.0
    best: tuple[float, float] | None = None  # (the chosen metric, mean reward)
    completion: float = 0.0

    def count(self, episodes: list[Episode], greedy: list[Episode], next_start: float) -> None:
        """One more iteration is done."""
        self.iteration += 1
        self.steps += sum(e.steps for e in episodes)
        self.episodes += len(episodes)
        self.next_start = next_start
        self.sim_s += sum(e.time_s for e in episodes)
        self.completion = mean([e.progress for e in greedy])


def prepare(config: TrainConfig, run: Run) -> None:
    """Load and compile everything, while the run may still read files outside its folder."""
    torch.set_num_threads(1)  # whole pieces of work are spread over the cores, not single operations
    preload(run.input("reward.py").read_bytes())
    warm_up(config)
    compile_learning(config)


def train(config: TrainConfig, run: Run) -> None:
    """Train until a stop condition holds or somebody stops it. Ends with the model in RUN/model."""
    rng, generator = seed_everything(run.seed)
    track = track_of_run(run)
    forward = not config.reverse_direction
    roads = {way: track if way else track.reversed() for way in (True, False)}
    cars = max(config.num_episodes_between_training, config.eval_trials)
    view = LiveView(run.folder, cars)
    ppo = PPO(config, run.device, run.threads)
    reward = LearnerReward(run, roads[forward], is_reversed=not forward, n_cars=cars)
    drivers = {way: make_driver(config, run, roads[way], cars, ppo, reward, view)
               for way in ((True, False) if config.alternate_direction else (forward,))}
    explore = make_explorer(config, generator)
    now = restore(run, ppo, reward, drivers, explore, rng, generator) or Counters()
    eval_starts = np.arange(config.eval_trials) / config.eval_trials
    moment = capture(ppo, reward, drivers, explore, rng, generator, now)
    unsaved, last_save = now.iteration == 0, time.monotonic()

    while not run.stopped and (why := reached_an_end(config, run, now)) is None:
        way = forward ^ (config.alternate_direction and now.iteration % 2 == 1)
        driver = drivers[way]
        reward.turn_to(roads[way], is_reversed=not way)
        began = time.monotonic()

        number = now.iteration + 1  # of this iteration; a drive carries it as the metrics do
        view.mark(live.DRIVING, number, now.steps)
        starts = next_starts(config, now, roads[way].is_loop)
        rollout, episodes = driver.explore(starts, config.max_steps_per_iteration, number, now.episodes, explore)
        if run.stopped or rollout is None:
            break  # an unfinished iteration counts for nothing; the next attempt drives it again

        view.mark(live.UPDATING, number, now.steps + len(rollout))
        losses = ppo.update(rollout, rng)
        seconds = time.monotonic() - began
        view.mark(live.EVALUATING, number, now.steps + len(rollout), len(rollout) / seconds)
        greedy = driver.drive_greedily(eval_starts if roads[way].is_loop else np.zeros_like(eval_starts), number)
        if run.stopped:
            break

        now.count(episodes, greedy, next_start=float((starts[-1] + config.start_advance) % 1.0))
        best = improve(config, now, greedy)
        report(run, now, episodes, greedy, losses, len(rollout) / seconds)
        reward.warn_if_slow()
        moment, unsaved = capture(ppo, reward, drivers, explore, rng, generator, now), True
        if best or time.monotonic() - last_save > SAVE_EVERY_S:
            run.save(now.steps, *moment, best=best[1] if best else None)
            unsaved, last_save = False, time.monotonic()
        if best:
            run.set_best(*best, now.steps)  # only what has been saved
        run.progress(now.steps, *progress(config, run, now))

    if unsaved:
        run.save(now.steps, *moment)
    view.mark(live.FINISHED, now.iteration, now.steps)
    reward.close()
    if now.iteration:
        from trivium.racing.deploy import bundle

        bundle(config, run)
        run.note(f"Stopped: {why}." if not run.stopped else "Stopped on request.")


def seed_everything(seed: int) -> tuple[np.random.Generator, torch.Generator]:
    """Ours to draw from; and the global generators, which the learner's code may use."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)
    return np.random.default_rng(seed), torch.Generator().manual_seed(seed)


def make_driver(config: TrainConfig, run: Run, road: Any, cars: int, ppo: PPO, reward: LearnerReward,
                view: LiveView) -> Driver:
    sim = Simulator(road, cars, config.transfer, seed=run.seed, pooled=config.car.network == "light")
    return Driver(sim, ppo.network, ActionSpace(config.car), reward, view, stopped=lambda: run.stopped)


def make_explorer(config: TrainConfig, generator: torch.Generator) -> Explorer:
    if config.exploration_type == "e-greedy":
        return EpsilonGreedy(generator, config.e_greedy_value, config.epsilon_steps)
    return SampleActions(generator)


def next_starts(config: TrainConfig, now: Counters, is_loop: bool) -> np.ndarray:
    """Start places of the next drives, (E,): each `start_advance` of a lap on; an open road's is always its start."""
    if not is_loop:
        return np.zeros(config.num_episodes_between_training)
    return (now.next_start + np.arange(config.num_episodes_between_training) * config.start_advance) % 1.0


def reached_an_end(config: TrainConfig, run: Run, now: Counters) -> str | None:
    """Which stop condition holds, in words. One iteration is always done, so that no training ends without a model."""
    if config.max_minutes is not None and now.iteration and run.elapsed_s >= 60.0 * config.max_minutes:
        return f"the time limit of {config.max_minutes:g} min is over"
    if config.max_iterations is not None and now.iteration >= config.max_iterations:
        return f"{now.iteration} iterations are done"
    if config.max_steps is not None and now.steps >= config.max_steps:
        return f"{now.steps} steps are done"
    if config.stop_at_completion is not None and now.iteration and now.completion >= config.stop_at_completion:
        return f"the car drives {now.completion:.1f} % of a lap by itself"
    return None


def progress(config: TrainConfig, run: Run, now: Counters) -> tuple[float | None, float | None]:
    """How far the nearest limit is, 0..1, and the seconds left to it."""
    shares = [run.elapsed_s / (60.0 * config.max_minutes)] if config.max_minutes else []
    shares += [now.iteration / config.max_iterations] if config.max_iterations else []
    shares += [now.steps / config.max_steps] if config.max_steps else []
    if not shares:
        return None, None
    share = min(max(shares), 1.0)
    return share, run.elapsed_s * (1.0 - share) / max(share, 1e-6)


def mean(values: list[float]) -> float:
    return sum(values) / max(len(values), 1)


def improve(config: TrainConfig, now: Counters, greedy: list[Episode]) -> tuple[str, float] | None:
    """Metric and value where this is the best model so far: by that metric, then by reward, then the newer."""
    laps = [e.time_s if e.status == "lap_complete" else FAILED_LAP_S for e in greedy]
    reward = mean([e.reward for e in greedy])
    metric, value = {"progress": ("completion/evaluation", now.completion), "reward": ("reward/evaluation", reward),
                     "laptime": ("lap_time_s/evaluation", mean(laps))}[config.best_model_metric]
    score = (-value if config.best_model_metric == "laptime" else value, reward)
    if now.best is not None and score < tuple(now.best):
        return None
    now.best = score
    return metric, value


def report(run: Run, now: Counters, episodes: list[Episode], greedy: list[Episode], losses: dict[str, float],
           steps_per_s: float) -> None:
    """One metric event an iteration, and a sample event a drive."""
    laps = [e.time_s for e in greedy if e.status == "lap_complete"]
    for drive in (*episodes, *greedy):
        run.sample(now.steps, "episode", drive.to_dict())
    run.log(now.steps, {
        "iteration": now.iteration, "episodes": now.episodes,
        "reward/training": mean([e.reward for e in episodes]), "reward/evaluation": mean([e.reward for e in greedy]),
        "completion/training": mean([e.progress for e in episodes]), "completion/evaluation": now.completion,
        "completion_rate/evaluation": len(laps) / len(greedy),
        **({"lap_time_s/evaluation": mean(laps)} if laps else {}),
        **{f"losses/{name}": value for name, value in losses.items()},
        "charts/sps": steps_per_s, "charts/sim_s": now.sim_s,
    })


def capture(ppo: PPO, reward: LearnerReward, drivers: dict[bool, Driver], explore: Explorer, rng: np.random.Generator,
            generator: torch.Generator, now: Counters) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Everything from which the training continues exactly: what a checkpoint holds.

    Taken between iterations, and copied: a stop in the middle of the next one saves this moment.
    """
    tensors = {**{name: array.copy(order="K") for name, array in ppo.tensors().items()},
               "rng.torch": generator.get_state().numpy(), "rng.torch_global": torch.get_rng_state().numpy()}
    state = {"counters": asdict(now), "reward": reward.state(), "scale": ppo.scale.state(),
             "rng": rng.bit_generator.state, "explored": getattr(explore, "taken", 0),
             "sims": {str(way): driver.sim.capture() for way, driver in drivers.items()}}
    return tensors, state


def restore(run: Run, ppo: PPO, reward: LearnerReward, drivers: dict[bool, Driver], explore: Explorer,
            rng: np.random.Generator, generator: torch.Generator) -> Counters | None:
    """Go on from the last checkpoint; or start a clone with its parent's weights; or from nothing."""
    checkpoint = run.load_last()
    if checkpoint is None:
        start = run.load_start()
        if start is not None:
            load_network(ppo.network, start.tensors)
        return None
    state = checkpoint.state
    ppo.restore(checkpoint.tensors)
    ppo.scale.restore(state["scale"])
    reward.restore(state["reward"])
    rng.bit_generator.state = state["rng"]
    generator.set_state(torch.from_numpy(checkpoint.tensors["rng.torch"].copy()))
    torch.set_rng_state(torch.from_numpy(checkpoint.tensors["rng.torch_global"].copy()))
    if isinstance(explore, EpsilonGreedy):
        explore.taken = state["explored"]
    for way, driver in drivers.items():
        driver.sim.restore(state["sims"][str(way)])
    counters = Counters(**state["counters"])
    counters.best = (counters.best[0], counters.best[1]) if counters.best else None
    return counters
