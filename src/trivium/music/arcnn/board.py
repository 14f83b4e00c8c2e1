"""What is on the music stand while the AR-CNN edits: notes by cell, the budgets, and which edits are allowed.

Budgets count real notes, by what is rather than by what was done: `removed` is how many notes of the input are not
there any more, `added` how many are there that were not in the input. So an edit that goes back gives its cost back,
and one test serves both: an edit is allowed if afterwards removed <= the one limit and added <= the other. A note of
the input that changes its length counts on both sides.

Notes that are pinned, of drums, of other parts or outside the region are seen by the network and never touched. A note
belongs to the bar in which it begins; what is added ends within the region.

T steps of the whole piece, W of a window, P pitches, K kinds of edit (0 remove, k >= 1 a note of that length).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trivium.music.arcnn.config import ArcnnControls
from trivium.music.arcnn.edits import ADDED_PART, EditEvent
from trivium.music.arcnn.grid import (
    KINDS,
    LENGTHS,
    LOWEST,
    PITCHES,
    STEP_TICKS,
    WINDOW,
    Bools,
    Ints,
    bar_plane,
    bar_steps,
    steps_of,
)
from trivium.music.bars import bars_until, region
from trivium.music.notes import DEFAULT_VELOCITY, MAX_NOTES, MAX_PARTS, Composition, Note

Cell = tuple[int, int]  # step, pitch counted from the lowest one that is seen


@dataclass(frozen=True)
class Held:
    """A note, its part, and whether it may go."""

    note: Note
    part: str
    is_original: bool
    may_go: bool

    @property
    def length_class(self) -> int:
        """Which of the lengths of a grid it has."""
        return steps_of(self.note)[1]


NOBODY = Held(Note(onset=0, length=1, pitch=0), ADDED_PART, False, False)


class Board:
    """A piece under the AR-CNN's hands."""

    def __init__(self, piece: Composition, controls: ArcnnControls) -> None:
        self.piece, self.controls = piece, controls
        self.lowest = best_lowest([note.pitch for part in piece.parts if not part.is_drum for note in part.notes])
        bars = bars_until(piece.metres, max(piece.end, 1))
        self.steps = windowed_steps(-(-bars[-1].end // STEP_TICKS))
        self.region = region(bars, controls.first_bar, controls.last_bar)
        self.begin, self.end = -(-self.region[0] // STEP_TICKS), self.region[1] // STEP_TICKS  # in steps
        self.bars = bar_steps(piece)
        self.added_part = home_of_added(piece)
        self.velocity = usual_velocity(piece)
        self.cells: dict[Cell, list[Held]] = {}
        self.gone: dict[Cell, list[Held]] = {}
        self.grid = np.zeros((self.steps, PITCHES), dtype=np.int8)  # (T, P)
        self.sounding = np.zeros((self.steps, PITCHES), dtype=np.int32)  # how many notes sound
        self.begins = np.zeros((self.steps, PITCHES), dtype=np.int32)  # how many begin in this step
        self.original = np.zeros((self.steps, PITCHES), dtype=bool)  # what would go is a note of the input
        self.locked = np.zeros((self.steps, PITCHES), dtype=bool)  # a note is there, and none of them may go
        self.stacked = np.zeros((self.steps, PITCHES), dtype=bool)  # several notes begin there
        self.back = np.zeros((self.steps, PITCHES), dtype=np.int16)  # bit k: an input note of length k can come back
        self.removed = self.added = 0
        self._place(piece)
        touchable = sum(held.may_go for stack in self.cells.values() for held in stack)
        self.max_removed = int(controls.max_removed_percent * touchable / 100)
        self.max_added = min(controls.max_added_notes, MAX_NOTES - piece.note_count)
        self.events: list[EditEvent] = []

    def _place(self, piece: Composition) -> None:
        for part in piece.parts:
            for note in part.notes if not part.is_drum else []:
                if 0 <= note.pitch - self.lowest < PITCHES:
                    self._put(Held(note, part.id, True, self._may_go(note, part.id)))

    def _may_go(self, note: Note, part: str) -> bool:
        controls = self.controls
        return (not note.pinned and (controls.parts is None or part in controls.parts)
                and self.region[0] <= note.onset < self.region[1]
                and controls.lowest_pitch <= note.pitch <= controls.highest_pitch)

    # cells

    def cell(self, note: Note) -> Cell:
        """Where a note begins on the grid."""
        return min(steps_of(note)[0], self.steps - 1), note.pitch - self.lowest

    def _put(self, held: Held) -> None:
        self.cells.setdefault(self.cell(held.note), []).append(held)
        self._count(held.note, 1)
        self._look(self.cell(held.note))

    def _take(self, held: Held) -> None:
        self.cells[self.cell(held.note)].remove(held)
        self._count(held.note, -1)
        self._look(self.cell(held.note))

    def _count(self, note: Note, one: int) -> None:
        pitch, first = note.pitch - self.lowest, note.onset // STEP_TICKS
        self.sounding[first:-(-note.end // STEP_TICKS), pitch] += one
        self.begins[min(first, self.steps - 1), pitch] += one

    def _look(self, cell: Cell) -> None:
        """Bring the planes up to date at one cell."""
        stack = self.cells.get(cell, [])
        top = self.top(cell)
        self.grid[cell] = max((held.length_class for held in stack), default=0)
        self.locked[cell] = bool(stack) and top is None
        self.stacked[cell] = len(stack) > 1
        self.original[cell] = top is not None and top.is_original
        self.back[cell] = sum({1 << held.length_class for held in self.gone.get(cell, []) if self._fits_grid(held)})

    def top(self, cell: Cell) -> Held | None:
        """The note that an edit of this cell would take away: the longest of those that may go."""
        able = [held for held in self.cells.get(cell, []) if held.may_go]
        return max(able, key=lambda held: held.note.length, default=None)

    def _fits_grid(self, held: Held) -> bool:
        """Whether a note keeps within the steps that its cell stands for; others don't come back by themselves."""
        step, kind = self.cell(held.note)[0], held.length_class
        return held.note.onset >= step * STEP_TICKS and held.note.end <= (step + LENGTHS[kind]) * STEP_TICKS

    # windows

    def windows(self) -> list[int]:
        """Where the windows begin that the region lies in: every 4 bars, each 8 bars long."""
        starts = range(0, self.steps - WINDOW + 1, WINDOW // 2)
        return [start for start in starts if start < self.end and start + WINDOW > self.begin]

    def bar_plane(self, first: int) -> Bools:
        """Where bars begin in the window."""
        return bar_plane(self.bars, first)

    def allowed(self, first: int) -> Bools:
        """(K, W, P): which edits of the window that begins at `first` may be made now."""
        rows = slice(first, first + WINDOW)
        return self._has_room(rows) & self._is_affordable(rows)

    def _has_room(self, rows: slice) -> Bools:
        """Inside the region, nothing locked, and no two notes of a pitch at once."""
        here = np.arange(rows.start, rows.stop)[:, None]
        after = self._next_begin(rows)
        ends = here[None] + LENGTHS[:, None, None]  # (K, W, 1)
        is_note = self.grid[rows] > 0
        alone = ~self.stacked[rows] & (self.sounding[rows] <= 1)
        empty = ~is_note & (self.sounding[rows] == 0)
        fits = (ends <= np.minimum(after, self.end)[None]) & (empty | (is_note & alone))[None]
        fits &= np.arange(KINDS)[:, None, None] != self.grid[rows][None]  # it has that length already
        fits[0] = is_note
        pitches = np.arange(PITCHES) + self.lowest
        inside = (here >= self.begin) & (here < self.end) & (pitches >= self.controls.lowest_pitch)
        inside = inside & (pitches <= self.controls.highest_pitch)
        inside = inside | (is_note & ~self.locked[rows])  # whether a note may go was decided by its own ticks
        return np.asarray(fits & inside[None] & ~self.locked[rows][None])

    def _next_begin(self, rows: slice) -> Ints:
        """(W, P): the first step after each one at which the pitch begins, as far as the longest note reaches."""
        steps = np.arange(rows.start + 1, rows.stop + LENGTHS[-1] + 1)
        begins = np.zeros((len(steps), PITCHES), dtype=bool)
        known = self.begins[steps[0]:steps[-1] + 1] > 0
        begins[:len(known)] = known
        when = np.where(begins, steps[:, None], self.steps + LENGTHS[-1])
        return np.asarray(np.minimum.accumulate(when[::-1], axis=0)[::-1][:rows.stop - rows.start])

    def _is_affordable(self, rows: slice) -> Bools:
        """Whether both budgets hold afterwards."""
        is_note, original = self.grid[rows] > 0, self.original[rows]
        back = self.back[rows][None] >> np.arange(KINDS)[:, None, None] & 1  # (K, W, P)
        removes = (is_note & original).astype(np.int64)[None] - back  # (K, W, P)
        adds = np.ones(removes.shape, dtype=np.int64) - back - (is_note & ~original)[None]
        adds[0] -= 1
        return np.asarray((self.removed + removes <= self.max_removed) & (self.added + adds <= self.max_added))

    # edits

    def edit(self, kind: int, cell: Cell, iteration: int, chance: float) -> EditEvent:
        """Make one allowed edit."""
        leaving = self.top(cell)
        coming = self._coming(kind, cell, leaving) if kind else None
        if leaving is not None:
            self._take(leaving)
            self.removed += leaving.is_original
            self.added -= not leaving.is_original
            if leaving.is_original:
                self.gone.setdefault(cell, []).append(leaving)
        if coming is not None:
            if coming.is_original:
                self.gone[cell].remove(coming)
            self.removed -= coming.is_original
            self.added += not coming.is_original
            self._put(coming)
        self._look(cell)
        event = EditEvent(
            index=len(self.events), iteration=iteration, chance=min(max(chance, 0.0), 1.0),
            kind="resize" if leaving and coming else "add" if coming else "remove",
            part=(leaving or coming or NOBODY).part,
            removed=leaving.note if leaving else None, added=coming.note if coming else None,
            added_part=coming.part if coming else None)
        self.events.append(event)
        return event

    def _coming(self, kind: int, cell: Cell, leaving: Held | None) -> Held:
        """The note that comes: the input's own where it was once there, else a new one on the grid."""
        for held in self.gone.get(cell, []):
            if held.length_class == kind and self._fits_grid(held):
                return held
        onset = leaving.note.onset if leaving else cell[0] * STEP_TICKS
        end = (cell[0] + int(LENGTHS[kind])) * STEP_TICKS
        if leaving:  # keeps its part and how hard it is struck
            return Held(leaving.note.model_copy(update={"length": end - onset}), leaving.part, False, True)
        note = Note(onset=onset, length=end - onset, pitch=cell[1] + self.lowest, velocity=self.velocity)
        return Held(note, self.added_part, False, True)


def best_lowest(pitches: list[int]) -> int:
    """The lowest pitch that is seen: the trained one, or whole octaves off where more notes can be seen so."""
    at = np.array(pitches)
    octaves = sorted((12 * k for k in range(-2, 4)), key=abs)
    return max((LOWEST + move for move in octaves),
               key=lambda low: int(((at >= low) & (at < low + PITCHES)).sum()))


def home_of_added(piece: Composition) -> str:
    """The part that new notes come into: one of their own, unless there is no room for another part."""
    if len(piece.parts) < MAX_PARTS or any(part.id == ADDED_PART for part in piece.parts):
        return ADDED_PART
    return piece.parts[0].id


def windowed_steps(steps: int) -> int:
    """So many steps that windows of 8 bars, each moved on by 4, cover them all."""
    half = WINDOW // 2
    return max(-(-steps // half) * half, WINDOW)


def usual_velocity(piece: Composition) -> int:
    """How hard the middle one of all notes is struck."""
    velocities: Ints = np.array([note.velocity for part in piece.parts for note in part.notes], dtype=np.int64)
    return int(np.median(velocities)) if len(velocities) else DEFAULT_VELOCITY
