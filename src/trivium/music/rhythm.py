"""Rhythm assist: notes drawn towards a grid, as far as one likes, and swing left as it was played.

A strength of 0 leaves every note where it was, 1 puts it on the grid; between, it goes that share of the way. The grid
begins anew in each bar. Where the off-beats of a recording come late together, that is swing and not a mistake: the
grid's off-beats then lie where the player put them, unless a swing is asked for.
"""

from __future__ import annotations

from bisect import bisect_right
from statistics import median
from typing import Literal

from trivium.music.bars import Bar, bars_of
from trivium.music.notes import Composition, Note, note_order, with_parts

GridName = Literal["1/4", "1/8", "1/16", "1/32", "1/8T", "1/16T"]
GRID_TICKS: dict[GridName, int] = {"1/4": 480, "1/8": 240, "1/16": 120, "1/32": 60, "1/8T": 160, "1/16T": 80}
STRAIGHT = 0.5
OFF_BEAT = (0.4, 0.8)  # where in a pair of grid steps an off-beat may have been played
FEWEST_OFF_BEATS = 4  # less is chance
SPREAD, LEAN = 0.08, 0.04  # so close together, and so far from the middle, is swing


def quantise(piece: Composition, grid: GridName = "1/16", strength: float = 1.0, swing: float | None = None,
             lengths: bool = True) -> Composition:
    """The piece with its notes drawn towards the grid; without `lengths` only their beginnings.

    `swing` is where the second of two grid steps lies in their pair: 0.5 is straight, 2/3 a triplet's swing; None
    leaves the swing as it was played.
    """
    bars = bars_of(piece)
    step = GRID_TICKS[grid]
    found = played_swing(piece, bars, step) if swing is None else swing
    lines = Grid(bars, step, found)
    parts = [part.model_copy(update={"notes": sorted(
        (drawn(note, lines, strength, lengths) for note in part.notes), key=note_order)}) for part in piece.parts]
    return with_parts(piece, parts)


def drawn(note: Note, grid: Grid, strength: float, lengths: bool) -> Note:
    """One note moved; where both its ends go to the same line it keeps its length."""
    onset = towards(note.onset, grid.nearest(note.onset), strength)
    end = towards(note.end, grid.nearest(note.end), strength) if lengths else onset + note.length
    if end <= onset:
        end = onset + note.length
    return note.model_copy(update={"onset": onset, "length": end - onset})


def towards(tick: int, line: int, strength: float) -> int:
    """The place that share of the way from tick to line."""
    return tick + round(strength * (line - tick))


def played_swing(piece: Composition, bars: list[Bar], step: int) -> float:
    """Where the off-beats lie in their pairs of grid steps, STRAIGHT where they are even or all over the place."""
    begins = [bar.tick for bar in bars]
    places = []
    for part in piece.parts:
        for note in part.notes:
            begin = begins[max(bisect_right(begins, note.onset) - 1, 0)]
            place = (note.onset - begin) % (2 * step) / (2 * step)
            if OFF_BEAT[0] <= place < OFF_BEAT[1]:
                places.append(place)
    if len(places) < FEWEST_OFF_BEATS:
        return STRAIGHT
    middle = median(places)
    spread = median(abs(place - middle) for place in places)
    return middle if spread <= SPREAD and middle - STRAIGHT > LEAN else STRAIGHT


class Grid:
    """The lines of a grid along the bars of a piece."""

    def __init__(self, bars: list[Bar], step: int, swing: float = STRAIGHT) -> None:
        self.bars, self.step, self.swing = bars, step, swing
        self.begins = [bar.tick for bar in bars]

    def nearest(self, tick: int) -> int:
        """The line nearest to a tick; of two equally near, the earlier. Each bar line is one."""
        bar = self.bars[max(bisect_right(self.begins, tick) - 1, 0)]
        pair = (tick - bar.tick) // (2 * self.step)
        lines = [line for number in (pair, pair + 1) for line in self._pair(bar, number)]
        if bar is not self.bars[-1]:  # a bar may end between two lines
            lines = [min(line, bar.end) for line in lines]
        return min(lines, key=lambda line: (abs(line - tick), line))

    def _pair(self, bar: Bar, number: int) -> tuple[int, int]:
        begin = bar.tick + number * 2 * self.step
        return begin, begin + round(2 * self.step * self.swing)
