"""The car drives as the original was measured to drive: figures by hand, and a finer integration of the equations."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from trivium.racing import car

State = tuple[float, float, float, float, float]  # x m, y m, yaw rad, speed m/s, yaw rate rad/s
REST: State = (0.0, 0.0, 0.0, 0.0, 0.0)


def driven(steps: int, speed_mps: float, steer_deg: float, state: State = REST) -> list[State]:
    states = [state]
    for _ in range(steps):
        states.append(car.drive(*states[-1], speed_mps, steer_deg))
    return states


def path_curvature(states: list[State]) -> float:
    """1/m of the circle through three positions of the origin."""
    (ax, ay), (bx, by), (cx, cy) = (np.array(s[:2]) for s in (states[0], states[len(states) // 2], states[-1]))
    area2 = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    sides = math.dist((ax, ay), (bx, by)) * math.dist((bx, by), (cx, cy)) * math.dist((cx, cy), (ax, ay))
    return 2.0 * area2 / sides


@pytest.mark.parametrize(("steer_deg", "least", "most"), [
    (25.0, 1.4, 1.5),  # the measured figure of the original's current physics
    (-25.0, -1.5, -1.4),
    (30.0, 1 / 0.57, 1 / 0.53),  # a turning radius near 0.55 m
])
def test_a_steady_bend_is_as_tight_as_measured(steer_deg, least, most):
    states = driven(60, 1.0, steer_deg)
    assert least <= path_curvature(states[-12:]) <= most


def test_the_path_is_half_as_curved_as_the_wheelbase_would_give():
    for steer_deg in (10.0, 15.0, 20.0, 25.0):
        share = path_curvature(driven(60, 1.0, steer_deg)[-12:]) / (math.tan(math.radians(steer_deg)) / 0.164)
        assert 0.50 <= share <= 0.58


def test_speed_settles_within_three_to_four_steps():
    speeds = [s[3] for s in driven(10, 2.0, 0.0)]
    assert speeds[2] < 0.95 * 2.0 <= speeds[3]
    assert speeds[10] == pytest.approx(2.0, rel=1e-4)
    slower = [s[3] for s in driven(4, 1.0, 0.0, (0.0, 0.0, 0.0, 2.0, 0.0))]
    assert slower[3] - 1.0 < 0.05 * (2.0 - 1.0)


def test_the_yaw_rate_keeps_045_of_its_error_per_step():
    start: State = (0.0, 0.0, 0.0, 1.0, 1.0)  # turning, wheels straight from now on
    rates = [s[4] for s in driven(4, 1.0, 0.0, start)]
    for before, after in pairwise(rates):
        assert after / before == pytest.approx(0.45, abs=1e-12)


@pytest.mark.parametrize("steer_deg", [30.0, -30.0, 20.0])
@pytest.mark.parametrize("speeds", [(4.0,), (2.0, 4.0), (1.0, 4.0), (4.0, 2.0)])
def test_the_tyres_never_give_more_than_their_grip(steer_deg, speeds):
    state = REST
    for speed_mps in speeds:
        states = driven(30, speed_mps, steer_deg, state)
        state = states[-1]
        assert max(abs(s[3] * s[4]) for s in states) <= car.GRIP_MPS2 + 1e-9
    if speeds[-1] == 4.0:  # and there they do give way: wider than the wheels point
        assert abs(state[3] * state[4]) == pytest.approx(car.GRIP_MPS2, rel=1e-3)
        assert abs(state[4] / state[3]) < math.tan(math.radians(20.0)) / car.EFFECTIVE_WHEELBASE_M


def test_straight_stays_straight():
    for yaw in (0.0, 1.0, -3.0):
        x, y, end_yaw, _, yaw_rate = driven(100, 3.0, 0.0, (0.0, 0.0, yaw, 0.0, 0.0))[-1]
        assert (end_yaw, yaw_rate) == (pytest.approx(yaw, abs=1e-12), 0.0)
        assert abs(x * math.sin(yaw) - y * math.cos(yaw)) < 1e-9
        assert math.hypot(x, y) == pytest.approx(100 * 3.0 / 15, rel=0.02)


@pytest.mark.parametrize(("asked", "driven_as"), [((9.0, 0.0), (4.0, 0.0)), ((0.0, 0.0), (0.1, 0.0)),
                                                  ((-2.0, 0.0), (0.1, 0.0)), ((1.0, 75.0), (1.0, 30.0)),
                                                  ((1.0, -31.0), (1.0, -30.0))])
def test_commands_are_clipped_to_what_the_simulator_drives(asked, driven_as):
    assert driven(20, *asked) == driven(20, *driven_as)


def test_left_and_right_are_mirror_images():
    left, right = driven(40, 2.0, 20.0)[-1], driven(40, 2.0, -20.0)[-1]
    assert left == pytest.approx((right[0], -right[1], -right[2], right[3], -right[4]), abs=1e-12)


def test_the_heading_stays_within_half_a_turn():
    yaws = [s[2] for s in driven(200, 1.0, 30.0)]
    assert max(yaws) <= math.pi and min(yaws) >= -math.pi
    assert max(yaws) > 3.0 and min(yaws) < -3.0


@pytest.mark.parametrize(("speed_mps", "steer_deg"), [(1.0, 25.0), (2.0, -15.0), (4.0, 30.0), (0.5, 5.0)])
def test_the_path_equals_a_hundred_times_finer_integration(speed_mps, steer_deg):
    """The lags have closed forms; the pose is integrated by Euler steps of 1/6000 s."""
    x, y, yaw, speed, rate = REST
    h = car.STEP_S / 400
    keep_speed, keep_rate = 0.35 ** (1 / 400), 0.45 ** (1 / 400)
    for _ in range(30 * 400):
        speed = speed_mps + (speed - speed_mps) * keep_speed
        grip = 7.0 / speed
        wanted = np.clip(speed * math.tan(math.radians(steer_deg)) / 0.32, -grip, grip)
        rate = float(np.clip(wanted + (rate - wanted) * keep_rate, -grip, grip))
        x += h * (speed * math.cos(yaw) - rate * 0.0817 * math.sin(yaw))
        y += h * (speed * math.sin(yaw) + rate * 0.0817 * math.cos(yaw))
        yaw += h * rate
    end = driven(30, speed_mps, steer_deg)[-1]
    assert math.dist(end[:2], (x, y)) < 0.1  # after two seconds and up to eight metres
    assert math.cos(end[2] - yaw) > math.cos(math.radians(4.0))
