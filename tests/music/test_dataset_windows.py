"""Shared passages: window hashes against plain comparison, Bach's copy floor, near-duplicates, the split."""

from __future__ import annotations

import hashlib
import io
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trivium.music.dataset.chorales import chorale
from trivium.music.dataset.piece import GridPiece, chords, notes_of_grid, transposed, voice_grid
from trivium.music.dataset.split import families, split
from trivium.music.dataset.windows import grid_of, near_duplicates, pieces_sharing, shares_found, window_keys

BENCHMARK = Path(__file__).parents[3] / "shared" / "data" / "music" / "Jsb16thSeparated.npz"
SHA256 = "2adcdf0d57880c3763f104555072285fe7f9e3d6049fcc4b9830557b8d4a7820"
# percent of held-out windows that stand in train, for 8, 16, 32 and 64 steps, as counted once by plain comparison
FLOOR = {"valid": (27.7, 5.8, 1.8, 1.4), "test": (25.3, 3.35, 0.25, 0.01)}


@pytest.fixture(scope="module")
def benchmark_grids() -> dict[str, list[Any]]:
    if not BENCHMARK.is_file():
        pytest.skip("the benchmark file Jsb16thSeparated.npz is not at hand")
    data = BENCHMARK.read_bytes()
    assert hashlib.sha256(data).hexdigest() == SHA256  # a pickle is opened only when its bytes are known
    with np.load(io.BytesIO(data), allow_pickle=True, encoding="latin1") as file:
        return {name: [np.where(np.isnan(piece), -1, piece).astype(np.int64) for piece in file[name]]
                for name in ("train", "valid", "test")}


@pytest.mark.parametrize("name", ["valid", "test"])
def test_bachs_copy_floor_comes_out(benchmark_grids: dict[str, list[Any]], name: str) -> None:
    found = shares_found(benchmark_grids[name], benchmark_grids["train"])
    for (steps, share), expected in zip(found.items(), FLOOR[name], strict=True):
        assert share is not None
        assert 100 * share == pytest.approx(expected, abs=0.05 if expected > 1 else 0.005), steps


def plain_windows(grid: Any, steps: int) -> list[bytes]:
    """Every window without a rest, moved so that its first pitch is 0."""
    found = [grid[at:at + steps] for at in range(len(grid) - steps + 1)]
    return [(window - window[0, 0]).tobytes() for window in found if (window >= 0).all()]


grids = st.integers(0, 2**32 - 1).map(
    lambda seed: np.random.default_rng(seed).integers(-1, 3, size=(60, 2)) * 5 % 62)


@settings(max_examples=60, deadline=None)
@given(grids, st.integers(2, 9), st.integers(-20, 20))
def test_keys_are_equal_exactly_where_windows_are_equal_up_to_transposition(grid: Any, steps: int, up: int) -> None:
    grid = np.where(grid % 7 == 6, -1, 60 + grid % 3)
    keys, plain = window_keys(grid, steps), plain_windows(grid, steps)
    assert len(keys) == len(plain)
    assert len(set(keys.tolist())) == len(set(plain))
    assert len({(key, window) for key, window in zip(keys.tolist(), plain, strict=True)}) == len(set(plain))
    assert np.array_equal(window_keys(np.where(grid < 0, grid, grid + up), steps), keys)


def test_chords_are_compared_whatever_the_fullest_chord_of_the_piece_is() -> None:
    two = np.array([[64, 60], [65, 60], [64, 60], [62, 59]])
    padded = np.concatenate([two, np.full((4, 3), -2)], axis=1)
    assert np.array_equal(window_keys(two, 2), window_keys(padded, 2))
    assert not np.isin(window_keys(two[:, :1], 2), window_keys(two, 2)).any()


def piece_of(grid: Any, title: str = "") -> GridPiece:
    return GridPiece(notes=notes_of_grid(np.asarray(grid, dtype=np.int32)), title=title, is_four_part=True)


def test_a_transposed_copy_within_another_piece_is_a_near_duplicate() -> None:
    a, b, c = (voice_grid(chorale(seed))[0] for seed in (1, 2, 3))
    mixed = np.concatenate([b, a[:60] - 3])
    pairs = near_duplicates([a, b, c, mixed])
    found = {(i, j): share for i, j, _, share in pairs}
    assert set(found) == {(0, 3), (1, 3)}
    assert found[1, 3] == pytest.approx(1.0)
    assert pieces_sharing([mixed], [c]) == [0.0]


def test_a_held_chord_is_no_common_passage() -> None:
    held = np.repeat([[72, 67, 64, 48]], 200, axis=0)
    assert near_duplicates([held, held]) == []


def test_the_same_music_is_found_in_voices_and_in_one_track() -> None:
    piece = chorale(4)
    merged = piece.notes.copy()
    merged[:, 3] = 0
    one_track = GridPiece(notes=merged)
    assert one_track.voices == 1
    (share,) = pieces_sharing([grid_of(one_track)], [grid_of(piece)])
    assert share > 0.2  # not all: a unison of two voices is one note of a chord


def test_chords_list_what_sounds_from_high_to_low() -> None:
    notes = np.array([[0, 4, 60, 0, 80], [0, 2, 67, 0, 80], [6, 2, 62, 1, 80]], dtype=np.int32)
    assert chords(GridPiece(notes=notes)).tolist() == [[67, 60]] * 2 + [[60, -2]] * 2 + [[-1, -2]] * 2 + [[62, -2]] * 2


# the split


def test_families_follow_chains() -> None:
    assert families(6, [(4, 1), (1, 3), (0, 5)]) == [[0, 5], [1, 3, 4], [2]]


@settings(max_examples=100, deadline=None)
@given(st.integers(3, 80), st.integers(0, 30), st.integers(0, 99))
def test_no_family_is_divided_and_no_split_is_empty(count: int, links: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    pairs = [tuple(sorted(rng.choice(count, 2, replace=False).tolist())) for _ in range(links)]
    names = split(count, pairs, seed)
    assert all(names[i] == names[j] for i, j in pairs)
    if len(families(count, pairs)) >= 3:
        assert set(names) == {"train", "valid", "test"}


def test_the_shares_are_80_10_10_and_the_seed_decides() -> None:
    names = split(200, [], 1)
    assert [names.count(name) for name in ("train", "valid", "test")] == [160, 20, 20]
    assert split(200, [], 1) == names != split(200, [], 2)


def test_moving_a_piece_changes_no_key() -> None:
    piece = chorale(7)
    for before, after in pairwise([transposed(piece, k) for k in (-3, 0, 4)]):
        assert np.array_equal(window_keys(grid_of(before), 32), window_keys(grid_of(after), 32))
