"""What can be learned from is taken; what cannot is refused with one sentence and nothing left behind."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.music.conftest import chorale
from trivium.errors import BadFile
from trivium.music.data import ARRAYS, CARD, open_pieces
from trivium.music.tokens import grid_of
from trivium.music.transformer_data import distinct, training_inputs


def saved(**arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def own(folder: Path, count: int = 12) -> Path:
    folder.mkdir()
    for seed in range(count):
        np.save(folder / f"piece-{seed}.npy", grid_of(chorale(seed, 8 + seed)))
    return folder


def test_a_folder_is_split_by_piece_and_comes_back_from_the_run(tmp_path: Path) -> None:
    inputs, warnings = training_inputs(own(tmp_path / "own"), seed=1)
    (tmp_path / ARRAYS).write_bytes(inputs[ARRAYS])  # type: ignore[arg-type]
    card = json.loads(inputs[CARD])  # type: ignore[arg-type]
    pieces = open_pieces(tmp_path / ARRAYS, card)
    assert (len(pieces.train), len(pieces.valid), pieces.with_hold) == (10, 2, False)
    found = {p.sounding.tobytes() for p in pieces.train + pieces.valid}
    assert found == {chorale(seed, 8 + seed).tobytes() for seed in range(12)}
    assert warnings and "copy" in warnings[0]
    assert inputs[ARRAYS] == training_inputs(tmp_path / "own", seed=1)[0][ARRAYS]
    assert inputs[ARRAYS] != training_inputs(tmp_path / "own", seed=2)[0][ARRAYS]


def test_a_piece_in_another_key_is_the_same_piece() -> None:
    piece = chorale(1)
    assert len(distinct([piece, piece + 2, piece - 1, chorale(2)])) == 2


def test_of_the_benchmark_the_test_pieces_stay_behind(benchmark_data: Callable[[str], Path]) -> None:
    inputs, _ = training_inputs(benchmark_data("music/Jsb16thSeparated.npz"), seed=1)
    with np.load(io.BytesIO(inputs[ARRAYS]), allow_pickle=False) as arrays:  # type: ignore[arg-type]
        names = [name.partition("/")[0] for name in arrays.files]
    assert (names.count("train"), names.count("valid"), names.count("test")) == (229, 76, 0)
    assert len(inputs[ARRAYS]) < 400_000  # type: ignore[arg-type]


GRID = grid_of(chorale(1))
BAD = {
    "text.npy": (b"hello", "no array file"),
    "empty.npy": (b"", "no array file"),
    "cut.npz": (saved(a=GRID)[:200], "no array file"),
    "objects.npz": (saved(a=np.array([GRID, GRID[:4]], dtype=object)), "Python objects"),
    "shape.npz": (saved(a=np.zeros((20, 5))), "shape"),
    "text.npz": (saved(a=np.full((20, 4), "x")), "shape"),
    "half.npz": (saved(a=GRID + 0.5), "not whole"),
    "nan.npz": (saved(a=np.where(GRID > 60, np.nan, GRID)), "not whole"),
    "high.npz": (saved(a=GRID + 40), "value"),
    "short.npz": (saved(a=GRID[:3]), "3 steps"),
    "one.npz": (saved(a=GRID), "1 different pieces"),
    "song.txt": (b"la la la", "no music"),
}


@pytest.mark.parametrize("name", list(BAD))
def test_what_is_no_music_is_refused_with_a_reason(tmp_path: Path, name: str) -> None:
    content, reason = BAD[name]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadFile, match=reason) as refusal:
        training_inputs(path, 1)
    assert refusal.value.hint


def test_a_file_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, a=np.zeros((60_000_000,), dtype=np.uint8))
    assert path.stat().st_size < 1_000_000
    with pytest.raises(BadFile, match="unpacks to more"):
        training_inputs(path, 1)


def test_no_folder_and_an_empty_one(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(BadFile):
            training_inputs(path, 1)
