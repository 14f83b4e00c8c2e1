"""How well a trained car drives: laps against the clock, by the rules of a race.

    trivium racing evaluate run-a --track oval --trials 5 --json

A trial is a drive from the start line to a whole lap. A mistake ends it, or costs a reset while resets are allowed: the
car is put back and stands still for the penalty. A penalty is time served on the simulated clock, so lap times contain
it already. In continuous mode all laps are one drive. No code of a learner runs here, only their weights.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from trivium.core import files
from trivium.core.intervals import wilson
from trivium.core.run import Run
from trivium.racing import live
from trivium.racing.car import STEP_S
from trivium.racing.config import EvaluateConfig, TrainConfig
from trivium.racing.data import track_of_run
from trivium.racing.live import LiveView
from trivium.racing.models import ActionSpace, ActorCritic
from trivium.racing.params import (
    ROW_DISTANCE_FROM_CENTER,
    ROW_IS_LEFT_OF_CENTER,
    ROW_NDIST,
    ROW_PROGRESS,
    ROW_TRACK_WIDTH,
)
from trivium.racing.ppo import load_network
from trivium.racing.simulator import PROGRESS, SPEED, STATUS_LABELS, YAW, Simulator, Status, X, Y
from trivium.racing.warm import warm_up

Floats = NDArray[np.float64]

NOISE_M, NOISE_RAD = 0.05, np.radians(5.0)  # of a start pose at full noise
SHOWN_TRIALS = 20  # in the replay


@dataclass
class Trial:
    """One car's drive and its book-keeping."""

    lap_times_s: list[float] = field(default_factory=list)
    off_track_count: int = 0
    crash_count: int = 0
    reversed_count: int = 0
    immobilized_count: int = 0
    reset_count: int = 0
    penalty_s: float = 0.0
    time_s: float = 0.0
    lap_began_s: float = 0.0
    hold_frames: int = 0  # of a penalty still to serve
    seen_ndist: float = 0.0  # along the track one frame ago: where a mistake puts the car back
    completion_percentage: float = 0.0
    status: str = "in_progress"
    path: dict[str, list[float]] = field(
        default_factory=lambda: {k: [] for k in ("x", "y", "yaw", "speed", "steer", "progress", "reward")})

    @property
    def over(self) -> bool:
        return self.status != "in_progress"

    def to_dict(self) -> dict[str, Any]:
        """The row of the result table."""
        return {"completion_percentage": round(self.completion_percentage, 2),
                "lap_times_s": [round(t, 3) for t in self.lap_times_s], "off_track_count": self.off_track_count,
                "crash_count": self.crash_count, "reversed_count": self.reversed_count,
                "immobilized_count": self.immobilized_count, "reset_count": self.reset_count,
                "penalty_s": round(self.penalty_s, 3), "status": self.status, "time_s": round(self.time_s, 3)}


def prepare(config: EvaluateConfig, run: Run) -> None:
    """Load and compile everything, while the run may still read files outside its folder."""
    torch.set_num_threads(1)  # a few cars are too little work to divide
    warm_up(training_config(run))
    if config.video:
        import av  # noqa: F401  its libraries cannot be found later


def evaluate(config: EvaluateConfig, run: Run) -> None:
    """Drive the trials, and write out/evaluation.json, out/replay.json and out/drive.mp4."""
    network, trained = load_model(run)
    track = track_of_run(run)
    road = track.reversed() if config.reverse_direction else track
    cars = 1 if config.continuous else config.trials
    sim = Simulator(road, cars, seed=run.seed, pooled=trained.car.network == "light")
    view = LiveView(run.folder, cars)
    view.mark(live.EVALUATING, 0, 0)
    race = Race(config, sim, network, ActionSpace(trained.car), seed=run.seed)
    while not run.stopped and race.step(view):
        run.progress(race.steps, race.share())
    report = race.report(run.seed, track.id)
    files.atomic_write(run.out("evaluation.json"), json.dumps(report, indent=1))
    files.atomic_write(run.out("replay.json"), json.dumps(race.replay(track.id)))
    run.log(race.steps, {"completion_rate": report["completion_rate"], "best_lap_s": report["best_lap_s"],
                         "median_lap_s": report["median_lap_s"]})
    run.set_best("completion_rate", report["completion_rate"], race.steps)
    if config.video and not run.stopped:
        from trivium.racing.video import film

        film(run.out("drive.mp4"), sim, race.trials[0].path)
    view.mark(live.FINISHED, 0, race.steps)


def training_config(run: Run) -> TrainConfig:
    """The config that the model was trained with."""
    return TrainConfig.model_validate(json.loads(run.input("model.json").read_text(encoding="utf-8"))["config"])


def load_model(run: Run) -> tuple[ActorCritic, TrainConfig]:
    """The network in RUN/inputs/model.safetensors."""
    from safetensors.numpy import load_file

    trained = training_config(run)
    network = ActorCritic(trained.car)
    load_network(network, load_file(run.input("model.safetensors")))
    return network.eval(), trained


def centre_line_reward(row: Floats) -> float:
    """The same for every model, as no learner's code runs here: how near the car is to the centre line."""
    share = row[ROW_DISTANCE_FROM_CENTER] / row[ROW_TRACK_WIDTH]
    return 1.0 if share <= 0.1 else 0.5 if share <= 0.25 else 0.1 if share <= 0.5 else 1e-3


class Race:
    """All trials at once, one car each (continuous: one car, lap after lap)."""

    def __init__(self, config: EvaluateConfig, sim: Simulator, network: ActorCritic, actions: ActionSpace,
                 seed: int) -> None:
        self.config, self.sim, self.network, self.actions = config, sim, network, actions
        self.pictures, self.forward = sim.picture_buffer(), network.at_wheel()
        self.trials = [Trial() for _ in range(sim.n_cars)]
        self.laps = config.trials if config.continuous else 1
        self.steps = 0
        rng = np.random.default_rng(seed)
        n = sim.n_cars
        spread = config.start_spread and sim.geometry.is_loop
        starts = np.arange(n) / n if spread else np.zeros(n)
        noise = config.pose_noise * rng.uniform(-1.0, 1.0, (n, 2))
        sim.reset(np.arange(n), starts, noise[:, 0] * NOISE_M, noise[:, 1] * NOISE_RAD)
        for trial, start in zip(self.trials, starts.tolist(), strict=True):
            trial.seen_ndist = start

    def step(self, view: LiveView | None = None) -> bool:
        """One frame for every trial that goes on. False when all are over."""
        cars = np.array([i for i, t in enumerate(self.trials) if not t.over], np.int64)
        if len(cars) == 0:
            return False
        moving = cars[[self.trials[i].hold_frames == 0 for i in cars]]
        for i in cars:
            if self.trials[i].hold_frames:
                self._serve(int(i))
        if len(moving):
            self._drive(moving)
            if view is not None:
                view.see(self.sim, moving, [0.0] * len(moving))
        self.steps += len(cars)
        return True

    @torch.no_grad()
    def _drive(self, cars: NDArray[np.int64]) -> None:
        outputs, _ = self.forward(torch.from_numpy(self.sim.draw(cars, self.pictures)))
        commands = self.actions.commands(self.network.greedy(outputs).numpy())
        rows, statuses = self.sim.judge(cars, commands)
        for car, row, command, status in zip(cars.tolist(), rows, commands, statuses.tolist(), strict=True):
            trial = self.trials[car]
            trial.time_s += STEP_S
            done = 100.0 * len(trial.lap_times_s) + row[ROW_PROGRESS]
            trial.completion_percentage = max(0.0, min(done / self.laps, 100.0))
            self._record(car, command[1], centre_line_reward(row))
            if status == Status.LAP_COMPLETE:
                self._book_lap(car)
            elif status != Status.DRIVING:
                self._fail(car, Status(status), row)
            if status in (Status.DRIVING, Status.LAP_COMPLETE):
                trial.seen_ndist = float(row[ROW_NDIST])
            self._look_at_clock(trial)
        held = np.array([self.trials[i].hold_frames > 0 or self.trials[i].over for i in cars], bool)
        self.sim.advance(cars[~held])

    def _serve(self, car: int) -> None:
        """A frame of standing still."""
        trial = self.trials[car]
        trial.hold_frames -= 1
        trial.time_s += STEP_S
        self._record(car, 0.0, 0.0)
        self._look_at_clock(trial)

    def _look_at_clock(self, trial: Trial) -> None:
        # to the nearest frame: sums of 1/15 s fall a hair short of whole seconds
        if not trial.over and trial.time_s > self.config.time_limit_s * self.laps - STEP_S / 2:
            trial.status = STATUS_LABELS[Status.TIME_UP]

    def _record(self, car: int, steer: float, reward: float) -> None:
        s, path = self.sim.state[car], self.trials[car].path
        for key, value in (("x", s[X]), ("y", s[Y]), ("yaw", s[YAW]), ("speed", s[SPEED]), ("steer", steer),
                           ("progress", s[PROGRESS]), ("reward", reward)):
            path[key].append(round(float(value), 4))

    def _book_lap(self, car: int) -> None:
        trial = self.trials[car]
        trial.lap_times_s.append(trial.time_s - trial.lap_began_s)
        trial.lap_began_s = trial.time_s
        self.sim.state[car, PROGRESS] = 0.0  # the next lap's progress begins at nothing; the car rolls on
        if len(trial.lap_times_s) >= self.laps:
            trial.status = STATUS_LABELS[Status.LAP_COMPLETE]

    def _fail(self, car: int, status: Status, row: Floats) -> None:
        """Count the mistake; put the car back and let it serve its penalty, or end the trial."""
        trial, c = self.trials[car], self.config
        trial.off_track_count += status == Status.OFF_TRACK
        trial.crash_count += status == Status.CRASHED
        trial.reversed_count += status == Status.REVERSED
        trial.immobilized_count += status == Status.IMMOBILIZED
        if trial.reset_count >= c.resets:
            trial.status = STATUS_LABELS[status]
            return
        trial.reset_count += 1
        penalty = {Status.CRASHED: c.collision_penalty_s, Status.IMMOBILIZED: 0.0}.get(status, c.off_track_penalty_s)
        trial.penalty_s += penalty
        trial.hold_frames = round(penalty / STEP_S)
        # the nearer of the two lanes, abreast of the last frame on the track: off it, the nearest place may be far away
        lane_m = row[ROW_TRACK_WIDTH] / 4.0
        self.sim.put_back(car, trial.seen_ndist, lane_m if row[ROW_IS_LEFT_OF_CENTER] else -lane_m)

    def share(self) -> float:
        return float(np.mean([1.0 if t.over else t.completion_percentage / 100.0 for t in self.trials]))

    def report(self, seed: int, track: str) -> dict[str, Any]:
        """out/evaluation.json; the interval is a 95 % Wilson score interval of the completion rate."""
        rows = self._rows()
        laps = sorted(t for trial in self.trials for t in trial.lap_times_s)
        complete = sum(row["completion_percentage"] >= 100.0 for row in rows)
        return {"trials": rows, "completion_rate": complete / len(rows), "interval": list(wilson(complete, len(rows))),
                "best_lap_s": round(laps[0], 3) if laps else None,
                "median_lap_s": round(float(np.median(laps)), 3) if laps else None, "n": len(rows), "seed": seed,
                "track": track, "checkpoint": self.config.checkpoint}

    def _rows(self) -> list[dict[str, Any]]:
        return [trial.to_dict() for trial in self.trials]

    def replay(self, track: str) -> dict[str, Any]:
        """out/replay.json: every frame of the first trials."""
        return {"dt_s": STEP_S, "track": track, "trials": [trial.path for trial in self.trials[:SHOWN_TRIALS]]}
