"""What has four voices is learned from, in a key in which it fits; the benchmark's test pieces stay behind."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trivium.errors import BadFile
from trivium.music.data import ARRAYS, CARD, Pieces, open_pieces
from trivium.music.dataset import sets as dataset
from trivium.music.dataset.chorales import chorales
from trivium.music.dataset.piece import GridPiece, notes_of_grid, transposed, voice_grid
from trivium.music.dataset.prepare import prepare
from trivium.music.dataset.sources import prepare_chorales, prepare_melodies
from trivium.music.transformer.data import fitted, training_inputs
from trivium.music.transformer.tokens import HOLD, SILENCE, grid_of, targets_of


def opened(inputs: dict[str, Any], folder: Path) -> Pieces:
    (folder / ARRAYS).write_bytes(inputs[ARRAYS])
    return open_pieces(folder / ARRAYS, json.loads(inputs[CARD]))


def test_a_kept_set_comes_back_from_the_run_with_its_splits(tmp_path: Path) -> None:
    made = prepare_chorales(16)
    dataset.keep(made, "plain", tmp_path)
    inputs, warnings = training_inputs("plain", tmp_path, seed=1)
    pieces = opened(inputs, tmp_path)
    assert pieces.with_hold and pieces.card["sha256"] == made.sha256
    assert warnings == made.warnings
    for split, found in (("train", pieces.train), ("valid", pieces.valid)):
        for piece, own in zip(found, made.split(split), strict=True):
            np.testing.assert_array_equal(grid_of(piece.sounding), voice_grid(own)[0])


def test_a_note_struck_again_stays_two_notes() -> None:
    grid = np.full((16, 4), 60)
    grid[8:, 3] = -1
    onset = np.zeros((16, 4), dtype=bool)
    onset[[0, 4]] = True
    found = fitted(GridPiece(notes=notes_of_grid(grid, onset), is_four_part=True))
    assert found is not None
    target = targets_of(found.sounding, found.onset, with_hold=True)
    assert target[:, 0].tolist() == [24, HOLD, HOLD, HOLD, 24, *[HOLD] * 11]
    assert target[8:, 3].tolist() == [SILENCE] * 8


def test_a_piece_out_of_range_is_moved_until_it_fits() -> None:
    grid = np.tile([84, 70, 60, 50], (16, 1))
    piece = GridPiece(notes=notes_of_grid(grid), is_four_part=True)
    found = fitted(piece)
    assert found is not None and grid_of(found.sounding)[0].tolist() == [72, 58, 48, 38]  # by an octave
    assert fitted(GridPiece(notes=notes_of_grid(grid - np.array([0, 0, 0, 20])), is_four_part=True)) is None  # too wide
    inside = fitted(transposed(piece, -5))
    assert inside is not None and grid_of(inside.sounding)[0].tolist() == [79, 65, 55, 45]


def test_tunes_are_learned_from_where_nothing_has_four_voices(tmp_path: Path) -> None:
    tunes = prepare_melodies(12)
    dataset.keep(tunes, "tunes", tmp_path)
    inputs, _ = training_inputs("tunes", tmp_path, seed=1)
    pieces = opened(inputs, tmp_path)
    assert (len(pieces.train), pieces.voices, pieces.card["voices"]) == (len(tunes.split("train")), 1, 1)
    assert all((piece.sounding[:, 1:] == SILENCE).all() for piece in pieces.train)
    mixed = prepare([*tunes.pieces, *chorales(20)], 1, {"name": "mixed"})
    dataset.keep(mixed, "mixed", tmp_path)
    inputs, warnings = training_inputs("mixed", tmp_path, seed=1)
    assert opened(inputs, tmp_path).voices == 4 and "not in four voices" in warnings[0]


def test_what_has_neither_four_voices_nor_one_is_refused(tmp_path: Path) -> None:
    tunes = prepare_melodies(12).pieces
    third_below = np.array([0, 0, -4, 1, 0], dtype=np.int32)
    duets = [replace(piece, notes=np.concatenate([piece.notes, piece.notes + third_below])) for piece in tunes]
    dataset.keep(prepare(duets, 1, {"name": "duets"}), "duets", tmp_path)
    with pytest.raises(BadFile, match="Of 12 pieces, 0 have four voices") as refusal:
        training_inputs("duets", tmp_path, seed=1)
    assert refusal.value.hint


def test_of_the_benchmark_the_test_pieces_stay_behind(tmp_path: Path, benchmark_data: Callable[[str], Path]) -> None:
    inputs, _ = training_inputs(benchmark_data("music/Jsb16thSeparated.npz"), tmp_path, seed=1)
    with np.load(io.BytesIO(inputs[ARRAYS]), allow_pickle=False) as arrays:  # type: ignore[arg-type]
        names = [name.partition("/")[0] for name in arrays.files]
    assert (names.count("train"), names.count("valid"), names.count("test")) == (229, 76, 0)
    assert not opened(inputs, tmp_path).with_hold


def test_a_damaged_input_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / ARRAYS).write_bytes(b"PK nothing")
    with pytest.raises(BadFile, match="damaged"):
        open_pieces(tmp_path / ARRAYS, {"with_hold": True})
