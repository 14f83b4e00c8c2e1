"""Rolls, derived from the notes of a piece for metrics, and notes made from them again.

A roll has two channels, onset and hold, so that a repeated note never becomes one long note. T steps.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from trivium.music.bars import bars_of
from trivium.music.notes import DEFAULT_VELOCITY, TICKS_PER_QUARTER, Composition, Note, Part

PITCHES = 128
ONSET, HOLD = 0, 1
STEPS_PER_QUARTER = 4  # sixteenth notes
Bools = NDArray[np.bool_]


def step_count(piece: Composition, steps_per_quarter: int = STEPS_PER_QUARTER) -> int:
    """Steps of the piece, its last bar filled up."""
    ticks = TICKS_PER_QUARTER // steps_per_quarter
    return -(-bars_of(piece)[-1].end // ticks)


def roll_of(parts: Iterable[Part], steps: int, steps_per_quarter: int = STEPS_PER_QUARTER) -> Bools:
    """Onset and hold of each pitch, (T, 128, 2); hold is True from the onset to the last step of a note."""
    roll = np.zeros((steps, PITCHES, 2), dtype=bool)
    for part in parts:
        for begin, end, note in on_grid(part.notes, steps_per_quarter):
            roll[begin, note.pitch, ONSET] |= begin < steps
            roll[begin:end, note.pitch, HOLD] = True
    return roll


def on_grid(notes: Iterable[Note], steps_per_quarter: int = STEPS_PER_QUARTER) -> Iterable[tuple[int, int, Note]]:
    """First step, step after the last, and note; every note has at least one step."""
    ticks = TICKS_PER_QUARTER // steps_per_quarter
    for note in notes:
        begin = (note.onset + ticks // 2) // ticks
        yield begin, max((note.end + ticks // 2) // ticks, begin + 1), note


def notes_of(roll: Bools, steps_per_quarter: int = STEPS_PER_QUARTER, velocity: int = DEFAULT_VELOCITY) -> list[Note]:
    """The notes of a roll (T, 128, 2): a note lasts until its pitch is struck again or no longer held."""
    ticks = TICKS_PER_QUARTER // steps_per_quarter
    found = []
    for pitch in np.flatnonzero(roll[:, :, ONSET].any(axis=0)).tolist():
        begins = np.flatnonzero(roll[:, pitch, ONSET])
        silent = np.flatnonzero(np.append(~roll[:, pitch, HOLD], True))  # the step after the roll is silent
        ends = silent[np.searchsorted(silent, begins, side="right")]
        ends = np.minimum(ends, np.append(begins[1:], len(roll)))
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
            found.append(Note(onset=begin * ticks, length=(end - begin) * ticks, pitch=pitch, velocity=velocity))
    return sorted(found, key=lambda note: (note.onset, note.pitch))
