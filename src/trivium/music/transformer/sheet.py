"""A piece as the Transformer sees it while it composes: a draft of four voices in sixteenths, and the way back.

The grid begins at a bar line, because a step's number tells the network its place in the bar, and it lies on the tick
where writing begins. Notes that are kept lie on the grid for the network only: in the piece they stay as they are, with
their triplets, swing and chords.

T steps, V = 4 voices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from trivium.errors import BadConfig
from trivium.music.bars import Bar, bars_until, region, seconds_at, tick_at
from trivium.music.notes import MAX_TICKS, Composition, Note
from trivium.music.transformer.compose import AFTER, Draft
from trivium.music.transformer.controls import TransformerControls
from trivium.music.transformer.tokens import LOWEST, SILENCE, Bools, Ints, V
from trivium.music.transformer.voices import RING, STEP_TICKS, Line, Seats, seats_of

BAR = 16  # steps of the bar whose place a network is told
AUTOMATIC = 16 * BAR  # steps that are listened to, unless a person says
AUTOMATIC_ALONE = 8 * BAR  # where companions must be thought of first
MOST = 24 * BAR  # steps that are ever listened to; a network has learned from pieces not much longer
MAJOR = np.array([0, 2, 4, 5, 7, 9, 11])
PASSING = 0.03  # the share of the time that a note in passing has at most


@dataclass
class Sheet:
    """What is kept, what is free, and whose it is."""

    piece: Composition
    seats: Seats
    zero: int  # the tick of step 0
    first: int  # steps between which something is written that is heard
    end: int
    heard: set[int]  # the voices that are written and heard
    draft: Draft
    gone: dict[int, list[Note]]  # of each voice, the notes that go
    kept: dict[int, list[Note]]  # of each voice, those that stay
    input_s: float = field(default=0.0)  # how much is listened to

    def tick(self, step: int) -> int:
        """Where a step begins."""
        return self.zero + step * STEP_TICKS

    def at_home(self) -> Bools:
        """(12,) pitch classes, counted from C as the network sees them, of the scale of what is listened to: the major
        scale that holds most of it, and whatever else is heard more than in passing."""
        heard = self.draft.sounding[~self.draft.free & (self.draft.sounding != SILENCE)]
        if len(heard) == 0:
            return np.ones(12, dtype=bool)
        share = np.bincount((heard + LOWEST) % 12, minlength=12) / len(heard)
        scales = (np.arange(12)[:, None] + MAJOR) % 12
        scale = scales[share[scales].sum(axis=1).argmax()]
        return np.asarray(np.isin(np.arange(12), scale) | (share > PASSING))

    def limit(self, seconds: float | None, least: int) -> Ints | None:
        """(T,) how many steps that end with each step last no longer than this, at least so many; None: no limit."""
        if seconds is None:
            return None
        times = np.array([seconds_at(self.piece.tempos, max(self.tick(step), 0))
                          for step in range(len(self.draft.free) + 1)])
        begins = np.searchsorted(times, times[1:] - seconds - 1e-9)
        return np.asarray(np.maximum(np.arange(1, len(times)) - begins, least), dtype=np.int64)


def sheet_of(piece: Composition, controls: TransformerControls) -> Sheet:
    """The sheet for what is wanted.

    Raises:
        BadConfig: it can't be done, and why.
    """
    if not any(part.notes for part in piece.parts if not part.is_drum):
        raise BadConfig("There is no note in this piece to begin with, drums aside.",
                        "Play, draw or import a melody first.")
    unknown = set(controls.parts or []) - {part.id for part in piece.parts}
    if unknown:
        raise BadConfig(f"The piece has no part '{min(unknown)}'.",
                        f"Its parts are: {', '.join(part.id for part in piece.parts)}.")
    wanted = set(controls.parts) if controls.parts else {part.id for part in piece.parts}
    if not any(part.notes for part in piece.parts if part.id in wanted and not part.is_drum):
        raise BadConfig("The chosen parts are drums or have no notes.", "Choose a part that has notes with pitches.")
    return {"extend": extension, "regenerate": regeneration, "harmonise": harmony}[controls.mode](
        piece, controls, wanted)


def extension(piece: Composition, controls: TransformerControls, wanted: set[str]) -> Sheet:
    """Go on after the end."""
    begin = beat_after(piece, piece.end)
    until = tick_at(piece.tempos, seconds_at(piece.tempos, begin) + controls.extension_s)
    steps = int(until - begin + 1e-6) // STEP_TICKS
    if steps < 1:
        raise BadConfig(f"An extension of {controls.extension_s:g} s is shorter than a sixteenth.",
                        "Choose a longer one.")
    if begin + steps * STEP_TICKS > MAX_TICKS:
        raise BadConfig("The piece would be longer than ten thousand bars.", "Choose a shorter extension.")
    seats = seats_of(piece, first=wanted if controls.parts else (), with_scraps=False)
    heard = {voice for voice, line in enumerate(seats.lines)
             if (line is None and controls.accompaniment) or (line is not None and line.part.id in wanted)}
    sheet = filled(piece, controls, seats, begin, begin + steps * STEP_TICKS, heard,
                   is_free=lambda _line, _note: False, writes_input=controls.accompaniment)
    for voice in range(V):
        if seats.rests_mostly(voice):
            ring(sheet.draft.sounding[:(begin - sheet.zero) // STEP_TICKS, voice])
    return sheet


def regeneration(piece: Composition, controls: TransformerControls, wanted: set[str]) -> Sheet:
    """Write bars or parts anew."""
    begin, end = region(bars_until(piece.metres, piece.end), controls.first_bar, controls.last_bar)
    seats = seats_of(piece, first=wanted if controls.parts else ())
    heard = {voice for voice, line in enumerate(seats.lines) if line is not None and line.part.id in wanted}

    def is_free(line: Line, note: Note) -> bool:
        return line.part.id in wanted and begin <= note.onset < end and not note.pinned

    return filled(piece, controls, seats, begin, end, heard, is_free)


def harmony(piece: Composition, controls: TransformerControls, wanted: set[str]) -> Sheet:
    """Add the voices that are missing."""
    begin, end = region(bars_until(piece.metres, piece.end), controls.first_bar, controls.last_bar)
    seats = seats_of(piece, wanted if controls.parts else None, has_melody=True)
    heard = {voice for voice, line in enumerate(seats.lines) if line is None}
    if not heard:
        raise BadConfig("This piece has four voices already; there is none left to write.",
                        "Name the part that is the melody, or choose to regenerate a part.")
    lines = [line for line in seats.lines if line is not None]
    begin = max(begin, min(line.notes[0].onset for line in lines))  # no chords before the melody, and none after it
    end = min(end, beat_after(piece, max(note.end for line in lines for note in line.notes)))
    if begin >= end:
        raise BadConfig("There is no melody in these bars.", "Choose bars in which the melody sounds.")
    return filled(piece, controls, seats, begin, end, heard, is_free=lambda _line, _note: False)


def filled(piece: Composition, controls: TransformerControls, seats: Seats, begin: int, end: int, heard: set[int],
           is_free: Callable[[Line, Note], bool], writes_input: bool = False) -> Sheet:
    """The sheet on which `heard` voices are free from one tick to another."""
    zero, listened = opening(piece, controls, seats, begin, writes_input)
    first, after = (begin - zero) // STEP_TICKS, -(-(end - zero) // STEP_TICKS)
    kept, gone = sorted_out(seats, is_free)
    last = max([after, *(-(-(note.end - zero) // STEP_TICKS) for notes in gone.values() for note in notes)])
    total = last + (AFTER if piece.end > end else 0)
    sounding = np.full((total, V), SILENCE, dtype=np.int64)
    onset, taken = np.zeros((total, V), dtype=bool), np.zeros((total, V), dtype=bool)
    for voice, notes in kept.items():
        place(seats, voice, notes, zero, sounding, onset, taken)
    free = np.zeros((total, V), dtype=bool)
    for voice in range(V):
        if seats.lines[voice] is None:
            free[listened:, voice] = True
        elif voice in heard:
            free[first:after, voice] = True
            for note in gone[voice]:  # what it leaves is filled, even after the last bar
                free[(note.onset - zero) // STEP_TICKS:-(-(note.end - zero) // STEP_TICKS), voice] = True
    free &= ~taken
    fresh = np.zeros_like(free)
    fresh[1:] = free[1:] & taken[:-1]
    starts = listened if writes_input else first
    if not free[starts:, sorted(heard)].any():
        raise BadConfig("There is nothing to write there: every note stays.",
                        "Choose other bars or parts, or take the pins off some notes.")
    hidden = free.copy()
    hidden[starts:, sorted(heard)] = False
    draft = Draft(sounding, onset, free, fresh, hidden)
    heard_s = seconds_at(piece.tempos, begin) - seconds_at(piece.tempos, max(zero + listened * STEP_TICKS, 0))
    return Sheet(piece, seats, zero, starts, last, heard, draft, gone, kept, round(max(heard_s, 0.0), 3))


def ring(sounding: Ints) -> None:
    """Let each note of one voice, (T,) classes, ring on in the rest after it; the piece itself keeps its rests."""
    silent = 0
    for step in range(1, len(sounding)):
        silent = silent + 1 if sounding[step] == SILENCE else 0
        if 0 < silent <= RING:
            sounding[step] = sounding[step - 1]


def opening(piece: Composition, controls: TransformerControls, seats: Seats, begin: int,
            writes_input: bool) -> tuple[int, int]:
    """The tick of step 0, and the step from which the input is listened to: the music before `begin`, counted back."""
    lines = [line for line in seats.lines if line is not None]
    earliest = min(line.notes[0].onset for line in lines)
    before = -(-(begin - earliest) // STEP_TICKS) if begin > earliest else 0
    wanted = AUTOMATIC if len(lines) == V else AUTOMATIC_ALONE
    if controls.input_s is not None:
        since = tick_at(piece.tempos, max(seconds_at(piece.tempos, begin) - controls.input_s, 0.0))
        wanted = round((begin - since) / STEP_TICKS)
    elif writes_input:
        wanted = before
    steps = min(before, wanted if writes_input else min(wanted, MOST))
    listened = phase(piece, begin - steps * STEP_TICKS)
    return begin - (steps + listened) * STEP_TICKS, listened


def phase(piece: Composition, tick: int) -> int:
    """A tick's place in its bar, in steps; where bars are no four quarters, in sixteens counted from the beginning."""
    bar = bars_until(piece.metres, max(tick, 0) + 1)[-1]
    if bar.metre.bar_ticks == BAR * STEP_TICKS:
        begin = bar.end - bar.metre.bar_ticks if is_upbeat(piece, bar) else bar.tick
    else:
        opening_bar = bars_until(piece.metres, 1)[0]
        begin = opening_bar.end - opening_bar.metre.bar_ticks
    return (tick - begin) // STEP_TICKS % BAR


def is_upbeat(piece: Composition, bar: Bar) -> bool:
    """Whether a bar is short because the piece begins with a part of it."""
    return bar.number == 1 and bar.length < bar.metre.bar_ticks


def beat_after(piece: Composition, tick: int) -> int:
    """The first beat at or after a tick."""
    bar = bars_until(piece.metres, max(tick, 1))[-1]
    beat = bar.metre.beat_ticks
    return min(bar.tick + -(-(tick - bar.tick) // beat) * beat, max(bar.end, tick))


def sorted_out(seats: Seats, is_free: Callable[[Line, Note], bool]) -> tuple[dict[int, list[Note]],
                                                                            dict[int, list[Note]]]:
    """The notes of each seated voice: those that stay, and those that go."""
    kept: dict[int, list[Note]] = {}
    gone: dict[int, list[Note]] = {}
    for voice, line in enumerate(seats.lines):
        if line is not None:
            kept[voice] = [note for note in line.notes if not is_free(line, note)]
            gone[voice] = [note for note in line.notes if is_free(line, note)]
    return kept, gone


def place(seats: Seats, voice: int, notes: Iterable[Note], zero: int, sounding: Ints, onset: Bools,
          taken: Bools) -> None:
    """Put notes that stay on the grid; each has at least one step, and a later one cuts the one before."""
    chosen = list(notes)
    classes = seats.classes(voice, [note.pitch for note in chosen])
    for note, name in zip(chosen, classes.tolist(), strict=True):
        begin = (note.onset - zero + STEP_TICKS // 2) // STEP_TICKS
        end = max((note.end - zero + STEP_TICKS // 2) // STEP_TICKS, begin + 1)
        steps = slice(max(begin, 0), max(end, 0))
        sounding[steps, voice], onset[steps, voice], taken[steps, voice] = name, False, True
        if steps.start < min(steps.stop, len(onset)):
            onset[steps.start, voice] = True  # also where it has begun before
