"""What the judge counts in a piece: five histograms and one rate. Drums, tempo, loudness and instruments do not count.

Each count is kept as plain numbers, so that a style is a few kilobytes of them; `judge_style.py` makes one,
`judging.py` compares. T steps are sixteenths.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from trivium.music.grid import HOLD, Bools, on_grid, roll_of, step_count
from trivium.music.notes import Composition, Note, Part
from trivium.music.voice_leading import FIFTH, OCTAVE, parallels

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
WIDEST = 13  # semitones; wider steps count as this
MOST = 6  # voices at once; more count as this
MOST_LINES = 8
# longest length in ticks that still counts as what it is called
LENGTHS = ((180, "sixteenths or shorter"), (300, "eighths"), (420, "dotted eighths"), (600, "quarters"),
           (840, "dotted quarters"), (1200, "halves"), (10**9, "notes longer than a half"))
STEPS = ("the same note again", "steps of a semitone", "steps of a whole tone", "minor thirds", "major thirds",
         "fourths", "tritones", "fifths", "minor sixths", "major sixths", "minor sevenths", "major sevenths",
         "octaves", "leaps beyond an octave")
CHORDS = ("octaves", "minor seconds", "major seconds", "minor thirds", "major thirds", "fourths", "tritones", "fifths",
          "minor sixths", "major sixths", "minor sevenths", "major sevenths")
VOICES = ("one note alone", "two notes at once", "three notes at once", "four notes at once", "five notes at once",
          "six or more notes at once")


@dataclass(frozen=True)
class Traits:
    """Shares that add up to 1, or to 0 where there is nothing to count; and faults for 100 moments of movement."""

    pitch_classes: Floats  # (12,) how long each sounds, C first
    steps: Floats  # (14,) from note to note within a line
    lengths: Floats  # (7,)
    chords: Floats  # (12,) intervals above the lowest sounding note
    voices: Floats  # (6,) how many notes sound at once
    parallels: float | None  # None where there are no two voices that move


def traits(piece: Composition) -> Traits:
    """Count a piece."""
    parts = [part for part in piece.parts if not part.is_drum and part.notes]
    sounds = roll_of(parts, step_count(piece))[:, :, HOLD]  # (T, 128)
    notes = [note for part in parts for note in part.notes]
    heard = np.bincount([note.pitch % 12 for note in notes], weights=[note.length for note in notes], minlength=12)
    lines = [upper_line(part) for part in parts]
    return Traits(
        pitch_classes=shares(heard), steps=shares(steps_of(lines)), lengths=shares(lengths_of(notes)),
        chords=shares(chords_of(sounds)), voices=shares(voices_of(sounds)),
        parallels=parallel_rate(grid_of(parts, sounds)))


def shares(counts: NDArray[np.generic]) -> Floats:
    """A histogram that adds up to 1, or to 0."""
    found = np.asarray(counts, dtype=np.float64)
    return found / max(float(found.sum()), 1e-12)


def upper_line(part: Part) -> list[int]:
    """The highest pitch at each onset of a part."""
    highest: dict[int, int] = {}
    for note in part.notes:
        highest[note.onset] = max(note.pitch, highest.get(note.onset, 0))
    return [highest[onset] for onset in sorted(highest)]


def steps_of(lines: Sequence[Sequence[int]]) -> Ints:
    """How often each distance from note to note comes (14,)."""
    apart = [min(abs(after - before), WIDEST) for line in lines for before, after in pairwise(line)]
    return np.bincount(np.array(apart, dtype=np.int64), minlength=WIDEST + 1)


def lengths_of(notes: Sequence[Note]) -> Ints:
    """How often each note length comes (7,)."""
    places = np.searchsorted([longest for longest, _ in LENGTHS], [note.length for note in notes])
    return np.bincount(places.astype(np.int64), minlength=len(LENGTHS))


def chords_of(sounds: Bools) -> Ints:
    """How long each interval sounds above the lowest note (12,); the lowest itself is not counted."""
    rows, pitches = np.nonzero(sounds)
    lowest = sounds.argmax(axis=1)[rows]
    above = pitches > lowest
    return np.bincount((pitches - lowest)[above] % 12, minlength=12)


def voices_of(sounds: Bools) -> Ints:
    """How long so many notes sound at once (6,), silence left out."""
    together = np.minimum(sounds.sum(axis=1), MOST)
    return np.bincount(together[together > 0] - 1, minlength=MOST)


def grid_of(parts: Sequence[Part], sounds: Bools) -> Ints:
    """Lines (T, V) as pitches, -1 for silence: a part each, or of one part alone its notes from high to low."""
    if len(parts) > 1:
        grid = np.full((len(sounds), min(len(parts), MOST_LINES)), -1, dtype=np.int64)
        from_high_to_low = sorted(parts, key=lambda part: -sum(note.pitch for note in part.notes) / len(part.notes))
        for voice, part in enumerate(from_high_to_low[:MOST_LINES]):
            for begin, end, note in on_grid(part.notes):  # from low to high at one onset, so the highest stays
                grid[begin:end, voice] = note.pitch
        return grid
    count = min(int(sounds.sum(axis=1).max(initial=0)), 4)
    grid = np.full((len(sounds), count), -1, dtype=np.int64)
    rows, pitches = np.nonzero(sounds[:, ::-1])
    place = np.arange(len(rows)) - np.searchsorted(rows, rows)
    inside = place < count
    grid[rows[inside], place[inside]] = 127 - pitches[inside]
    return grid


def parallel_rate(grid: Ints) -> float | None:
    """Parallel fifths and octaves for 100 moments at which two voices or more move."""
    if grid.shape[1] < 2 or len(grid) < 2:
        return None
    moves = (grid[1:] != grid[:-1]) & (grid[1:] >= 0) & (grid[:-1] >= 0)
    moments = int((moves.sum(axis=1) > 1).sum())
    return 100.0 * parallels(grid, FIFTH, OCTAVE) / moments if moments else None
