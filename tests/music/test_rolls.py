"""Piano rolls as files, and what of them is refused before any memory is taken."""

from __future__ import annotations

import io

import numpy as np
import pytest

from trivium.errors import BadFile
from trivium.music.files.draft import piece_of
from trivium.music.files.rolls import read_rolls


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def test_clips_of_four_tracks_become_parts() -> None:
    cells = np.full((2, 32, 128, 4), -1, dtype=np.int8)
    cells[0, 0:4, 60, 0] = 1
    cells[0, 4:5, 62, 0] = 1
    cells[1, 28:32, 48, 3] = 1
    cells[0, 30:32, 64, 1] = cells[1, 0:2, 64, 1] = 1  # is cut where the clips meet
    draft = read_rolls(npy(cells))
    piece = piece_of(draft)
    assert [part.name for part in piece.parts] == ["Track 1", "Track 2", "Track 4"]
    found = [[(n.onset, n.length, n.pitch) for n in part.notes] for part in piece.parts]
    assert found == [[(0, 480, 60), (480, 120, 62)], [(3600, 240, 64), (3840, 240, 64)], [(7200, 480, 48)]]
    assert draft.warnings == ["2 clips of 32 steps were put one after another."]


@pytest.mark.parametrize("shape", [(16, 128), (16, 128, 1), (1, 16, 128, 1)])
def test_a_roll_of_one_track(shape: tuple[int, ...]) -> None:
    cells = np.zeros((16, 128), dtype=bool)
    cells[2:6, 70] = True
    [part] = piece_of(read_rolls(npy(cells.reshape(shape)))).parts
    assert [(n.onset, n.length, n.pitch) for n in part.notes] == [(240, 480, 70)]


def test_an_npz_and_fortran_order() -> None:
    cells = np.zeros((16, 128))
    cells[0:3, 50] = 0.7
    packed = io.BytesIO()
    np.savez_compressed(packed, first=np.asfortranarray(cells), second=cells)
    draft = read_rolls(packed.getvalue())
    assert draft.parts[0].notes == [(0, 360, 50, 80, None)] and "first" in draft.warnings[0]


@pytest.mark.parametrize(("data", "words"), [
    (npy(np.zeros((3, 3))), "shape"), (npy(np.zeros((0, 32, 128, 4))), "empty"),
    (npy(np.zeros((2, 128), "U3")), "type"),
    (npy(np.array([None])), "pickled"), (npy(np.full((2, 128), np.inf)), "no numbers"),
    (npy(np.ones((4, 128)))[:-9], "cut off"), (b"\x93NUMPY\x01\x00\xff\xff{", "header"),
    (npy(np.ones((4, 128))).replace(b"(4, 128)", b"(-4,128)"), "empty")])
def test_what_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(BadFile, match=words) as refused:
        piece_of(read_rolls(data))
    assert refused.value.hint
