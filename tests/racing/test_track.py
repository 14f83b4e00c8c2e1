"""A Track's own numbers, hand-worked on a square; loading by id and by path; the plain data for pages."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from trivium.errors import BadTrack
from trivium.racing.track import Track, nearest_on_line, signed_area, track_view
from trivium.racing.tracks.loading import gallery, load_track

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "racing" / "tracks"  # ../shared/data
CORNERS = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]], dtype=float)


@pytest.fixture
def square() -> Track:
    """Centre 3 m square, inner 2 m, outer 4 m, counter-clockwise."""
    rows = np.concatenate((1.5 * CORNERS, CORNERS, 2 * CORNERS), axis=1)
    return Track("square", "Square", rows, is_loop=True)


def test_lengths_widths_and_bounds(square):
    assert square.arc_m.tolist() == [0, 3, 6, 9, 12]
    assert square.length_m == 12
    assert square.width_m == pytest.approx(1.0)
    assert square.bounds == (-2, -2, 2, 2)
    assert square.is_counter_clockwise
    assert square.direction == "counter-clockwise"


def test_reversed_is_driven_clockwise_and_keeps_its_inner_border(square):
    back = square.reversed()
    assert back.direction == "clockwise"
    assert back.is_reversed
    assert back.centre.tolist() == square.centre[::-1].tolist()
    assert abs(signed_area(back.inner)) < abs(signed_area(back.outer))
    assert np.array_equal(back.reversed().rows, square.rows)
    assert not back.reversed().is_reversed


def test_rows_cannot_be_changed(square):
    with pytest.raises(ValueError, match="read-only"):
        square.rows[0, 0] = 5.0


def test_an_open_track_knows_left_from_right():
    x = np.arange(10.0)
    road = np.stack((x, 0 * x, x, 0 * x + 0.4, x, 0 * x - 0.4), axis=1)  # inner on the left
    track = Track("road", "Road", road, is_loop=False)
    assert track.direction == "open"
    assert track.is_counter_clockwise
    assert not track.reversed().is_counter_clockwise


def test_min_radius_of_a_circle():
    angle = np.linspace(0, 2 * math.pi, 200)
    circle = np.stack((np.cos(angle), np.sin(angle)), axis=1)
    rows = np.concatenate((2 * circle, 1.6 * circle, 2.4 * circle), axis=1)
    track = Track("ring", "Ring", rows, is_loop=True)
    assert track.min_radius_m == pytest.approx(2.0, rel=0.01)
    assert track.width_m == pytest.approx(0.8, rel=1e-3)


def test_nearest_on_line_survives_a_repeated_border_point():
    line = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
    points = np.array([[0.5, -1.0], [2.0, 0.5], [2.0, -1.0]])
    assert nearest_on_line(line, points).tolist() == [[0.5, 0.0], [1.0, 0.5], [1.0, 0.0]]


def test_load_track_by_id_and_a_wrong_id_is_told_the_right_one():
    assert load_track("oval").title == "First Oval"
    with pytest.raises(BadTrack) as error:
        load_track("ovall")
    assert error.value.message == 'There is no track called "ovall".'
    assert 'Did you mean "oval"?' in error.value.hint


def test_load_track_by_path(tmp_path, square):
    rows = load_track("kidney").rows
    np.save(tmp_path / "My Track.npy", rows)
    track = load_track(tmp_path / "My Track.npy")
    assert (track.id, track.title) == ("my-track", "My Track")
    assert np.array_equal(track.rows, rows)
    with pytest.raises(BadTrack, match="cannot be read"):
        load_track(str(tmp_path / "missing.npy"))


def test_track_view_is_plain_json(square):
    view = json.loads(json.dumps(track_view(load_track("oval")), allow_nan=False))
    assert view["direction"] == "counter-clockwise"
    assert view["source"] == "trivium"
    assert view["waypoints"] == len(view["outline"]["inner"]) == len(load_track("oval").rows)
    assert [section["heading"] for section in view["sections"]] == [
        "Description", "What it teaches", "Corners", "Ends when", "Figures", "Source and licence"]
    assert track_view(square)["source"] == "imported"  # no card: not one of ours


@pytest.mark.skipif(not DATA.exists(), reason=f"benchmark data not present: {DATA}")
@pytest.mark.parametrize("name, waypoints, length_m, width_m", [
    ("reinvent_base", 119, 17.709, 0.762),
    ("reInvent2019_wide", 111, 16.635, 1.067),  # one repeated row less than its file
    ("Oval_track", 101, 19.550, 0.610),  # the same
    ("2022_summit_speedway_ccw", 86, 25.107, 1.064),
])
def test_public_tracks_have_their_published_figures(name, waypoints, length_m, width_m):
    track = load_track(DATA / f"{name}.npy")
    assert track.is_loop
    assert track.direction == "counter-clockwise"
    assert len(track.rows) == waypoints
    assert track.length_m == pytest.approx(length_m, abs=6e-4)
    assert track.width_m == pytest.approx(width_m, abs=6e-4)
    assert track.warnings == ()


def test_gallery_is_varied_and_starts_easy():
    cards = gallery()
    tracks = [load_track(card.id) for card in cards]
    assert len(tracks) >= 9
    assert {"clockwise", "counter-clockwise", "open"} == {track.direction for track in tracks}
    assert [card.difficulty for card in cards] == sorted(card.difficulty for card in cards)
    assert {card.difficulty for card in cards} == {1, 2, 3, 4, 5}
    assert cards[0].id == "oval"
    assert load_track("oval").length_m == min(track.length_m for track in tracks) < 15
    assert max(track.length_m for track in tracks) > 60
