"""Rolls: onset and hold are told apart, and notes come back from them."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.music.pieces import notes
from trivium.music.grid import HOLD, ONSET, notes_of, roll_of, step_count
from trivium.music.notes import Composition, Metre, Note, Part


def note(onset: int, length: int, pitch: int) -> Note:
    return Note(onset=onset, length=length, pitch=pitch, velocity=80)


def test_a_repeated_note_is_struck_twice_in_the_roll() -> None:
    roll = roll_of([Part(notes=[note(0, 480, 60), note(480, 240, 60)])], 16)
    assert np.flatnonzero(roll[:, 60, ONSET]).tolist() == [0, 4]
    assert np.flatnonzero(roll[:, 60, HOLD]).tolist() == [0, 1, 2, 3, 4, 5]
    assert roll.sum() == 8


@settings(max_examples=60, deadline=None)
@given(notes(grid=120), st.integers(0, 40))
def test_notes_on_the_grid_come_back_from_the_roll(found: list[Note], rest: int) -> None:
    found = sorted((n.model_copy(update={"velocity": 80}) for n in found), key=lambda n: (n.onset, n.pitch))
    steps = max(n.end for n in found) // 120 + rest
    assert notes_of(roll_of([Part(notes=found)], steps)) == found


def test_a_note_too_short_for_the_grid_keeps_a_step() -> None:
    assert notes_of(roll_of([Part(notes=[note(125, 1, 60)])], 16)) == [note(120, 120, 60)]


def test_the_last_bar_is_filled_up() -> None:
    piece = Composition(metres=[Metre(beats=3, beat_unit=4)], parts=[Part(notes=[note(1440, 100, 60)])])
    assert step_count(piece) == 24
