"""The kernels against Shapely, an independent implementation, at thousands of random places."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LinearRing, LineString, Point, Polygon

from trivium.racing import geometry as geo
from trivium.racing.track import Track
from trivium.racing.tracks.loading import load_track

NAMES = ("oval", "hourglass", "paperclip", "eagle-pass", "lighthouse")  # wide, varying, hairpins, long, open
TRACKS = {name: load_track(name) for name in NAMES}
TRACKS["eagle-pass reversed"] = load_track("eagle-pass").reversed()
PACKED = {name: geo.pack(track) for name, track in TRACKS.items()}
LINES = {True: LinearRing, False: LineString}
CENTRES = {name: LINES[track.is_loop](track.centre) for name, track in TRACKS.items()}
BORDERS = {name: [LINES[track.is_loop](line) for line in (track.inner, track.outer)]
           for name, track in TRACKS.items()}


def polygon(track: Track) -> Polygon:
    if track.is_loop:
        return Polygon(track.outer).difference(Polygon(track.inner))
    return Polygon(np.concatenate((track.outer, track.inner[::-1])))


ROADS = {name: polygon(track) for name, track in TRACKS.items()}
names = st.sampled_from(sorted(TRACKS))
shares = st.floats(0.0, 1.0)
asides = st.floats(-1.5, 1.5)
angles = st.floats(-math.pi, math.pi)


def place_near(name: str, share: float, aside_m: float) -> tuple[float, float]:
    """A point that far to the left of the centre line."""
    g = PACKED[name]
    x, y, yaw, _ = geo.pose_at(share, g.centre, g.ndists, g.is_loop)
    return x - aside_m * math.sin(yaw), y + aside_m * math.cos(yaw)


def is_on_road(name: str, x: float, y: float) -> bool:
    g = PACKED[name]
    return bool(geo.on_road(x, y, g.edges, g.bands, g.band_from_m, g.bands_per_m))


@settings(max_examples=400, deadline=None)
@given(names, shares, asides, st.integers(-1, 500))
def test_project_is_shapelys_whatever_the_hint(name, share, aside_m, hint):
    g = PACKED[name]
    x, y = place_near(name, share, aside_m)
    segment, fraction, arc_m, square = geo.project(
        x, y, g.centre, g.arc_m, g.safe_m, hint, g.window, g.is_loop)
    point = Point(x, y)
    assert math.sqrt(square) == pytest.approx(CENTRES[name].distance(point), abs=1e-12)
    theirs = CENTRES[name].project(point)
    if arc_m != pytest.approx(theirs, abs=1e-9):  # two places equally near: ours must be as good
        assert point.distance(CENTRES[name].interpolate(arc_m)) == pytest.approx(math.sqrt(square), abs=1e-12)
    assert arc_m == g.arc_m[segment] + fraction * (g.arc_m[segment + 1] - g.arc_m[segment])


@settings(max_examples=400, deadline=None)
@given(names, shares, asides, st.integers(0, 500))
def test_the_local_search_gives_exactly_the_full_search(name, share, aside_m, hint):
    g = PACKED[name]
    x, y = place_near(name, share, aside_m)
    line = (g.centre, g.arc_m, g.safe_m)
    assert geo.project(x, y, *line, hint, g.window, g.is_loop) == geo.project(
        x, y, *line, geo.NO_HINT, g.window, g.is_loop)


@settings(max_examples=400, deadline=None)
@given(names, st.floats(-0.1, 1.1), st.floats(-0.1, 1.1))
def test_on_road_is_shapelys(name, across, up):
    x_min, y_min, x_max, y_max = TRACKS[name].bounds
    x, y = x_min + across * (x_max - x_min), y_min + up * (y_max - y_min)
    point = Point(x, y)
    if ROADS[name].boundary.distance(point) > 1e-12:
        assert is_on_road(name, x, y) == ROADS[name].contains(point)


@pytest.mark.parametrize("name", sorted(TRACKS))
def test_a_point_on_a_border_is_off_the_road(name):
    track = TRACKS[name]
    for x, y in np.concatenate((track.inner, track.outer)):
        assert not is_on_road(name, x, y)
    square = Track("square", "Square", square_rows(), is_loop=True)
    g = geo.pack(square)
    where = (g.edges, g.bands, g.band_from_m, g.bands_per_m)
    assert not geo.on_road(0.5, -2.0, *where)  # on a level edge of the outer border
    assert not geo.on_road(2.0, 0.5, *where)  # on an upright one
    assert not geo.on_road(1.0, 0.25, *where)  # on the inner border
    assert geo.on_road(1.5, 0.25, *where)
    assert geo.on_road(1.5, 1.0, *where)  # level with a corner of the inner border
    assert not geo.on_road(0.0, 0.0, *where)
    assert not geo.on_road(math.nan, 0.0, *where)


def square_rows() -> np.ndarray:
    """Centre, inner and outer squares of half-side 1.5, 1 and 2 m, counter-clockwise; corners only."""
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]], dtype=float)
    return np.concatenate((1.5 * corners, corners, 2 * corners), axis=1)


@settings(max_examples=300, deadline=None)
@given(names, shares, st.floats(-0.8, 0.8), angles)
def test_locate_is_shapelys_answer_to_each_question(name, share, aside_m, yaw):
    track, g = TRACKS[name], PACKED[name]
    x, y = place_near(name, share, aside_m)
    place = geo.locate(x, y, yaw, geo.NO_HINT, g)
    front = Point(x + 0.14 * math.cos(yaw), y + 0.14 * math.sin(yaw))
    foot = CENTRES[name].interpolate(place.ndist * track.length_m)
    assert front.distance(foot) == pytest.approx(CENTRES[name].distance(front), abs=1e-9)
    inner, outer = (border.interpolate(border.project(foot)) for border in BORDERS[name])
    assert place.width_m == pytest.approx(inner.distance(outer), abs=1e-6)
    assert place.distance_m == pytest.approx(front.distance(foot), abs=1e-9)
    if abs(front.distance(inner) - front.distance(outer)) > 1e-6:
        is_inner_nearer = front.distance(inner) < front.distance(outer)
        assert place.is_left == (is_inner_nearer == track.is_counter_clockwise)
    wheels = [(x + math.cos(yaw) * a - math.sin(yaw) * b, y + math.sin(yaw) * a + math.cos(yaw) * b)
              for a, b in ((-0.0817, 0.0811), (-0.0817, -0.0811), (0.0823, 0.0796), (0.0823, -0.0796))]
    if all(ROADS[name].boundary.distance(Point(wheel)) > 1e-9 for wheel in wheels):
        assert place.wheels == sum(ROADS[name].contains(Point(wheel)) for wheel in wheels)
    assert g.ndists[place.behind] <= place.ndist
    assert place.ahead == 0 or place.ndist < g.ndists[place.ahead]
    assert place.ahead == (place.behind + 1) % len(track.rows)


@settings(max_examples=200, deadline=None)
@given(names, shares)
def test_left_and_right_of_the_centre_line(name, share):
    """Well off the centre line, the side is the one we stepped to."""
    g = PACKED[name]
    _, _, yaw, _ = geo.pose_at(share, g.centre, g.ndists, g.is_loop)
    for aside_m in (0.2, -0.2):
        px, py = place_near(name, share, aside_m)
        place = geo.locate(px - 0.14 * math.cos(yaw), py - 0.14 * math.sin(yaw), yaw, geo.NO_HINT, g)
        assert place.is_left == (aside_m > 0)


def test_wheels_by_the_quick_way_and_by_the_borders_agree():
    rng = np.random.default_rng(7)
    for name, g in PACKED.items():
        for share, aside_m, yaw in rng.uniform((0, -0.7, -3), (1, 0.7, 3), (400, 3)):
            x, y = place_near(name, share, aside_m)
            slow = geo.wheels_on_road(
                x, y, yaw, 0.0, 0.0, 0.0, g.edges, g.bands, g.band_from_m, g.bands_per_m)
            assert geo.locate(x, y, yaw, geo.NO_HINT, g).wheels == slow


def test_closest_waypoints_on_a_waypoint_and_past_the_last():
    ndists = np.array([0.0, 0.25, 0.5, 1.0])
    assert geo.closest_waypoints(0.3, 1, ndists) == (1, 2)
    assert geo.closest_waypoints(0.25, 0, ndists) == (1, 2)  # at the end of segment 0 = at waypoint 1
    assert geo.closest_waypoints(0.0, 0, ndists) == (0, 1)
    assert geo.closest_waypoints(0.999, 2, ndists) == (2, 3)
    assert geo.closest_waypoints(1.0, 2, ndists) == (3, 0)


@pytest.mark.parametrize("previous, ndist, start, expected", [
    (0.0, 0.01, 0.0, 1.0),
    (0.0, 0.96, 0.95, 1.0),
    (10.0, 0.05, 0.95, 10.0),  # over the start line
    (0.0, 0.949, 0.95, -0.1),  # rolled back behind the start
    (-0.1, 0.949, 0.95, -0.1),
    (99.5, 0.002, 0.0, 100.0),  # a lap is full: capped
    (99.5, 0.951, 0.95, 100.0),
    (99.0, 0.0, 0.0, 100.0),
    (1.0, 0.999, 0.0, -0.1),
])
def test_progress_on_a_loop(previous, ndist, start, expected):
    assert geo.progress_update(previous, ndist, start, True) == pytest.approx(expected, abs=1e-9)


def test_progress_on_an_open_track_runs_from_the_start_place_to_the_end():
    assert geo.progress_update(0.0, 0.25, 0.0, False) == 25.0
    assert geo.progress_update(0.0, 0.75, 0.5, False) == 50.0
    assert geo.progress_update(90.0, 1.0, 0.3, False) == 100.0
    assert geo.progress_update(0.0, 0.25, 0.5, False) == -50.0  # behind the start: no wrap


@pytest.mark.parametrize("name", sorted(TRACKS))
def test_a_lap_along_the_centre_line_counts_evenly_to_100(name):
    g = PACKED[name]
    start, previous, hint, seen = (0.3 if g.is_loop else 0.0), 0.0, geo.NO_HINT, []
    for step in range(1, 1001):
        share = start + step / 1000 - (1e-12 if step == 1000 else 0.0)
        x, y, _, _ = geo.pose_at(share, g.centre, g.ndists, g.is_loop)
        hint, _, arc_m, _ = geo.project(x, y, g.centre, g.arc_m, g.safe_m, hint, g.window, g.is_loop)
        previous = geo.progress_update(previous, arc_m / g.length_m, start, g.is_loop)
        seen.append(previous)
    assert seen == pytest.approx(np.arange(1, 1001) / 10, abs=1e-6)


def test_pose_at_heads_to_the_next_waypoint():
    g = geo.pack(Track("square", "Square", square_rows(), is_loop=True))
    assert geo.pose_at(0.125, g.centre, g.ndists, True) == pytest.approx((0.0, -1.5, 0.0, 0))
    assert geo.pose_at(0.25, g.centre, g.ndists, True) == pytest.approx((1.5, -1.5, math.pi / 2, 1))
    assert geo.pose_at(1.125, g.centre, g.ndists, True) == pytest.approx((0.0, -1.5, 0.0, 0))
    assert geo.pose_at(-0.125, g.centre, g.ndists, True) == pytest.approx((-1.5, 0.0, -math.pi / 2, 3))
    open_track = PACKED["lighthouse"]
    x, y, _, _ = geo.pose_at(1.0, open_track.centre, open_track.ndists, False)
    assert (x, y) == pytest.approx(tuple(open_track.centre[-1]))
