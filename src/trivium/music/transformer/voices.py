"""Whose voice is whose: the parts of any piece as at most four lines that sing one note at a time, soprano to bass.

A part with chords is several lines, from high to low; a held note keeps its line. Where a piece has more than four
lines the highest, the lowest and the busiest are taken, and the rest is left alone, as drums are.

Where a voice is silent, the network takes the piece for over: it has learned from voices that hardly ever rest. So in
an extension a line of short notes with rests between, such as a plucked bass or notes that the AR-CNN has added, is
heard as if each note rang on. What is silent most of the time even so is a scrap: it has no voice and does not go on.

The network knows the pitches 36..81 and each voice in its usual range. So it sees a piece moved by some semitones, and
a line by octaves on top, if it fits better so; what it writes is moved back.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from trivium.music.notes import TICKS_PER_QUARTER, Composition, Note, Part, note_order
from trivium.music.transformer.tokens import LOWEST, PITCHES, Ints, V

STEP_TICKS = TICKS_PER_QUARTER // 4
COMFORT = ((64, 76), (59, 70), (54, 65), (43, 58))  # MIDI pitches: nine tenths of the time of each of Bach's voices
FAR, FARTHER = 0.01, 0.05  # the price of a semitone or an octave that something is moved, beside misfits of 0..1
LOW_LINE = 50  # a piece of one line below this mean pitch is a bass
DUET = 9  # two lines closer than so many semitones are soprano and alto, else soprano and bass
SCRAP = 0.5  # a line that sounds less than this share of the time that the busiest one does
RING = 8  # steps that a short note rings on at most
DEEPEST, HIGHEST = 24, 108  # what is written keeps within these


@dataclass(frozen=True)
class Line:
    """Notes that follow each other in one part."""

    part: Part
    notes: tuple[Note, ...]

    @property
    def ticks(self) -> int:
        """How long it sounds."""
        return sum(note.length for note in self.notes)

    @property
    def ringing_ticks(self) -> int:
        """How long it would sound if each note rang on up to the next."""
        after = [note.onset for note in self.notes[1:]]
        return self.ticks + sum(min(max(onset - note.end, 0), RING * STEP_TICKS)
                                for note, onset in zip(self.notes, after, strict=False))

    @property
    def height(self) -> float:
        """Its mean pitch, long notes counting for more."""
        return sum(note.pitch * note.length for note in self.notes) / self.ticks

    @property
    def voice(self) -> int | None:
        """The voice of the part that most of its notes are marked with."""
        marked = [note.voice for note in self.notes]
        return max(set(marked), key=marked.count)


@dataclass(frozen=True)
class Seats:
    """Which line sings which of the four voices, and how many semitones the network sees it moved up."""

    lines: tuple[Line | None, ...]  # (V,) None: no line of the piece has this voice
    moved: tuple[int, ...]  # (V,)
    left_alone: tuple[str, ...]  # names of the parts, or of parts of which something is left alone

    def rests_mostly(self, voice: int) -> bool:
        """Whether a voice's line is one of short notes with rests between."""
        line = self.lines[voice]
        return line is not None and line.ticks < SCRAP * max(each.ticks for each in self.lines if each)

    def classes(self, voice: int, pitches: Sequence[int]) -> Ints:
        """Pitches as the network sees them; those out of its range come in by octaves."""
        seen = np.array(pitches, dtype=np.int64) + self.moved[voice] - LOWEST
        return np.asarray(folded(seen, 0, PITCHES - 1))

    def pitch(self, voice: int, name: int) -> int:
        """A class that the network has written, as the pitch of the piece."""
        return int(folded(np.array(name + LOWEST - self.moved[voice]), DEEPEST, HIGHEST))


def folded(pitches: Ints, lowest: int, highest: int) -> Ints:
    """Moved by octaves into a range."""
    up = np.maximum(0, -((pitches - lowest) // 12)) * 12
    down = np.maximum(0, -((highest - pitches) // 12)) * 12
    return np.asarray(pitches + up - down)


def seats_of(piece: Composition, listened: Collection[str] | None = None, first: Collection[str] = (),
             has_melody: bool = False, with_scraps: bool = True) -> Seats:
    """Four seats for a piece. `listened`: the only parts that count; `first`: parts that must have a seat;
    `has_melody`: the highest line is the soprano, whatever it is; `with_scraps`: scraps may have seats, too."""
    able = [part for part in piece.parts if not part.is_drum and part.notes]
    lines = [line for part in able if listened is None or part.id in listened for line in lines_of(part)]
    singing = lines if with_scraps else without_scraps(lines, first)
    taken = sorted(chosen(singing, first), key=lambda line: -line.height)
    left = {line.part.id for line in lines if line not in taken} | {part.id for part in piece.parts if part.is_drum}
    left |= {part.id for part in able if listened is not None and part.id not in listened}
    places = places_of(taken, has_melody)
    moved = moves_of(taken, places)
    seated = dict(zip(places, taken, strict=True))
    near = {voice: min(places, key=lambda place: abs(place - voice)) for voice in range(V)} if places else {}
    whole, octaves = moved
    return Seats(tuple(seated.get(voice) for voice in range(V)),
                 tuple(whole + 12 * octaves[places.index(near[voice])] if near else 0 for voice in range(V)),
                 tuple(part.name or part.id for part in piece.parts if part.id in left))


def lines_of(part: Part) -> list[Line]:
    """A part as lines, from high to low: by the voices that are marked, and within each so that notes don't overlap."""
    voices: dict[int | None, list[Note]] = {}
    for note in part.notes:
        voices.setdefault(note.voice, []).append(note)
    found = [Line(part, tuple(line)) for notes in voices.values() for line in untangled(notes)]
    return sorted(found, key=lambda line: -line.height)


def untangled(notes: Sequence[Note]) -> list[list[Note]]:
    """Notes as few lines: at each onset from high to low, each to the free line below that moves least."""
    lines: list[list[Note]] = []
    onset, above = -1, -1  # the line of the note above that begins with this one
    for note in sorted(notes, key=lambda note: (note.onset, -note.pitch)):
        above = above if note.onset == onset else -1
        onset = note.onset
        free = [place for place, line in enumerate(lines)
                if place > above and line[-1].end <= onset + min(STEP_TICKS // 2, line[-1].length // 2)]
        if free:
            above = min(free, key=lambda place: abs(lines[place][-1].pitch - note.pitch))
        else:
            lines.append([])
            above = len(lines) - 1
        lines[above].append(note)
    return [sorted(line, key=note_order) for line in lines]


def without_scraps(lines: Sequence[Line], first: Collection[str]) -> list[Line]:
    """Lines that sound or ring for long enough to go on, and those of the parts that must be there."""
    most = max((line.ticks for line in lines), default=0)
    return [line for line in lines if line.ringing_ticks >= SCRAP * most or line.part.id in first]


def chosen(lines: Sequence[Line], first: Collection[str]) -> list[Line]:
    """At most four: of the parts that must be there, then the highest, the lowest and the busiest."""
    if len(lines) <= V:
        return list(lines)
    high, low = max(lines, key=lambda line: line.height), min(lines, key=lambda line: line.height)
    ranked = sorted(lines, key=lambda line: (line.part.id not in first, line is not high and line is not low,
                                             -line.ticks))
    return ranked[:V]


def places_of(lines: Sequence[Line], has_melody: bool) -> list[int]:
    """The voices that so many lines, from high to low, have."""
    if len(lines) == 1:
        return [0] if has_melody or lines[0].height >= LOW_LINE else [3]
    if len(lines) == 2:
        return [0, 1] if lines[0].height - lines[1].height < DUET else [0, 3]
    if len(lines) == 3:
        return [0, min((1, 2), key=lambda voice: abs(lines[1].height - sum(COMFORT[voice]) / 2)), 3]
    return list(range(len(lines)))


def moves_of(lines: Sequence[Line], places: Sequence[int]) -> tuple[int, list[int]]:
    """Semitones that all lines are moved up, and octaves of each line, so that most notes lie where voices sing."""
    best: tuple[float, int, list[int]] = (np.inf, 0, [])
    for whole in range(-6, 7):
        price, octaves = FAR * abs(whole), []
        for line, place in zip(lines, places, strict=True):
            costs = [(misfit(line, place, whole + 12 * octave) + FARTHER * abs(octave), octave)
                     for octave in range(-6, 7)]
            octaves.append(min(costs)[1])
            price += min(costs)[0]
        best = min(best, (price, whole, octaves))
    return best[1], best[2]


def misfit(line: Line, place: int, move: int) -> float:
    """The share of a line's time outside a voice's usual range, and a little for how far outside."""
    pitch = np.array([note.pitch for note in line.notes]) + move
    length = np.array([note.length for note in line.notes], dtype=np.float64)
    lowest, highest = COMFORT[place]
    outside = np.maximum(lowest - pitch, 0) + np.maximum(pitch - highest, 0)
    return float(((outside > 0) + 0.1 * outside) @ length / length.sum())
