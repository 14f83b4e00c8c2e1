"""Rolls and grids, derived from the notes of a piece for models and metrics, and notes made from them again.

A roll has two channels, onset and hold, so that a repeated note never becomes one long note. A voice grid has one pitch
for each step and voice (SILENCE where none sounds), the form of the chorale benchmarks, with onsets beside it.
Letters in shapes: T steps, V voices.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trivium.music.bars import bars_of
from trivium.music.notes import DEFAULT_VELOCITY, TICKS_PER_QUARTER, Composition, Metre, Note, Part, Tempo

PITCHES = 128
SILENCE = -1
ONSET, HOLD = 0, 1
STEPS_PER_QUARTER = 4  # sixteenth notes
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class VoiceGrid:
    """One pitch for each step and voice."""

    pitches: Ints  # (T, V), SILENCE where none sounds
    onsets: Bools  # (T, V), True where that pitch begins


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


def voice_grid(parts: Sequence[Part], steps: int, steps_per_quarter: int = STEPS_PER_QUARTER) -> VoiceGrid:
    """Each part as one voice; where two notes of it sound together, the one that began last, then the highest."""
    pitches = np.full((steps, len(parts)), SILENCE, dtype=np.int64)
    onsets = np.zeros((steps, len(parts)), dtype=bool)
    for voice, part in enumerate(parts):
        for begin, end, note in sorted(on_grid(part.notes, steps_per_quarter), key=lambda row: (row[0], row[2].pitch)):
            pitches[begin:end, voice] = note.pitch
            onsets[begin:end, voice] = False
            onsets[begin:begin + 1, voice] = True
    return VoiceGrid(pitches, onsets)


def parts_of(pitches: Ints, onsets: Bools | None = None, names: Sequence[str] = (), program: int = 0,
             steps_per_quarter: int = STEPS_PER_QUARTER) -> list[Part]:
    """The voices of a grid (T, V) as parts; without onsets a pitch that stays is one held note."""
    ticks = TICKS_PER_QUARTER // steps_per_quarter
    parts = []
    for voice in range(pitches.shape[1]):
        line = pitches[:, voice]
        changes = np.append(True, line[1:] != line[:-1])
        marks = np.flatnonzero((changes if onsets is None else changes | onsets[:, voice])[:len(line)])
        notes = [Note(onset=int(begin) * ticks, length=int(end - begin) * ticks, pitch=int(line[begin]),
                      velocity=DEFAULT_VELOCITY)
                 for begin, end in zip(marks, np.append(marks[1:], len(line)), strict=True) if line[begin] != SILENCE]
        parts.append(Part(id=f"part-{voice + 1}", name=names[voice] if voice < len(names) else "", program=program,
                          notes=notes))
    return parts


def piece_of_grid(pitches: Ints, onsets: Bools | None = None, title: str = "", bpm: float = 120.0,
                  names: Sequence[str] = ("Soprano", "Alto", "Tenor", "Bass")) -> Composition:
    """A grid (T, V) as a piece in four quarters."""
    return Composition(title=title, tempos=[Tempo(bpm=bpm)], metres=[Metre()], parts=parts_of(pitches, onsets, names))
