"""Tracks of the size of a car park: the ground is painted coarser, and the camera sees the same road."""

from __future__ import annotations

import io
import tracemalloc

import numpy as np
import pytest

from trivium.racing import ground
from trivium.racing.config import TransferConfig
from trivium.racing.ground import TEXEL_M, Look, finest_level, paint, soften
from trivium.racing.simulator import LIVE_LOOKS, YAW, Simulator, X, Y
from trivium.racing.track import Track
from trivium.racing.tracks.importing import import_track
from trivium.racing.tracks.loading import gallery, load_track

ROAD, CARPET = round(Look().road), round(Look().carpet)


def ring(side_m: float, width_m: float = 1.0) -> Track:
    """A circle that fills a square of this side, driven counter-clockwise."""
    angle = np.linspace(0.0, 2 * np.pi, 800)
    at = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    middle = side_m / 2 - width_m / 2
    return Track("ring", "Ring", np.hstack([at * (middle + k * width_m) for k in (0.0, -0.5, 0.5)]), True)


def test_ordinary_tracks_are_painted_as_finely_as_ever() -> None:
    assert {card.id: finest_level(load_track(card.id)) for card in gallery()} == {c.id: 0 for c in gallery()}


@pytest.mark.parametrize("looks", [1, LIVE_LOOKS])
def test_the_ground_of_a_huge_track_fits_into_memory(looks: int) -> None:
    tracemalloc.start()
    sim = Simulator(ring(120.0), 1, TransferConfig(texture=1.0) if looks > 1 else None)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(sim.ground.texels) == looks * sim.ground.look_size
    assert peak_bytes < 300e6


def test_every_track_that_is_not_refused_fits() -> None:
    for rows in (ring(318.0), straight(1000.0, 0.0), straight(700.0, 700.0)):
        level = finest_level(rows)
        columns, lines = ground.picture_size(rows, TEXEL_M * 2**level)
        assert columns * lines <= ground.MAX_TEXELS and max(columns, lines) <= ground.MAX_SIDE


def test_an_imported_one_says_so() -> None:
    file = io.BytesIO()
    np.save(file, ring(120.0).rows)
    assert any("points of 4 cm" in text for text in import_track(file.getvalue(), "ring").warnings)
    assert not any("Very large" in text for text in load_track("oval").warnings)


def straight(x_m: float, y_m: float) -> Track:
    at = np.linspace(0.0, 1.0, 50)[:, None] * np.array([x_m, y_m])
    aside = np.array([-y_m, x_m]) / np.hypot(x_m, y_m) / 2
    return Track("straight", "Straight", np.hstack([at, at + aside, at - aside]), False)


def test_the_camera_sees_the_road_of_a_huge_track_where_it_is() -> None:
    """10 cm on this side and on that side of each border, all round the ring: what lies before the car."""
    sim = Simulator(ring(120.0), 1)
    assert finest_level(sim.track) > 0
    for angle in np.linspace(0.0, 2 * np.pi, 7):
        for radius_m, wanted in ((58.9, CARPET), (59.1, ROAD), (59.9, ROAD), (60.1, CARPET)):
            sim.state[0, (X, Y, YAW)] = radius_m * np.cos(angle), radius_m * np.sin(angle), angle + np.pi / 2
            picture = sim.draw(np.array([0]), sim.picture_buffer())[0].reshape(120, 160)
            assert picture[-12:, 70:90].mean() == pytest.approx(wanted, abs=18), (angle, radius_m)


@pytest.mark.parametrize(("level", "shift_m"), [(1, 0.01), (2, 0.02), (3, 0.05)])
def test_a_coarser_ground_is_the_same_ground(monkeypatch: pytest.MonkeyPatch, level: int, shift_m: float) -> None:
    """The oval painted as if it were huge, against the oval as it is: nearer than a fine one shifted by a texel."""
    fine = pictures(Simulator(load_track("oval"), 1), 0.0)
    shifted = pictures(Simulator(load_track("oval"), 1), shift_m)
    columns, rows = ground.picture_size(load_track("oval"), TEXEL_M * 2**level)
    monkeypatch.setattr(ground, "MAX_TEXELS", columns * rows)
    coarse = pictures(Simulator(load_track("oval"), 1), 0.0)
    assert finest_level(load_track("oval")) == level
    assert np.abs(coarse - fine).mean() < np.abs(shifted - fine).mean()


def pictures(sim: Simulator, aside_m: float) -> np.ndarray:
    shown = []
    for start in np.linspace(0.0, 1.0, 12, endpoint=False):
        sim.reset(np.array([0]), np.array([start]), left_m=aside_m)
        shown.append(sim.draw(np.array([0]), sim.picture_buffer())[0].astype(float))
    return np.array(shown)


def test_strips_are_softened_like_the_whole() -> None:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (700, 300), dtype=np.uint8)
    tile = rng.integers(-40, 41, (ground.STRIP, ground.STRIP)).astype(np.int8)
    grain = np.tile(tile, (3, 2))[:700, :300]
    whole = np.clip(soften(picture).astype(np.int16) + grain, 0, 255).astype(np.uint8)
    assert (ground.finish(picture, tile) == whole).all()


def test_a_huge_picture_has_the_size_it_says() -> None:
    track = ring(120.0)
    picture, corner = paint(track, Look(), np.random.default_rng(0))
    columns, rows = ground.picture_size(track, TEXEL_M * 2 ** finest_level(track))
    assert picture.shape == (rows, columns)
    assert corner == pytest.approx((track.bounds[0] - ground.MARGIN_M, track.bounds[1] - ground.MARGIN_M))
