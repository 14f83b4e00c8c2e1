"""Replays a public trace of the original simulator through our geometry: all 529 rows must come out equal.

The trace logs the front point and the heading, so the car's origin is 0.14 m behind the logged x, y.
"""

import csv
import math
from pathlib import Path

import pytest

from trivium.racing import geometry
from trivium.racing.tracks.loading import load_track

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "racing"  # ../shared/data beside the repository
TRACE = DATA / "samples" / "training-simtrace-0-iteration.csv"
TRACK = DATA / "tracks" / "reinvent_base.npy"

pytestmark = pytest.mark.skipif(not TRACE.exists(), reason=f"benchmark data not present: {TRACE}")

Row = dict[str, str]


@pytest.fixture(scope="module")
def replay() -> list[tuple[Row, geometry.Place, float]]:
    """(trace row, our Place, our progress) of every step."""
    packed = geometry.pack(load_track(TRACK))
    with TRACE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    steps, episode, previous, start, hint = [], None, 0.0, 0.0, geometry.NO_HINT
    for row in rows:
        if row["episode"] != episode:
            episode, previous, hint = row["episode"], 0.0, geometry.NO_HINT
            start = 0.05 * int(episode) % 1.0  # each training episode starts 5 % further on
        yaw = math.radians(float(row["yaw"]))
        x = float(row["X"]) - geometry.FRONT_POINT_M * math.cos(yaw)
        y = float(row["Y"]) - geometry.FRONT_POINT_M * math.sin(yaw)
        place = geometry.locate(x, y, yaw, hint, packed)
        previous = geometry.progress_update(previous, place.ndist, start, packed.is_loop)
        hint = place.segment
        steps.append((row, place, previous))
    return steps


def test_the_whole_trace_is_replayed(replay):
    assert len(replay) == 529
    assert len({row["episode"] for row, _, _ in replay}) == 20


def test_progress_equals_the_original(replay):
    worst = max(abs(progress - float(row["progress"])) for row, _, progress in replay)
    assert worst < 1e-9


def test_closest_waypoint_is_the_nearer_of_our_two(replay):
    centre = load_track(TRACK).centre
    for row, place, _ in replay:
        behind, ahead = centre[place.behind], centre[place.ahead]
        to_behind = math.dist(behind, (place.front_x, place.front_y))
        to_ahead = math.dist(ahead, (place.front_x, place.front_y))
        assert (place.behind if to_behind < to_ahead else place.ahead) == int(row["closest_waypoint"])


def test_all_wheels_on_track_equals_the_original(replay):
    for row, place, _ in replay:
        assert (place.wheels == geometry.ALL_WHEELS) == (row["all_wheels_on_track"] == "True")


def test_off_track_ends_the_same_episodes_at_the_same_step(replay):
    for row, place, progress in replay:
        assert (place.wheels == 0 and progress < 100.0) == (row["episode_status"] == "off_track")


def test_the_default_reward_equals_the_original(replay):
    driven = 0
    for row, place, _ in replay:
        if row["episode_status"] == "prepare":
            assert float(row["reward"]) == 0.0
            continue
        driven += 1
        bands = ((0.1, 1.0), (0.25, 0.5), (0.5, 0.1))
        reward = next((value for share, value in bands if place.distance_m <= share * place.width_m), 1e-3)
        assert reward == float(row["reward"])
    assert driven == 509


def test_the_local_search_gives_the_very_numbers_of_the_full_search(replay):
    packed = geometry.pack(load_track(TRACK))
    for row, place, _ in replay:
        yaw = math.radians(float(row["yaw"]))
        x = place.front_x - geometry.FRONT_POINT_M * math.cos(yaw)
        y = place.front_y - geometry.FRONT_POINT_M * math.sin(yaw)
        full = geometry.locate(x, y, yaw, geometry.NO_HINT, packed)
        near = geometry.locate(x, y, yaw, place.segment, packed)
        assert full == near
