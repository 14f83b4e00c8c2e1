"""From settled steps to passages: of each part beat by beat, as soon as all notes that begin in the beat have ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from trivium.music.bars import bars_until
from trivium.music.notes import DEFAULT_VELOCITY, Composition, Note, Part
from trivium.music.transformer.sheet import Sheet
from trivium.music.transformer.tokens import SILENCE, VOICES, Bools, Ints
from trivium.music.written import Written

SHORTEST = 30  # ticks; where a kept note leaves less room than that, nothing is written


@dataclass
class Sung:
    """One voice while it is written."""

    part: Part  # without notes
    velocity: int
    mark: int | None  # the voice of its part
    since: int | None = None  # the step in which the note that sounds began
    name: int = SILENCE  # its class
    notes: list[Note] = field(default_factory=list)  # those that have ended and are not told yet


class Passages:
    """Takes settled steps one by one, and hands out the passages that are over."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.voices = {voice: sung_by(sheet, voice) for voice in sorted(sheet.heard)}
        self.beats = list(beats_between(sheet))
        self.told = dict.fromkeys((sung.part.id for sung in self.voices.values()), 0)  # beats told of each part
        self.step, self.index = sheet.first, 0

    def hear(self, step: int, sounding: Ints, onset: Bools) -> Iterator[Written]:
        """One more step is settled; the passages that this brings to an end."""
        if step < self.sheet.first or step >= self.sheet.end:
            return
        for voice, sung in self.voices.items():
            is_free = bool(self.sheet.draft.free[step, voice])
            goes_on = is_free and not onset[voice] and int(sounding[voice]) == sung.name
            if sung.since is not None and not goes_on:
                self._end(voice, sung, step)
            if is_free and sounding[voice] != SILENCE and sung.since is None:
                sung.since, sung.name = step, int(sounding[voice])
        self.step = step + 1
        yield from self._over(self.sheet.tick(self.step))

    def close(self) -> Iterator[Written]:
        """Nothing more comes: notes that still sound end here."""
        for voice, sung in self.voices.items():
            if sung.since is not None:
                self._end(voice, sung, self.step)
        now = self.sheet.tick(self.step)
        # a beat in the middle of which writing was stopped ends here; what stood after it stays
        self.beats = [(begin, min(end, now)) for begin, end in self.beats if begin < now]
        yield from self._over(now)

    def _end(self, voice: int, sung: Sung, step: int) -> None:
        assert sung.since is not None
        begin, end = self.sheet.tick(sung.since), self.sheet.tick(step)
        for note in self.sheet.kept.get(voice, []):  # off the grid by less than a step
            if note.onset < end and begin < note.end:
                begin, end = (begin, note.onset) if note.onset > begin else (note.end, end)
        if end - begin >= SHORTEST:
            sung.notes.append(Note(onset=begin, length=end - begin, pitch=self.sheet.seats.pitch(voice, sung.name),
                                   velocity=sung.velocity, voice=sung.mark))
        sung.since, sung.name = None, SILENCE

    def _over(self, now: int) -> Iterator[Written]:
        for part, told in self.told.items():
            voices = [voice for voice, sung in self.voices.items() if sung.part.id == part]
            sounding = [self.sheet.tick(since) for voice in voices
                        if (since := self.voices[voice].since) is not None]
            until = min([now, *sounding])
            number = told
            while number < len(self.beats) and (self.beats[number][1] <= until):
                written = self._passage(voices, *self.beats[number])
                if written is not None:
                    yield written
                number += 1
            self.told[part] = number

    def _passage(self, voices: list[int], begin: int, end: int) -> Written | None:
        removed, added = [], []
        for voice in voices:
            sung = self.voices[voice]
            removed += [note for note in self.sheet.gone.get(voice, []) if begin <= note.onset < end]
            added += [note for note in sung.notes if begin <= note.onset < end]
            sung.notes = [note for note in sung.notes if not begin <= note.onset < end]
        if not removed and not added:
            return None
        self.index += 1
        return Written(index=self.index - 1, part=self.voices[voices[0]].part, first=begin, end=end, removed=removed,
                       added=without_twins(added))


def without_twins(notes: list[Note]) -> list[Note]:
    """Two lines of one part that sing the same note at once are one note there: the longer one."""
    longest: dict[tuple[int, int], Note] = {}
    for note in notes:
        place = note.onset, note.pitch
        if place not in longest or longest[place].length < note.length:
            longest[place] = note
    return list(longest.values())


def beats_between(sheet: Sheet) -> Iterator[tuple[int, int]]:
    """The beats of what is written, as ticks; the first and the last may be cut."""
    first, last = max(sheet.tick(sheet.first), 0), sheet.tick(sheet.end)
    for bar in bars_until(sheet.piece.metres, last):
        for tick in range(bar.tick, bar.end, bar.metre.beat_ticks):
            begin, end = max(tick, first), min(tick + bar.metre.beat_ticks, bar.end, last)
            if begin < end:
                yield begin, end


def sung_by(sheet: Sheet, voice: int) -> Sung:
    """Who sings a voice: a part of the piece, or a new one named after the voice."""
    line = sheet.seats.lines[voice]
    if line is not None:
        return Sung(line.part.model_copy(update={"notes": []}), usual(line.notes), line.voice)
    model = next(line for line in sheet.seats.lines if line is not None)
    name = VOICES[voice]
    return Sung(Part(id=unused(sheet.piece, name), name=name.capitalize(), program=model.part.program,
                     volume=model.part.volume), usual(model.notes), None)


def usual(notes: tuple[Note, ...]) -> int:
    """How hard the middle one of some notes is struck."""
    return int(np.median([note.velocity for note in notes])) if notes else DEFAULT_VELOCITY


def unused(piece: Composition, name: str) -> str:
    """An id that no part has."""
    taken = {part.id for part in piece.parts}
    return next(each for each in (name, *(f"{name}-{number}" for number in range(2, 100))) if each not in taken)
