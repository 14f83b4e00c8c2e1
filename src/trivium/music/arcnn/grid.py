"""Music as the AR-CNN sees it: a grid of sixteenths in which each note is one cell, so that onset and hold differ.

A grid is (T, P) integers: at the step and pitch where a note begins stands its length as one of LENGTHS, by its number
from 1, and 0 everywhere else. So a repeated note is two cells, and an edit (flip one cell) is a whole real note; the
original technique flipped pixels, of which a note has many. The network sees two planes made from a grid: where notes
begin, and where they go on sounding.

The grid never replaces the document: notes are kept with their own ticks, and only what an edit adds lies on the grid.

T steps, P pitches, B windows, K kinds of edit: 0 removes the note that begins there, k >= 1 puts one of length k there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from trivium.music.bars import bars_until
from trivium.music.notes import TICKS_PER_QUARTER, Composition, Note

Ints = np.ndarray[Any, np.dtype[np.signedinteger[Any]]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]
Floats = np.ndarray[Any, np.dtype[np.float32]]

STEP_TICKS: Final = TICKS_PER_QUARTER // 4
WINDOW: Final = 128  # steps: 8 bars of four quarters
PITCHES: Final = 64
LOWEST: Final = 30  # F#1; the window reaches up to A6
LENGTHS: Final = np.array([0, 1, 2, 3, 4, 6, 8, 12, 16])  # steps of each length class; 0 is no note
KINDS: Final = len(LENGTHS)
_CLASS_OF = np.array([int(np.abs(LENGTHS[1:] - steps).argmin()) + 1 for steps in range(17)])


def class_of(steps: Ints | int) -> Any:
    """The length class nearest to so many steps; of two, the shorter."""
    return _CLASS_OF[np.clip(steps, 0, 16)]


def steps_of(note: Note) -> tuple[int, int]:
    """Where a note begins on the grid, and its length class."""
    step = (note.onset + STEP_TICKS // 2) // STEP_TICKS
    return step, int(class_of(max(round(note.length / STEP_TICKS), 1)))


@dataclass(frozen=True)
class Sheet:
    """A piece to learn from: (N, 4) rows of step, MIDI pitch, length in steps, voice; and where its bars begin."""

    notes: Ints
    bars: Ints

    @property
    def steps(self) -> int:
        """The step at which the last note ends."""
        return int((self.notes[:, 0] + self.notes[:, 2]).max(initial=0))


def bar_steps(piece: Composition) -> Ints:
    """The steps at which bars begin."""
    return np.array([bar.tick // STEP_TICKS for bar in bars_until(piece.metres, piece.end)], dtype=np.int64)


def bar_plane(bars: Ints, first: int, steps: int = WINDOW) -> Bools:
    """(steps,): whether a bar begins at each step from `first` on."""
    plane = np.zeros(steps, dtype=bool)
    inside = bars[(bars >= first) & (bars < first + steps)] - first
    plane[inside] = True
    return plane


def grid_of(notes: Ints, first: int, lowest: int = LOWEST, steps: int = WINDOW) -> Ints:
    """(T, P): the rows whose note begins in the window. Where two begin on one cell the longer one stands there."""
    grid = np.zeros((steps, PITCHES), dtype=np.int64)
    at, pitch = notes[:, 0] - first, notes[:, 1] - lowest
    seen = (at >= 0) & (at < steps) & (pitch >= 0) & (pitch < PITCHES)
    np.maximum.at(grid, (at[seen], pitch[seen]), class_of(notes[seen, 2]))
    return grid


def planes_of(grids: Ints) -> Floats:
    """(B, T, P) grids -> (B, 2, T, P): onset, and hold where a note goes on. A new onset ends the note before it."""
    step = np.arange(grids.shape[1])[:, None]
    last = np.maximum.accumulate(np.where(grids > 0, step, -1), axis=1)  # where the newest note began
    lengths = np.take_along_axis(LENGTHS[grids], np.maximum(last, 0), axis=1)
    hold = (grids == 0) & (last >= 0) & (step < last + lengths)
    return np.stack([grids > 0, hold], axis=1).astype(np.float32)


def target_edits(grids: Ints, targets: Ints) -> Bools:
    """(B, K, T, P): every cell whose flip leads from the grid to its target, the XOR of the two."""
    target = np.zeros((len(grids), KINDS, *grids.shape[1:]), dtype=bool)
    differs = grids != targets
    window, step, pitch = np.nonzero(differs)
    target[window, targets[window, step, pitch], step, pitch] = True  # a target of 0 is the removal
    return target
