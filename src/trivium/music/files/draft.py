"""What a reader found in a file, before anybody chose tracks and bars from it: of any size, and not yet trusted.

Ticks are ours already, 480 to a quarter note. A draft may be longer and fuller than a composition can be; choose() cuts
it down and piece_of() checks what is left.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from trivium.errors import BadFile
from trivium.music.bars import bar_count, bars_until, tick_of_bar
from trivium.music.general_midi import instrument
from trivium.music.notes import (
    MAX_BPM,
    MAX_CHANGES,
    MAX_NOTES,
    MAX_PARTS,
    MAX_TICKS,
    MIN_BPM,
    BeatUnit,
    Composition,
    Key,
    Metre,
    Mode,
    Note,
    Part,
    Tempo,
)

RawNote = tuple[int, int, int, int, int | None]  # onset, length, pitch, velocity, voice
Value = TypeVar("Value")
CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass
class DraftPart:
    """One instrument of a file."""

    name: str = ""
    program: int = 0
    is_drum: bool = False
    volume: int = 100
    pan: int = 64
    notes: list[RawNote] = field(default_factory=list)

    @property
    def end(self) -> int:
        """The tick at which its last note ends."""
        return max((onset + length for onset, length, *_ in self.notes), default=0)


@dataclass
class Draft:
    """A file's piece."""

    format: str
    title: str = ""
    tempos: dict[int, float] = field(default_factory=dict)  # tick -> bpm
    metres: dict[int, tuple[int, BeatUnit]] = field(default_factory=dict)  # tick -> beats, beat unit
    keys: dict[int, tuple[int, Mode]] = field(default_factory=dict)  # tick -> fifths, mode
    parts: list[DraftPart] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def end(self) -> int:
        """The tick at which its last note ends."""
        return max((part.end for part in self.parts), default=0)

    def metre_list(self) -> list[Metre]:
        """The metres in order, four quarters where the file names none."""
        return [Metre(tick=tick, beats=beats, beat_unit=unit)
                for tick, (beats, unit) in sorted({0: (4, 4), **self.metres}.items()) if tick <= MAX_TICKS]


def clean_text(text: str, longest: int = 200) -> str:
    """A name from a file as one line."""
    return CONTROL.sub(" ", text).encode("utf-8", "replace").decode("utf-8").strip()[:longest]


def choose(draft: Draft, parts: Sequence[int] | None, first_bar: int | None, last_bar: int | None) -> Draft:
    """The chosen parts (counted from 0) and bars (from 1, both ends included), moved to the beginning."""
    chosen = draft.parts if parts is None else [draft.parts[number] for number in _known(parts, len(draft.parts))]
    if first_bar is None and last_bar is None:
        return replace(draft, parts=chosen)
    metres = draft.metre_list()
    begin = tick_of_bar(metres, first_bar or 1)
    end = draft.end if last_bar is None else tick_of_bar(metres, last_bar + 1)
    if end <= begin:
        raise BadFile(f"There are no bars from {first_bar or 1} to {last_bar or 'the end'} in this piece.",
                      "Choose a first bar that is not after the last.")
    cut = [replace(part, notes=[(onset - begin, min(length, end - onset), pitch, velocity, voice)
                                for onset, length, pitch, velocity, voice in part.notes if begin <= onset < end])
           for part in chosen]
    return replace(draft, parts=cut, tempos=_moved(draft.tempos, begin, end), metres=_moved(draft.metres, begin, end),
                   keys=_moved(draft.keys, begin, end))


def _known(parts: Sequence[int], count: int) -> list[int]:
    for number in parts:
        if not 0 <= number < count:
            raise BadFile(f"This file has no track {number}.", f"Its tracks are 0 to {count - 1}.")
    return list(dict.fromkeys(parts))


def _moved(changes: dict[int, Value], begin: int, end: int) -> dict[int, Value]:
    """The changes between two ticks, the one that holds at the first of them included."""
    before = [tick for tick in changes if tick <= begin]
    found = {0: changes[max(before)]} if before else {}
    return found | {tick - begin: value for tick, value in changes.items() if begin < tick < end}


def piece_of(draft: Draft) -> Composition:
    """The draft as a piece, checked; BadFile where it is too much for one."""
    parts = [part for part in draft.parts if part.notes]
    count = sum(len(part.notes) for part in parts)
    if not count:
        raise BadFile("There are no notes in what was chosen.", "Choose other tracks or bars, or another file.")
    if count > MAX_NOTES:
        raise BadFile(f"That is {count:,} notes; a composition may have {MAX_NOTES:,}.", "Choose fewer tracks or bars.")
    if len(parts) > MAX_PARTS:
        raise BadFile(f"That is {len(parts)} tracks; a composition may have {MAX_PARTS}.", "Choose fewer tracks.")
    if draft.end > MAX_TICKS:
        raise BadFile("The piece is longer than ten thousand bars.", "Choose some of its bars.")
    for what, changes in (("tempo", draft.tempos), ("metre", draft.metres), ("key", draft.keys)):
        if len(changes) >= MAX_CHANGES:  # one more may be added for the beginning
            raise BadFile(f"That is {len(changes):,} changes of {what}; a composition may have {MAX_CHANGES:,}.",
                          "Choose fewer bars.")
    tempos = {0: 120.0, **draft.tempos}
    return Composition(
        title=clean_text(draft.title), tempos=[Tempo(tick=tick, bpm=min(max(bpm, MIN_BPM), MAX_BPM))
                                               for tick, bpm in sorted(tempos.items()) if tick <= MAX_TICKS],
        metres=draft.metre_list(),
        keys=[Key(tick=tick, fifths=fifths, mode=mode)
              for tick, (fifths, mode) in sorted(draft.keys.items()) if tick <= MAX_TICKS],
        parts=[_part(part, number) for number, part in enumerate(parts, 1)])


def _part(part: DraftPart, number: int) -> Part:
    notes = [Note(onset=onset, length=length, pitch=pitch, velocity=velocity, voice=voice)
             for onset, length, pitch, velocity, voice in part.notes]
    return Part(id=f"part-{number}", name=clean_text(part.name) or instrument(part.program, part.is_drum),
                program=part.program, is_drum=part.is_drum, volume=part.volume, pan=part.pan, notes=notes)


def report(draft: Draft) -> dict[str, object]:
    """What a person needs to choose from: tracks, bars, metre, tempo, and what was odd."""
    metres = draft.metre_list()
    opening = bars_until(metres, 1)[0].metre
    return {"format": draft.format, "title": clean_text(draft.title), "bars": bar_count(metres, draft.end),
            "metre": f"{opening.beats}/{opening.beat_unit}", "metre_changes": max(len(metres) - 1, 0),
            "bpm": round(draft.tempos.get(0, 120.0), 3), "tempo_changes": len([t for t in draft.tempos if t > 0]),
            "tracks": [_track(part, number, metres) for number, part in enumerate(draft.parts)],
            "warnings": draft.warnings}


def _track(part: DraftPart, number: int, metres: list[Metre]) -> dict[str, object]:
    pitches = [note[2] for note in part.notes]
    return {"index": number, "name": clean_text(part.name, 100) or instrument(part.program, part.is_drum),
            "instrument": instrument(part.program, part.is_drum), "is_drum": part.is_drum, "notes": len(part.notes),
            "lowest": min(pitches, default=0), "highest": max(pitches, default=0),
            "first_bar": bar_count(metres, min((note[0] for note in part.notes), default=0) + 1),
            "last_bar": bar_count(metres, part.end), "polyphonic": _is_polyphonic(part)}


def _is_polyphonic(part: DraftPart) -> bool:
    end = -1
    for onset, length, *_ in sorted(part.notes):
        if onset < end:
            return True
        end = onset + length
    return False

