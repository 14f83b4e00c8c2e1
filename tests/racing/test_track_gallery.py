"""Our own tracks can be driven: smooth, wide enough, never overlapping, and their cards say true things."""

import numpy as np
import pytest
from shapely.geometry import LineString, Polygon

from trivium.racing.tracks.gallery import PLANS, ids
from trivium.racing.tracks.importing import TURNING_RADIUS_M, import_track, safe_id
from trivium.racing.tracks.loading import load_track

pytestmark = pytest.mark.parametrize("name", ids())


def test_road_is_one_piece_that_never_meets_itself(name):
    track = load_track(name)
    if track.is_loop:
        road = Polygon(track.outer, [track.inner])
    else:
        road = Polygon(np.concatenate((track.outer, track.inner[::-1])))
    assert road.is_valid  # rings that neither cross themselves nor each other
    assert road.contains(LineString(track.centre[1:-1]))
    assert road.area == pytest.approx(track.length_m * float(track.widths_m.mean()), rel=0.02)


def test_parts_of_the_road_that_pass_each_other_leave_grass_between(name):
    """A car must be off the road before it can be on the next leg."""
    track = load_track(name)
    lap = track.length_m if track.is_loop else np.inf
    apart = np.abs(track.arc_m[:, None] - track.arc_m[None, :])
    along = np.minimum(apart, lap - apart)
    gap = np.hypot(*np.moveaxis(track.centre[:, None] - track.centre[None], 2, 0)) - track.width_m
    assert gap[along > 3.2].min() > 0.3


def test_bends_are_within_the_cars_turning_circle(name):
    track = load_track(name)
    assert track.min_radius_m > TURNING_RADIUS_M
    kink = np.abs(np.angle(np.exp(1j * np.diff(np.arctan2(*np.diff(track.centre, axis=0).T[::-1])))))
    assert kink.max() < np.radians(20)  # no corner between two waypoints: smooth


def test_widths_and_spacing_are_even(name):
    track = load_track(name)
    assert track.min_width_m >= 0.6
    assert track.widths_m.max() <= 1.0701
    steps = np.diff(track.arc_m)
    assert steps.min() > 0.15
    assert steps.max() < 0.2
    assert steps.max() - steps.min() < 0.005


def test_the_plans_corners_fit_between_each_other(name):
    """Two arcs on one straight must not need more of it than there is."""
    plan = next(plan for plan in PLANS if plan.card.id == name)
    points = np.array([corner[:2] for corner in plan.corners])
    come, go = points - np.roll(points, 1, axis=0), np.roll(points, -1, axis=0) - points
    turn = np.abs(np.arctan2(come[:, 0] * go[:, 1] - come[:, 1] * go[:, 0], (come * go).sum(axis=1)))
    tangent = np.array([corner[2] for corner in plan.corners]) * np.tan(turn / 2)
    free = np.hypot(*go.T) - tangent - np.roll(tangent, -1)
    assert (free if plan.is_loop else free[:-1]).min() > -1e-9


def test_card_is_complete(name):
    track = load_track(name)
    card = track.card
    assert card is not None
    assert card.id == track.id == safe_id(name)
    assert 1 <= card.difficulty <= 5
    assert all(text and text.endswith(".") for text in (card.teaches, card.description, card.corners))
    assert all(text for _, text in card.sections(track))


def test_it_passes_the_checks_for_strangers_files(name):
    from trivium.racing.data import resolve, rows_npy

    track = resolve(name)
    again = import_track(rows_npy(track), f"{name}.npy")
    assert np.array_equal(again.rows, track.rows)
    assert again.is_loop == track.is_loop
    assert [warning for warning in again.warnings if not warning.startswith("Not a loop")] == []


