"""Music as the GAN sees it: rolls with an onset, of a melody and three accompaniment tracks.

A roll (T, P, 4) holds 0 where a pitch is silent, 1 where a note goes on, 2 where one begins, so a repeated note stays
two notes. The networks see two planes a track, -1 or +1: what sounds, and what begins. Notes outside the pitches that
are seen are moved in by octaves; the document itself never changes.

T steps of a sixteenth, P pitches, B clips; track 0 is the melody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from trivium.music.dataset.forms import BEGINS, GOES_ON, SILENT, tracks
from trivium.music.dataset.key import estimated_key, fifths_of
from trivium.music.dataset.piece import LENGTH, ONSET, PITCH, GridPiece, Ints

Roll = NDArray[np.uint8]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]

STEPS: Final = 32  # of a clip: two bars of four quarters
BEAT: Final = 4
PITCHES: Final = 64
LOWEST: Final = 30  # F#1; the highest that is seen is A6
TRACKS: Final = 3  # of the accompaniment


@dataclass(frozen=True)
class Sheet:
    """A piece to learn from: its roll, and where its bars begin."""

    roll: Roll  # (T, P, 4)
    bars: Bools  # (T,)
    first: int = 0  # the step of the first whole bar

    @property
    def steps(self) -> int:
        """Length in sixteenths."""
        return len(self.roll)


def sheet(piece: GridPiece) -> Sheet:
    """A piece of a training set; track 0 is its melody, as `dataset.forms.tracks` finds it."""
    found = [track.notes for track in tracks(piece)]
    move = to_one_key(found[0][found[0][:, PITCH] >= 0])
    roll = np.stack([track_roll(moved(notes, move), piece.steps) for notes in found], axis=-1)
    bars = np.zeros(len(roll), dtype=bool)
    bars[piece.upbeat_steps::piece.bar_steps] = True
    return Sheet(roll, bars, piece.upbeat_steps)


def to_one_key(melody: Ints) -> int:
    """By how many semitones a piece is moved so that its melody has no sharps or flats: to C major or A minor."""
    key = estimated_key(melody[:, PITCH], melody[:, LENGTH])
    return (-7 * fifths_of(key)[0] + 6) % 12 - 6 if key else 0


def moved(notes: Ints, semitones: int) -> Ints:
    """The notes so many semitones higher; what is no note stays none."""
    found = notes.copy()
    found[:, PITCH] += np.where(found[:, PITCH] >= 0, semitones, 0)
    return found


def track_roll(notes: Ints, steps: int) -> Roll:
    """(T, P) of rows (onset, length, pitch, ...); a pitch below 0 is no note."""
    roll = np.zeros((steps, PITCHES), dtype=np.uint8)
    notes = notes[notes[:, PITCH] >= 0]
    pitches = folded(notes[:, PITCH]) - LOWEST
    for onset, length, pitch in zip(notes[:, ONSET], notes[:, LENGTH], pitches, strict=True):
        column = roll[onset:onset + length, pitch]
        np.maximum(column, GOES_ON, out=column)
    inside = notes[:, ONSET] < steps
    roll[notes[inside, ONSET], pitches[inside]] = BEGINS
    return roll


def folded(pitches: Any) -> Any:
    """MIDI pitches moved by octaves into those that are seen."""
    found = np.asarray(pitches)
    below, above = np.maximum(LOWEST - found, 0), np.maximum(found - (LOWEST + PITCHES - 1), 0)
    return found + 12 * -(-below // 12) - 12 * -(-above // 12)


def planes(roll: Roll) -> Floats:
    """(..., T, P, K) rolls -> (..., 2 K, T, P): what sounds of each track, then what begins; -1 or +1."""
    both = np.concatenate([roll != SILENT, roll == BEGINS], axis=-1)
    return np.moveaxis(np.where(both, np.float32(1), np.float32(-1)), -1, -3)


def rows_of(roll: Roll) -> Ints:
    """The notes of one track (T, P) as rows (onset, length, pitch - LOWEST), in order of onset."""
    rows = []
    for pitch in np.flatnonzero((roll == BEGINS).any(axis=0)).tolist():
        begins = np.flatnonzero(roll[:, pitch] == BEGINS)
        stops = np.flatnonzero(np.append(roll[:, pitch], SILENT) != GOES_ON)  # silent, or struck again
        ends = stops[np.searchsorted(stops, begins, side="right")]
        rows += [(begin, end - begin, pitch) for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)]
    return np.array(sorted(rows), dtype=np.int32).reshape(-1, 3)


def widened(roll: Roll) -> Roll:
    """(T, P, K) -> (T, 128, K), the usual shape of rolls."""
    wide = np.zeros((len(roll), 128, roll.shape[-1]), dtype=np.uint8)
    wide[:, LOWEST:LOWEST + PITCHES] = roll
    return wide
