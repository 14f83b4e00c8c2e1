"""Four-part music as numbers for the Transformer: classes to predict, and the rows of a table that describe the past.

A grid is (T, 4) integers: one row a sixteenth step, columns soprano, alto, tenor, bass, values MIDI pitch or -1 for
silence. Beside it goes `onset`, (T, 4) booleans: a note begins here. Where a file does not tell (the benchmark
doesn't), a note begins wherever the pitch changes.

A network that sees "B flat" as a name must learn each chord twelve times. So the past is described by intervals as
well: between the voices, from each voice's last note, and how long ago it was struck. Every such fact is one row of a
table, and a moment is the sum of its rows. `Past` carries what a step needs to know of all steps before; training and
generation both walk through a piece with it, so they cannot differ.

T steps, 4 voices; P pieces or particles side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Ints = np.ndarray[Any, np.dtype[np.int64]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]

VOICES = ("soprano", "alto", "tenor", "bass")
V = len(VOICES)
LOWEST, PITCHES = 36, 46  # MIDI pitches 36..81
SILENCE, HOLD = 46, 47  # classes after the pitches; HOLD only where onsets are known
START = 47  # stands for "nothing yet" where the step before the first is asked for
CLASSES, CLASSES_WITH_HOLD = 47, 48
BAR_STEPS = 16  # the phase that a step is told: its number modulo this; real bar lines are not in the data
LONGEST = 32  # ages are counted up to this many steps
BARS = 40  # and bars up to this many
USUAL = np.array([34, 27, 20, 12])  # stands for a voice's last pitch before it has sung: the middle of its range
SPAN = 2 * PITCHES  # 91 intervals and one row for "not known"


def classes_of(grid: Ints) -> Ints:
    """MIDI pitches (-1 = silence) -> 0..45 for the pitch, 46 for silence."""
    return np.where(grid < 0, SILENCE, grid - LOWEST).astype(np.int64)


def grid_of(sounding: Ints) -> Ints:
    """The way back."""
    return np.where(sounding == SILENCE, -1, sounding + LOWEST)


def onsets_of(sounding: Ints) -> Bools:
    """Where a note begins if nobody says: where the pitch changes, and at the first step."""
    changed = np.ones(sounding.shape, dtype=bool)
    changed[1:] = sounding[1:] != sounding[:-1]
    return changed


def targets_of(sounding: Ints, onset: Bools, with_hold: bool) -> Ints:
    """What is predicted, (..., 4): the sounding class, or HOLD for a pitch that goes on."""
    return np.where(~onset & (sounding != SILENCE), HOLD, sounding) if with_hold else sounding


def transposition_range(sounding: Ints, lowest: Ints, highest: Ints) -> tuple[int, int]:
    """How many semitones down (<= 0) and up (>= 0) a piece may move while each voice keeps within its range."""
    down, up = -PITCHES, PITCHES
    for voice in range(V):
        sung = sounding[:, voice][sounding[:, voice] != SILENCE]
        if len(sung):
            down, up = max(down, lowest[voice] - sung.min()), min(up, highest[voice] - sung.max())
    return min(int(down), 0), max(int(up), 0)


def voice_ranges(pieces: list[Ints]) -> tuple[Ints, Ints]:
    """Lowest and highest class that each voice sings, (4,) and (4,)."""
    cells = np.concatenate(pieces)
    sung = np.where(cells == SILENCE, -1, cells)
    lowest = np.where(cells == SILENCE, PITCHES, cells).min(axis=0)
    return np.minimum(lowest, PITCHES - 1), np.maximum(sung.max(axis=0), 0)


@dataclass
class Past:
    """What is known before a step, each (..., 4): the cells of the step before, and where they come from."""

    sounding: Ints  # 0..46, START before the first step
    age: Ints  # steps since the note was struck, 0 before the first
    leap: Ints  # interval of the voice's last move, as a class 0..26
    last: Ints  # the voice's last pitch, -1 while it has none

    @classmethod
    def nothing(cls, *shape: int) -> Past:
        """Before the first step."""
        none = np.zeros((*shape, V), dtype=np.int64)
        return cls(none + START, none.copy(), none.copy(), none - 1)

    def reference(self) -> Ints:
        """The pitch that a voice's next one is compared with."""
        return np.where(self.last < 0, USUAL, self.last)

    def after(self, sounding: Ints, onset: Bools) -> Past:
        """The past of the next step, once this one's cells are known."""
        silent = sounding == SILENCE
        step = np.where(self.last < 0, 0, np.clip(sounding - self.last, -12, 12) + 13)  # the first note is no move
        leap = np.where(onset, np.where(silent, 26, step), self.leap)
        age = np.where(onset, 1, self.age + 1)
        return Past(sounding, age, leap, np.where(silent, self.last, sounding))

    def of(self, places: Ints) -> Past:
        """Of these places along the first axis."""
        return Past(self.sounding[places], self.age[places], self.leap[places], self.last[places])

    def transposed(self, semitones: int) -> Past:
        """The same past so many semitones higher."""
        def moved(pitch: Ints, is_pitch: Bools) -> Ints:
            return np.where(is_pitch, pitch + semitones, pitch)

        return Past(moved(self.sounding, self.sounding < SILENCE), self.age, self.leap,
                    moved(self.last, self.last >= 0))


def walk(sounding: Ints, onset: Bools) -> Past:
    """The past of every step of a piece, as arrays (T, 4)."""
    past, moments = Past.nothing(), []
    for cells, begins in zip(sounding, onset, strict=True):
        moments.append(past)
        past = past.after(cells, begins)
    names = ("sounding", "age", "leap", "last")
    return Past(*(np.stack([getattr(moment, name) for moment in moments]) for name in names))


class Table:
    """Rows of an embedding table, handed out block by block."""

    def __init__(self) -> None:
        self.rows = 0

    def blocks(self, count: int, rows: int) -> Ints:
        """The first row of each of `count` blocks of so many rows, (count,)."""
        first = self.rows + rows * np.arange(count)
        self.rows += rows * count
        return first


def interval(upper: Ints, lower: Ints) -> Ints:
    """upper - lower as 0..90; 91 where one of them is no pitch."""
    unknown = (upper >= SILENCE) | (lower >= SILENCE)
    return np.where(unknown, SPAN - 1, upper - lower + PITCHES - 1)


class StepRows:
    """The facts that describe the past at the beginning of a step."""

    def __init__(self) -> None:
        table = Table()
        self.pitch, self.age, self.leap = (table.blocks(V, rows) for rows in (START + 1, LONGEST + 1, 27))
        self.upper, self.lower = np.triu_indices(V, 1)
        self.pairs = table.blocks(len(self.upper), SPAN)
        self.phase, self.bar = table.blocks(1, BAR_STEPS), table.blocks(1, BARS)
        self.rows, self.facts = table.rows, 3 * V + len(self.pairs) + 2

    def __call__(self, past: Past, step: Ints) -> Ints:
        """(..., facts) rows; `step` is the number of the step, (...)."""
        sounding, step = past.sounding, step[..., None]
        return np.concatenate([
            sounding + self.pitch, np.minimum(past.age, LONGEST) + self.age, past.leap + self.leap,
            interval(sounding[..., self.upper], sounding[..., self.lower]) + self.pairs,
            step % BAR_STEPS + self.phase, np.minimum(step // BAR_STEPS, BARS - 1) + self.bar], axis=-1)


class CellRows:
    """The facts that describe a cell's step: the voices above that have sung already, and those still to come."""

    def __init__(self) -> None:
        table = Table()
        self.own, self.age, self.phase = (table.blocks(V, rows) for rows in (START + 1, LONGEST + 1, BAR_STEPS))
        self.pitch = [table.blocks(v, 2 * CLASSES) for v in range(V)]
        self.motion = [table.blocks(v, SPAN) for v in range(V)]
        self.distance = [table.blocks(V, SPAN) for _ in range(V)]
        self.empty = table.rows  # fills up where a voice has fewer facts; its row stays zero
        self.rows, self.facts = table.rows + 1, 3 + 3 * (V - 1)

    def __call__(self, voice: int, past: Past, step: Ints, sounding: Ints, onset: Bools) -> Ints:
        """(..., facts) rows for `voice`; of `sounding` and `onset`, (..., 4), only the voices above are looked at."""
        above, mine, below = slice(0, voice), slice(voice, voice + 1), slice(voice + 1, V)
        reference, sung = past.reference(), sounding[..., above]
        missing = 2 * (V - 1 - voice)  # voices still to come are described by one fact each, not by three
        return np.concatenate([
            past.sounding[..., mine] + self.own[voice], np.minimum(past.age[..., mine], LONGEST) + self.age[voice],
            step[..., None] % BAR_STEPS + self.phase[voice],
            2 * sung + onset[..., above] + self.pitch[voice],
            interval(sung, reference[..., above]) + self.motion[voice],
            interval(sung, reference[..., mine]) + self.distance[voice][above],
            interval(past.sounding[..., below], reference[..., mine]) + self.distance[voice][below],
            np.full((*step.shape, missing), self.empty)], axis=-1)


class MemoryRows:
    """The facts that describe a step once it is over: which pitches, and which of them were struck."""

    rows, facts = V * 2 * CLASSES, V

    def __call__(self, sounding: Ints, onset: Bools) -> Ints:
        """(..., 4) rows."""
        return np.arange(V) * 2 * CLASSES + 2 * sounding + onset


STEP_ROWS, CELL_ROWS, MEMORY_ROWS = StepRows(), CellRows(), MemoryRows()


@dataclass(frozen=True)
class Piece:
    """A piece ready to be learned from: its cells and the past of each step."""

    sounding: Ints  # (T, 4)
    onset: Bools  # (T, 4)
    past: Past  # arrays (T, 4)

    @classmethod
    def of(cls, sounding: Ints, onset: Bools | None = None) -> Piece:
        """From classes 0..46, and onsets where they are known."""
        begins = onsets_of(sounding) if onset is None else onset
        return cls(sounding, begins, walk(sounding, begins))

    def __len__(self) -> int:
        return len(self.sounding)

    @property
    def is_tune(self) -> bool:
        """Whether the soprano sings alone from beginning to end."""
        return bool((self.sounding[:, 1:] == SILENCE).all())

    def transposed(self, semitones: int, clip: bool = False) -> Piece:
        """The same piece so many semitones higher; with `clip`, pitches past the lowest or highest stay there."""
        sounding = np.where(self.sounding == SILENCE, SILENCE, self.sounding + semitones)
        if clip:
            return Piece.of(np.where(sounding == SILENCE, SILENCE, np.clip(sounding, 0, PITCHES - 1)), self.onset)
        return Piece(sounding, self.onset, self.past.transposed(semitones))


def voices_of(pieces: Sequence[Piece]) -> int:
    """How many voices sing in these pieces: 4, or 1 where all are tunes."""
    return 1 if all(piece.is_tune for piece in pieces) else V
