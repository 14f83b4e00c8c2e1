"""The document of the music studio: a composition as notes, from which rolls and grids are derived.

Time is counted in ticks, 480 to a quarter note, whatever the file said that a piece came from. Notes are kept one by
one, so a repeated note stays two notes and a file that is not changed goes out as it came in. This module is what the
pages, the command line and the files share; it is light, because the server imports it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

TICKS_PER_QUARTER: Final = 480
MAX_TICKS = 480 * 4 * 10_000  # ten thousand bars of four quarters
MAX_NOTES = 50_000
MAX_PARTS = 64
MAX_CHANGES = 20_000  # of tempo, metre or key
DEFAULT_VELOCITY = 80
DEFAULT_BPM = 120.0
MIN_BPM, MAX_BPM = 4.0, 1_000.0  # MIDI can write nothing slower than 3.6

Tick = Annotated[int, Field(ge=0, le=MAX_TICKS, description="Position in ticks, 480 to a quarter note.")]
Seven = Annotated[int, Field(ge=0, le=127)]
BeatUnit = Literal[1, 2, 4, 8, 16, 32, 64]
Mode = Literal["major", "minor"]
Title = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


def _all_there(schema: dict[str, Any]) -> None:
    """Every field is always sent, so that the pages' types need no question marks; a script may leave some out."""
    schema["required"] = list(schema["properties"])


class _Piece(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, json_schema_extra=_all_there)


def is_none(value: object) -> bool:
    """What is not known is left out of the JSON: a piece has many notes."""
    return value is None


class Note(BaseModel):
    """One note of one part."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    onset: Tick
    length: Annotated[int, Field(ge=1, le=MAX_TICKS, description="Length in ticks, 480 to a quarter note.")]
    pitch: Annotated[Seven, Field(description="MIDI pitch, 60 is middle C.")]
    velocity: Annotated[int, Field(ge=1, le=127, description="How hard it is struck.")] = DEFAULT_VELOCITY
    voice: int | None = Field(None, ge=1, le=16, exclude_if=is_none,
                              description="Which voice of the part sings it, where that is known.")
    pinned: bool | None = Field(None, exclude_if=is_none, description="True: the models must leave this note alone.")

    @property
    def end(self) -> int:
        """The tick at which it no longer sounds."""
        return self.onset + self.length


class Tempo(_Piece):
    """From this tick on, so many quarter notes a minute."""

    tick: Tick = 0
    bpm: float = Field(DEFAULT_BPM, ge=MIN_BPM, le=MAX_BPM, description="Quarter notes a minute.")


class Metre(_Piece):
    """From this tick on, bars of so many beats; the tick begins a bar."""

    tick: Tick = 0
    beats: int = Field(4, ge=1, le=64, description="The upper number of the time signature.")
    beat_unit: BeatUnit = Field(4, description="The lower number of the time signature.")

    @property
    def bar_ticks(self) -> int:
        """Length of one bar."""
        return self.beats * 4 * TICKS_PER_QUARTER // self.beat_unit

    @property
    def beat_ticks(self) -> int:
        """Length of one beat."""
        return 4 * TICKS_PER_QUARTER // self.beat_unit


class Key(_Piece):
    """From this tick on, a key: sharps are counted up, flats down."""

    tick: Tick = 0
    fifths: int = Field(0, ge=-7, le=7, description="Sharps of the key signature; flats are negative.")
    mode: Mode = "major"


class Part(_Piece):
    """One instrument with its notes."""

    id: str = Field("part-1", pattern=r"^[A-Za-z0-9_-]{1,40}$", description="Stays the same while the piece is edited.")
    name: Title = ""
    program: Seven = Field(0, description="General MIDI instrument, 0 is the grand piano.")
    is_drum: bool = Field(False, description="Pitches are drums of the General MIDI kit.")
    volume: Seven = Field(100, description="As MIDI's controller 7.")
    pan: Seven = Field(64, description="As MIDI's controller 10: 0 left, 64 middle, 127 right.")
    mute: bool = False
    solo: bool = False
    notes: list[Note] = Field(default_factory=list, max_length=MAX_NOTES)

    @model_validator(mode="after")
    def _in_order(self) -> Part:
        self.notes.sort(key=note_order)
        return self


class Composition(_Piece):
    """A piece: tempo, metre and key along the way, and its parts."""

    title: Title = ""
    ticks_per_quarter: Literal[480] = TICKS_PER_QUARTER
    tempos: list[Tempo] = Field(default_factory=lambda: [Tempo()], min_length=1, max_length=MAX_CHANGES,
                                description="The first stands at tick 0.")
    metres: list[Metre] = Field(default_factory=lambda: [Metre()], min_length=1, max_length=MAX_CHANGES,
                                description="The first stands at tick 0.")
    keys: list[Key] = Field(default_factory=list, max_length=MAX_CHANGES, description="Empty where it is not known.")
    parts: list[Part] = Field(default_factory=list, max_length=MAX_PARTS)

    @model_validator(mode="after")
    def _whole(self) -> Composition:
        for name, changes in (("tempos", self.tempos), ("metres", self.metres)):
            ticks = [change.tick for change in changes]
            if ticks[0] != 0 or any(a >= b for a, b in pairwise(ticks)):
                raise ValueError(f"{name} must begin at tick 0 and follow each other in time")
        if any(a.tick >= b.tick for a, b in pairwise(self.keys)):
            raise ValueError("keys must follow each other in time")
        if len({part.id for part in self.parts}) != len(self.parts):
            raise ValueError("two parts have the same id")
        if self.note_count > MAX_NOTES:
            raise ValueError(f"a piece may have {MAX_NOTES} notes, this one has {self.note_count}")
        return self

    @property
    def note_count(self) -> int:
        """Notes of all parts together."""
        return sum(len(part.notes) for part in self.parts)

    @property
    def end(self) -> int:
        """The tick at which the last note ends."""
        return max((note.end for part in self.parts for note in part.notes), default=0)


def note_order(note: Note) -> tuple[int, int, int, int]:
    """The order in which notes are kept: by onset, then from low to high."""
    return note.onset, note.pitch, note.length, note.velocity


def with_parts(piece: Composition, parts: Sequence[Part], **changes: Any) -> Composition:
    """The piece with other parts, checked anew."""
    values = {name: getattr(piece, name) for name in Composition.model_fields}
    return Composition(**{**values, "parts": list(parts), **changes})
