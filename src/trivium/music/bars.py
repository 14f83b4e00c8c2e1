"""Bars, beats and seconds of a piece, walked along its metre and tempo changes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from trivium.errors import BadConfig
from trivium.music.notes import TICKS_PER_QUARTER, Composition, Metre, Tempo


@dataclass(frozen=True)
class Bar:
    """One bar: its number from 1, where it begins, how long it is, and its metre."""

    number: int
    tick: int
    length: int
    metre: Metre

    @property
    def end(self) -> int:
        """Where the next bar begins."""
        return self.tick + self.length


def _stretches(metres: list[Metre]) -> Iterator[tuple[Metre, int | None, int]]:
    """Each metre with the tick at which it ends (None: never) and the bars before it."""
    before = 0
    for number, metre in enumerate(metres):
        until = metres[number + 1].tick if number + 1 < len(metres) else None
        yield metre, until, before
        if until is not None:
            before += -((metre.tick - until) // metre.bar_ticks)  # the last one may be cut short


def bars_until(metres: list[Metre], end: int) -> list[Bar]:
    """The bars up to the one that holds the tick before `end`, at least one. A metre change cuts the bar before it."""
    bars: list[Bar] = []
    for metre, until, _ in _stretches(metres):
        tick = metre.tick
        while (until is None or tick < until) and (tick < end or not bars):
            length = metre.bar_ticks if until is None else min(metre.bar_ticks, until - tick)
            bars.append(Bar(len(bars) + 1, tick, length, metre))
            tick += length
    return bars


def bar_count(metres: list[Metre], end: int) -> int:
    """How many bars `bars_until` would make, without making them."""
    count = 1
    for metre, until, before in _stretches(metres):
        last = end if until is None else min(end, until)
        if last > metre.tick:
            count = before - ((metre.tick - last) // metre.bar_ticks)
    return count


def tick_of_bar(metres: list[Metre], number: int) -> int:
    """Where the bar of that number begins."""
    tick = 0
    for metre, _, before in _stretches(metres):
        if before < number:
            tick = metre.tick + (number - 1 - before) * metre.bar_ticks
    return tick


def bars_of(piece: Composition) -> list[Bar]:
    """The bars of the piece, up to the one in which its last note ends."""
    return bars_until(piece.metres, piece.end)


def region(bars: list[Bar], first_bar: int | None, last_bar: int | None) -> tuple[int, int]:
    """The ticks between which something may change; without a first or a last bar, from the start or up to the end."""
    first, last = first_bar or 1, last_bar or len(bars)
    if first > len(bars):
        raise BadConfig(f"The piece has no bar {first}: it has {len(bars)} bars.", "Choose an earlier first bar.")
    return bars[first - 1].tick, bars[min(last, len(bars)) - 1].end


def seconds_at(tempos: list[Tempo], tick: int) -> float:
    """The time of a tick, in seconds from the beginning."""
    seconds = 0.0
    last = bisect_right([tempo.tick for tempo in tempos], tick)
    for number, tempo in enumerate(tempos[:last]):
        until = tempos[number + 1].tick if number + 1 < last else tick
        seconds += (until - tempo.tick) * 60.0 / (tempo.bpm * TICKS_PER_QUARTER)
    return seconds


def tick_at(tempos: list[Tempo], seconds: float) -> float:
    """The tick at a time, which may lie between two; the way back from `seconds_at`."""
    passed = 0.0
    for tempo, following in zip(tempos, [*tempos[1:], None], strict=True):
        pace = tempo.bpm * TICKS_PER_QUARTER / 60.0  # ticks a second
        until = passed + (following.tick - tempo.tick) / pace if following else float("inf")
        if seconds < until:
            return tempo.tick + (seconds - passed) * pace
        passed = until
    raise AssertionError("the last tempo lasts for ever")


def duration_s(piece: Composition) -> float:
    """How long the piece sounds."""
    return seconds_at(piece.tempos, piece.end)
