"""Rhythm assist: notes drawn towards a grid, as far as one likes.

A strength of 0 leaves every note where it was played, 1 puts it on the grid; between, it goes that share of the way.
Lengths keep their own time, but never end before the grid's next line when an ending is drawn too. A swung grid has
its off-beats late, and a swung recording keeps its swing on a coarser or a triplet grid.
"""

from __future__ import annotations

from typing import Literal

from trivium.music.bars import Bar, bars_of
from trivium.music.notes import TICKS_PER_QUARTER, Composition, Note, with_parts

GridName = Literal["1/4", "1/8", "1/16", "1/32", "1/8T", "1/16T"]
GRID_TICKS: dict[str, int] = {"1/4": 480, "1/8": 240, "1/16": 120, "1/32": 60, "1/8T": 160, "1/16T": 80}


def quantise(piece: Composition, grid: GridName = "1/16", strength: float = 1.0, swing: float = 0.5,
             lengths: bool = True) -> Composition:
    """The piece with its notes drawn towards the grid, which begins anew in each bar.

    `swing` is where the second of two grid steps lies between its neighbours: 0.5 is straight, 2/3 a triplet swing.
    """
    lines = Grid(bars_of(piece), GRID_TICKS[grid], swing)
    parts = [part.model_copy(update={"notes": sorted(
        (drawn(note, lines, strength, lengths) for note in part.notes), key=lambda note: (note.onset, note.pitch))})
        for part in piece.parts]
    return with_parts(piece, parts)


def drawn(note: Note, grid: Grid, strength: float, lengths: bool) -> Note:
    """One note moved that share of the way; it keeps at least a grid step's length if it had one, else a tick."""
    onset = towards(note.onset, grid.nearest(note.onset), strength)
    if not lengths:
        return note.model_copy(update={"onset": onset})
    end = towards(note.end, grid.nearest(note.end), strength)
    if end <= onset:  # both ends went to the same line
        end = onset + note.length
    return note.model_copy(update={"onset": onset, "length": end - onset})


def towards(tick: int, line: int, strength: float) -> int:
    """The place that share of the way from tick to line."""
    return tick + round(strength * (line - tick))


class Grid:
    """The lines of a grid along the bars of a piece."""

    def __init__(self, bars: list[Bar], step: int, swing: float = 0.5) -> None:
        self.bars, self.step, self.swing = bars, step, swing
        self.begins = [bar.tick for bar in bars]

    def nearest(self, tick: int) -> int:
        """The line nearest to a tick; of two equally near, the earlier."""
        from bisect import bisect_right

        bar = self.bars[max(bisect_right(self.begins, tick) - 1, 0)]
        pair = (tick - bar.tick) // (2 * self.step)
        lines = [line for number in (pair, pair + 1) for line in self._pair(bar, number)]
        return min((min(line, bar.end) if bar is not self.bars[-1] else line for line in lines),
                   key=lambda line: (abs(line - tick), line))

    def _pair(self, bar: Bar, number: int) -> tuple[int, int]:
        begin = bar.tick + number * 2 * self.step
        return begin, begin + round(2 * self.step * self.swing)


def nearest_grid(lengths_of: Composition) -> GridName:
    """The coarsest grid on which at least 95 % of the onsets lie within a 64th note; 1/16 where none does."""
    onsets = [note.onset for part in lengths_of.parts for note in part.notes]
    bars = bars_of(lengths_of)
    names: tuple[GridName, ...] = ("1/4", "1/8", "1/8T", "1/16", "1/16T", "1/32")
    for name in names:
        grid = Grid(bars, GRID_TICKS[name])
        near = sum(abs(grid.nearest(onset) - onset) <= TICKS_PER_QUARTER // 32 for onset in onsets)
        if onsets and near >= 0.95 * len(onsets):
            return name
    return "1/16"
