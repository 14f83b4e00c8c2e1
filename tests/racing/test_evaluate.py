"""Races driven by a script: what a mistake costs, when a trial ends, and what the report says of it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import binomtest

from trivium.core.intervals import wilson
from trivium.racing.config import EvaluateConfig
from trivium.racing.evaluate import Race
from trivium.racing.evaluate_report import clock, report_lines
from trivium.racing.params import ROW_NDIST
from trivium.racing.simulator import YAW, Simulator, X, Y
from trivium.racing.tracks.loading import load_track

STEP_S = 1 / 15


class Script:
    """Network and action space in one: follows the centre line, but where `mistake(driven frames)` says so."""

    def __init__(self, sim: Simulator, mistake: Any = lambda frame: None, speed_mps: float = 1.5) -> None:
        self.sim, self.mistake, self.speed_mps = sim, mistake, speed_mps
        self.race: Race | None = None
        self.frames = np.zeros(sim.n_cars, int)  # driven by each car

    def __call__(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.zeros(len(pictures)), torch.zeros(len(pictures))

    def at_wheel(self) -> Script:
        return self

    def greedy(self, outputs: torch.Tensor) -> torch.Tensor:
        return outputs

    def commands(self, actions: np.ndarray) -> np.ndarray:
        assert self.race is not None
        cars = [i for i, t in enumerate(self.race.trials) if not t.over and not t.hold_frames]
        assert len(cars) == len(actions)
        return np.array([self.mistake(self.frames[car] - 1) or self.follow(car) for car in self.count(cars)])

    def count(self, cars: list[int]) -> list[int]:
        self.frames[cars] += 1
        return cars

    def follow(self, car: int) -> tuple[float, float]:
        track, (x, y, yaw) = self.sim.track, self.sim.state[car, (X, Y, YAW)]
        nearest = np.hypot(*(track.centre - (x, y)).T).argmin()
        arc = (track.arc_m[nearest] + 0.5) % track.length_m
        goal = np.array([np.interp(arc, track.arc_m, track.centre[:, k]) for k in (0, 1)]) - (x, y)
        angle = math.atan2(goal[1], goal[0]) - yaw
        return self.speed_mps, math.degrees(math.atan(2 * 0.32 * math.sin(angle) / math.hypot(*goal)))


def race(mistake: Any = lambda frame: None, speed_mps: float = 1.5, **config: Any) -> tuple[Race, Script]:
    """A whole race on the oval."""
    settings = EvaluateConfig.model_validate({"trials": 1, "pose_noise": 0.0, **config})
    sim = Simulator(load_track("oval"), 1 if settings.continuous else settings.trials, pooled=True)
    script = Script(sim, mistake, speed_mps)
    made: Any = script
    script.race = driven = Race(settings, sim, made, made, seed=1)
    while driven.step():
        assert driven.steps < 20_000
    return driven, script


def leave_the_road(*frames: int) -> Any:
    """Full left for a second from each of these frames on: enough to be off the road once."""
    return lambda frame: next(((2.0, 30.0) for start in frames if start <= frame < start + 13), None)


def test_a_clean_lap_takes_as_long_as_it_took():
    driven, script = race()
    trial = driven.trials[0]
    assert (trial.status, trial.completion_percentage) == ("lap_complete", 100.0)
    assert trial.lap_times_s == [pytest.approx(script.frames[0] * STEP_S)]
    assert trial.lap_times_s[0] == pytest.approx(load_track("oval").length_m / 1.5, rel=0.1)
    assert (trial.off_track_count, trial.reset_count, trial.penalty_s) == (0, 0, 0.0)


@pytest.mark.parametrize("penalty_s", [0.0, 2.0, 3.0, 5.0])
def test_an_off_track_lap_is_driving_time_plus_the_penalty_once(penalty_s):
    driven, script = race(leave_the_road(30), resets=5, off_track_penalty_s=penalty_s)
    trial = driven.trials[0]
    assert (trial.status, trial.off_track_count, trial.reset_count) == ("lap_complete", 1, 1)
    assert trial.penalty_s == penalty_s
    assert trial.lap_times_s == [pytest.approx(script.frames[0] * STEP_S + penalty_s, abs=1e-9)]
    assert trial.time_s == pytest.approx(trial.lap_times_s[0])


def test_in_continuous_laps_a_penalty_counts_once_and_in_its_own_lap():
    clean, _ = race(trials=3, continuous=True)
    frames = round(clean.trials[0].lap_times_s[0] / STEP_S)
    driven, script = race(leave_the_road(frames + 20), trials=3, continuous=True, resets=1)
    trial = driven.trials[0]
    assert (trial.status, len(trial.lap_times_s), trial.off_track_count) == ("lap_complete", 3, 1)
    assert sum(trial.lap_times_s) == pytest.approx(script.frames[0] * STEP_S + 2.0)
    assert sum(trial.lap_times_s) == pytest.approx(trial.time_s)
    assert trial.lap_times_s[0] == clean.trials[0].lap_times_s[0]
    assert trial.lap_times_s[1] > clean.trials[0].lap_times_s[1] + 1.0
    # rolling on, a lap needs no start from rest
    assert clean.trials[0].lap_times_s[1] <= clean.trials[0].lap_times_s[0]
    assert (driven.report(1, "oval")["n"], driven.report(1, "oval")["completion_rate"]) == (1, 1.0)


@pytest.mark.parametrize("resets", [0, 1, 3])
def test_the_trial_ends_when_no_reset_is_left(resets):
    driven, _ = race(lambda frame: (2.0, 30.0), resets=resets)
    trial = driven.trials[0]
    assert (trial.status, trial.reset_count, trial.off_track_count) == ("off_track", resets, resets + 1)
    assert trial.penalty_s == 2.0 * resets
    assert trial.lap_times_s == [] and 0.0 < trial.completion_percentage < 60.0


def test_the_reset_limit_counts_over_all_laps_when_continuous():
    driven, _ = race(leave_the_road(30, 130, 230), trials=5, continuous=True, resets=2)
    assert (driven.trials[0].status, driven.trials[0].off_track_count) == ("off_track", 3)


def test_a_car_is_put_back_on_a_lane_abreast_of_where_it_left_and_stands_out_its_penalty():
    driven, _ = race(leave_the_road(30), resets=1)
    path = driven.replay("oval")["trials"][0]
    speed = np.array(path["speed"])
    rests = np.flatnonzero(speed[31:] == 0.0) + 31
    assert len(rests) == 31  # thirty frames of penalty, and the first that drives again
    track = load_track("oval")
    place = np.array([path["x"][rests[0]], path["y"][rests[0]]])
    gap = np.hypot(*(track.centre - place).T)
    assert gap.min() == pytest.approx(track.width_m / 4, rel=0.1)
    left_at = np.array([path["x"][rests[0] - 1], path["y"][rests[0] - 1]])
    assert math.dist(place, left_at) < track.width_m
    assert {(path["x"][k], path["y"][k]) for k in rests} == {tuple(place)}


def test_a_jump_of_the_nearest_place_is_no_short_cut():
    """Off the road the nearest centre-line place can be far on; the car goes back to where it was on the road."""
    settings = EvaluateConfig(trials=1, pose_noise=0.0, resets=1)
    sim = Simulator(load_track("oval"), 1, pooled=True)
    script: Any = Script(sim)
    script.race = driven = Race(settings, sim, script, script, seed=1)
    for _ in range(20):
        driven.step()
    before = sim.rows[0, ROW_NDIST]
    sim.state[0, (X, Y)] = load_track("oval").outer[len(load_track("oval").outer) * 2 // 5] * 1.5
    driven.step()
    assert driven.trials[0].off_track_count == 1
    assert abs(sim.rows[0, ROW_NDIST] - before) > 0.1
    while driven.trials[0].hold_frames:
        driven.step()
    driven.step()
    assert sim.rows[0, ROW_NDIST] - before == pytest.approx(0.0, abs=0.02)


def test_time_is_up_after_the_limit_even_while_standing_still():
    driven, _ = race(speed_mps=0.3, time_limit_s=4.0)
    assert (driven.trials[0].status, driven.trials[0].time_s) == ("time_up", pytest.approx(4.0))
    assert 0.0 < driven.trials[0].completion_percentage < 50.0
    driven, _ = race(lambda frame: (2.0, 30.0), resets=100, off_track_penalty_s=30.0, time_limit_s=10.0)
    assert (driven.trials[0].status, driven.trials[0].time_s) == ("time_up", pytest.approx(10.0))


def test_reversed_costs_the_off_track_penalty():
    settings = EvaluateConfig(trials=1, pose_noise=0.0, resets=1, off_track_penalty_s=1.0)
    sim = Simulator(load_track("oval"), 1, pooled=True)
    script: Any = Script(sim, lambda frame: (0.5, 0.0) if frame < 20 else None)
    script.race = driven = Race(settings, sim, script, script, seed=1)
    sim.state[0, YAW] += math.pi
    while driven.step():
        pass
    trial = driven.trials[0]
    assert (trial.status, trial.reversed_count, trial.off_track_count, trial.penalty_s) == ("lap_complete", 1, 0, 1.0)


def test_the_report_keeps_its_promises():
    driven, _ = race(leave_the_road(30), trials=4, pose_noise=0.5)
    report = driven.report(9, "oval")
    assert {"trials", "completion_rate", "interval", "best_lap_s", "median_lap_s", "n", "seed", "track",
            "checkpoint"} <= set(report)
    assert (report["n"], report["seed"], report["track"], report["checkpoint"]) == (4, 9, "oval", "best")
    keys = {"completion_percentage", "lap_times_s", "off_track_count", "crash_count", "reset_count", "penalty_s",
            "status", "time_s"}
    assert all(keys <= set(row) for row in report["trials"])
    assert report["completion_rate"] == 0.0 and report["best_lap_s"] is None and report["median_lap_s"] is None
    assert len(report_lines(report)) == 6
    good = race(trials=4, pose_noise=0.5)[0].report(9, "oval")
    laps = [lap for row in good["trials"] for lap in row["lap_times_s"]]
    assert len(laps) == 4 and good["best_lap_s"] == min(laps)
    assert good["median_lap_s"] == pytest.approx(np.median(laps), abs=1e-3)
    assert good["interval"] == pytest.approx(list(wilson(4, 4)))


def test_the_replay_has_a_number_a_frame_in_every_list():
    driven, script = race(leave_the_road(30), resets=1, trials=2)
    replay = driven.replay("oval")
    assert replay["dt_s"] == pytest.approx(STEP_S) and replay["track"] == "oval"
    for trial, path, frames in zip(driven.trials, replay["trials"], script.frames, strict=True):
        assert set(path) == {"x", "y", "yaw", "speed", "steer", "progress", "reward"}
        assert {len(values) for values in path.values()} == {frames + 30}
        assert trial.time_s == pytest.approx((frames + 30) * STEP_S)
        assert set(path["reward"]) <= {1.0, 0.5, 0.1, 1e-3, 0.0}


def test_start_noise_is_seeded_and_spread_starts_are_spread():
    def starts(seed: int, **config: Any) -> np.ndarray:
        sim = Simulator(load_track("oval"), 4, pooled=True)
        script: Any = Script(sim)
        Race(EvaluateConfig.model_validate({"trials": 4, **config}), sim, script, script, seed=seed)
        return sim.state[:, (X, Y, YAW)].copy()

    assert (starts(1) == starts(1)).all() and (starts(1) != starts(2)).any()
    assert np.ptp(starts(1, pose_noise=0.0), axis=0) == pytest.approx(0.0)
    assert np.ptp(starts(1, pose_noise=0.0, start_spread=True), axis=0).min() > 1.0


@pytest.mark.parametrize(("k", "n"), [(0, 1), (1, 1), (0, 5), (3, 5), (5, 5), (19, 20), (50, 100)])
def test_the_interval_is_wilsons(k, n):
    reference = binomtest(k, n).proportion_ci(0.95, method="wilson")
    assert wilson(k, n) == pytest.approx((reference.low, reference.high), abs=2e-6)
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("seconds", "text"), [(None, "-"), (0.0, "00:00.000"), (12.2834, "00:12.283"),
                                               (59.9996, "01:00.000"), (754.5, "12:34.500")])
def test_lap_times_are_written_as_racers_do(seconds, text):
    assert clock(seconds) == text
