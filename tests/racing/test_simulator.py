"""The simulator's steps, facts and ends; whole laps by a controller that knows the way; the same whatever the load."""

from __future__ import annotations

import math
import os
import subprocess
import sys

import numpy as np
import pytest

from trivium.racing.car import STEP_S
from trivium.racing.config import TransferConfig
from trivium.racing.params import (
    ROW_ALL_WHEELS_ON_TRACK,
    ROW_DISTANCE_FROM_CENTER,
    ROW_IS_OFFTRACK,
    ROW_PROGRESS,
    ROW_SIM_TIME_S,
    ROW_SPEED,
    ROW_STEERING_ANGLE,
    ROW_STEPS,
    ROW_X,
    ROW_Y,
    ParamsBuilder,
)
from trivium.racing.simulator import PATIENCE_STEPS, SPEED, YAW, Simulator, Status, X, Y
from trivium.racing.track import Track
from trivium.racing.tracks.loading import gallery, load_track

ONE = np.array([0])
AHEAD_M = 0.14  # of the front point, by the contract


@pytest.fixture
def sim() -> Simulator:
    made = Simulator(load_track("oval"), 1)
    made.reset(ONE, np.array([0.0]))
    return made


def step(sim: Simulator, speed_mps: float = 1.0, steer_deg: float = 0.0) -> tuple[np.ndarray, Status]:
    rows, status = sim.judge(ONE, np.array([[speed_mps, steer_deg]]))
    sim.advance(ONE)
    return rows[0], Status(int(status[0]))


def test_the_first_judged_step_is_the_second(sim):
    """Step 1 is the prepare step, which is never rewarded."""
    for expected in (2.0, 3.0, 4.0):
        row, _ = step(sim)
        assert row[ROW_STEPS] == expected
        assert row[ROW_SIM_TIME_S] == pytest.approx((expected - 1) * STEP_S)


def test_facts_are_of_the_pose_before_the_action_and_of_the_action_itself(sim):
    x, y, yaw = sim.state[0, (X, Y, YAW)]
    row, _ = step(sim, 3.0, -20.0)
    assert (row[ROW_X], row[ROW_Y]) == pytest.approx((x + AHEAD_M * math.cos(yaw), y + AHEAD_M * math.sin(yaw)))
    assert (row[ROW_SPEED], row[ROW_STEERING_ANGLE]) == (3.0, -20.0)
    assert row[ROW_PROGRESS] == pytest.approx(100 * AHEAD_M / sim.track.length_m, rel=1e-3)
    moved_x, moved_y, moved_yaw = sim.state[0, (X, Y, YAW)]
    assert math.dist((x, y), (moved_x, moved_y)) > 0.01
    row, _ = step(sim, 0.5, 7.0)
    assert (row[ROW_X], row[ROW_Y]) == pytest.approx(
        (moved_x + AHEAD_M * math.cos(moved_yaw), moved_y + AHEAD_M * math.sin(moved_yaw)))


def test_the_reward_sees_what_was_asked_for_though_the_car_cannot_do_it(sim):
    row, _ = step(sim, 9.0, -75.0)
    params = ParamsBuilder(sim.track).build(row.tolist())
    assert (params["speed"], params["steering_angle"], params["steps"]) == (9.0, -75.0, 2.0)
    for _ in range(40):
        step(sim, 9.0, 0.0)
    assert sim.state[0, SPEED] == pytest.approx(4.0, rel=1e-3)


def test_an_episode_starts_on_the_centre_line_at_rest():
    sim = Simulator(load_track("oval"), 20)
    sim.reset(np.arange(20), np.arange(20) / 20)
    for car in range(20):
        at = car / 20 * sim.track.length_m
        place = [np.interp(at, sim.track.arc_m, sim.track.centre[:, k]) for k in (0, 1)]
        assert sim.state[car, (X, Y)] == pytest.approx(place, abs=1e-9)
        assert sim.state[car, SPEED] == 0.0


def test_leaving_the_road_with_all_wheels_ends_the_drive(sim):
    for _ in range(100):
        row, status = step(sim, 1.0, 30.0)
        if status != Status.DRIVING:
            break
        assert row[ROW_IS_OFFTRACK] == 0.0
    assert status == Status.OFF_TRACK
    assert row[ROW_IS_OFFTRACK] == 1.0 and row[ROW_ALL_WHEELS_ON_TRACK] == 0.0
    assert row[ROW_DISTANCE_FROM_CENTER] > sim.track.width_m / 2


def test_driving_backwards_ends_the_drive_after_fifteen_steps():
    sim = Simulator(load_track("oval"), 1)
    sim.reset(ONE, np.array([0.1]), turn_rad=math.pi)
    statuses = [step(sim, 0.5)[1] for _ in range(PATIENCE_STEPS)]
    assert statuses == [Status.DRIVING] * 14 + [Status.REVERSED]


def test_one_step_forwards_forgives_the_steps_backwards():
    sim = Simulator(load_track("oval"), 1)
    sim.reset(ONE, np.array([0.1]), turn_rad=math.pi)
    for _ in range(10):
        assert step(sim, 0.5)[1] == Status.DRIVING
    sim.state[0, YAW] += math.pi
    step(sim, 0.5)
    sim.state[0, YAW] += math.pi
    assert [step(sim, 0.5)[1] for _ in range(14)] == [Status.DRIVING] * 14


def test_standing_still_ends_the_drive_after_fifteen_steps(sim):
    command = np.array([[1.0, 0.0]])
    statuses = [int(sim.judge(ONE, command)[1][0]) for _ in range(PATIENCE_STEPS + 1)]
    assert statuses == [Status.DRIVING] * 15 + [Status.IMMOBILIZED]  # the first pose has none before it


def test_complete_wins_over_off_track(sim):
    left = sim.state[0, YAW] + math.pi / 2
    sim.state[0, (X, Y)] += 1.5 * sim.track.width_m * np.array([math.cos(left), math.sin(left)])
    sim.state[0, 5] = 99.9  # progress so far, at the end of a lap
    rows, status = sim.judge(ONE, np.array([[1.0, 0.0]]))
    assert (rows[0, ROW_IS_OFFTRACK], rows[0, ROW_PROGRESS]) == (1.0, 100.0)
    assert status[0] == Status.LAP_COMPLETE


def pursue(track: Track, sim: Simulator, ahead_m: float = 0.45) -> float:
    """Steering, deg, towards a point further along the centre line: pure pursuit from the rear axle."""
    x, y, yaw = sim.state[0, (X, Y, YAW)]
    rear = np.array([x - 0.0817 * math.cos(yaw), y - 0.0817 * math.sin(yaw)])
    arc = sim.rows[0, 15] * track.length_m - AHEAD_M + ahead_m if sim.rows[0, ROW_STEPS] else ahead_m
    arc = arc % track.length_m if track.is_loop else min(arc, track.length_m)
    goal = np.array([np.interp(arc, track.arc_m, track.centre[:, k]) for k in (0, 1)]) - rear
    angle = math.atan2(goal[1], goal[0]) - yaw
    return math.degrees(math.atan(2.0 * 0.32 * math.sin(angle) / math.hypot(*goal)))


@pytest.mark.parametrize("reverse", [False, True], ids=("forwards", "reversed"))
@pytest.mark.parametrize("track_id", [card.id for card in gallery()])
def test_a_driver_who_follows_the_centre_line_completes_every_lap(track_id, reverse):
    track = load_track(track_id)
    track = track.reversed() if reverse else track
    sim = Simulator(track, 1)
    sim.reset(ONE, np.array([0.0]))
    steps, status, last = 0, Status.DRIVING, 0.0
    while status == Status.DRIVING and steps < 3000:
        row, status = step(sim, 1.0, pursue(track, sim))
        assert row[ROW_PROGRESS] >= last - 0.5
        last, steps = row[ROW_PROGRESS], steps + 1
    assert status == Status.LAP_COMPLETE, f"{status!r} at {last:.1f} %"
    assert 0.85 * track.length_m <= steps * STEP_S <= 1.1 * track.length_m + 0.5  # at 1 m/s


SCRIPT = """
import hashlib, sys
import numba, numpy as np
from trivium.racing.config import TransferConfig
from trivium.racing.simulator import Simulator
from trivium.racing.tracks.loading import load_track

numba.set_num_threads(int(sys.argv[1]))
for seed in (1, 1, 2):
    sim = Simulator(load_track("oval"), 16, TransferConfig(light=0.5, texture=0.5, camera=0.5), seed)
    rng, cars = np.random.default_rng(seed), np.arange(16)
    digest, pictures = hashlib.sha256(), sim.picture_buffer()
    sim.reset(cars, rng.random(16))
    for _ in range(100):
        digest.update(sim.draw(cars, pictures).tobytes())
        rows, status = sim.judge(cars, np.stack([rng.uniform(0.5, 3, 16), rng.uniform(-30, 30, 16)], axis=1))
        sim.advance(cars)
        digest.update(rows.tobytes() + status.tobytes() + sim.state.tobytes())
        over = cars[status != 0]
        sim.reset(over, rng.random(len(over)))
    print(digest.hexdigest())
"""


def traces(threads: int) -> list[str]:
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(threads)], capture_output=True, text=True,
                          timeout=240, env={**os.environ, "NUMBA_NUM_THREADS": "2"})
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_same_seed_same_pictures_and_poses_on_any_number_of_threads_and_under_load():
    alone = traces(1)
    assert alone[0] == alone[1] != alone[2]
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(3)]
    try:
        assert traces(2) == alone
    finally:
        for process in busy:
            process.kill()
            process.wait()


def test_an_open_road_is_driven_from_end_to_end():
    x = np.linspace(0.0, 6.0, 61)
    zero = np.zeros_like(x)
    rows = np.stack([x, zero, x, zero + 0.4, x, zero - 0.4], axis=1)
    sim = Simulator(Track("road", "Road", rows, is_loop=False), 1)
    sim.reset(ONE, np.array([0.0]))
    statuses = []
    while len(statuses) < 300 and (not statuses or statuses[-1] == Status.DRIVING):
        row, status = step(sim, 2.0)
        statuses.append(status)
    assert statuses[-1] == Status.LAP_COMPLETE
    assert row[ROW_PROGRESS] == 100.0
    assert len(statuses) * STEP_S == pytest.approx(6.0 / 2.0, abs=0.4)


def test_put_back_stands_the_car_on_its_lane_with_its_progress(sim):
    for _ in range(20):
        row, _ = step(sim, 1.0)
    progress = row[ROW_PROGRESS]
    sim.put_back(0, 0.25, left_m=0.2)
    x, y, yaw, speed = sim.state[0, (X, Y, YAW, SPEED)]
    at = 0.25 * sim.track.length_m
    centre = np.array([np.interp(at, sim.track.arc_m, sim.track.centre[:, k]) for k in (0, 1)])
    assert math.dist((x, y), centre) == pytest.approx(0.2, abs=1e-6)
    left = (x - centre[0]) * -math.sin(yaw) + (y - centre[1]) * math.cos(yaw)
    assert left == pytest.approx(0.2, abs=1e-6)
    assert speed == 0.0
    assert sim.state[0, 5] == progress and sim.state[0, 7] == 21.0


def test_a_captured_state_goes_on_the_same():
    sim = Simulator(load_track("oval"), 1, TransferConfig(light=1.0, camera=1.0), seed=9)
    sim.reset(ONE, np.array([0.0]))
    kept = sim.capture()
    sim.reset(ONE, np.array([0.0]))
    after = sim.light.copy(), sim.draw(ONE, sim.picture_buffer())
    other = Simulator(load_track("oval"), 1, TransferConfig(light=1.0, camera=1.0), seed=9)
    assert other.light.tolist() == [[1.0, 0.0]]
    other.restore(kept)
    other.reset(ONE, np.array([0.0]))
    assert (other.light == after[0]).all()
    assert (other.draw(ONE, other.picture_buffer()) == after[1]).all()
