"""Edits of a document: each takes at most one note away and puts at most one in, and any of them can be taken back.

The list of events is the whole story of a composition: applied to the input it gives the output, so the page can play
it like a film, colour what came and what went, and leave out what somebody did not like. A removal is exact: the note
goes with its own ticks and velocity, and comes back as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from trivium.music.notes import Composition, Note, Part, note_order, with_parts

ADDED_PART = "added"
ADDED_NAME = "Added notes"


class EditEvent(BaseModel):
    """One edit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    index: int = Field(ge=0, description="Its place among the events, from 0.")
    iteration: int = Field(ge=0, description="The sampling iteration that made it, from 1; 0 is clearing.")
    kind: Literal["add", "remove", "resize"]
    part: str = Field(description="The part that the note leaves; for an add, the part that it comes into.")
    removed: Note | None = Field(description="The note that goes.")
    added_part: str | None = Field(description="The part that the new note comes into.")
    added: Note | None = Field(description="The note that comes.")
    chance: float = Field(ge=0, le=1, description="How likely the network held this edit.")


class Notes:
    """The notes of a piece by part, open to edits."""

    def __init__(self, piece: Composition) -> None:
        self.piece = piece
        self.parts = {part.id: list(part.notes) for part in piece.parts}
        self.drums = {part.id for part in piece.parts if part.is_drum}

    def apply(self, event: EditEvent) -> bool:
        """Make the edit, if what it takes away is there and what it puts in has room; say whether it was made."""
        held = self.parts.get(event.part, [])
        if event.removed is not None and event.removed not in held:
            return False
        if event.removed is not None:
            held.remove(event.removed)
        if event.added is not None and event.added_part is not None:
            if self.sounds_during(event.added):
                if event.removed is not None:
                    held.append(event.removed)
                return False
            self.parts.setdefault(event.added_part, []).append(event.added)
        return True

    def sounds_during(self, note: Note) -> bool:
        """Whether the same pitch sounds somewhere within this note's time."""
        return any(other.pitch == note.pitch and other.onset < note.end and note.onset < other.end
                   for part, notes in self.parts.items() if part not in self.drums for other in notes)

    def composed(self) -> Composition:
        """The piece as it is now; added notes have a part of their own."""
        parts = [part.model_copy(update={"notes": sorted_notes(self.parts[part.id])}) for part in self.piece.parts]
        known = {part.id for part in self.piece.parts}
        program = next((part.program for part in self.piece.parts if not part.is_drum), 0)
        parts += [Part(id=name, name=ADDED_NAME, program=program, notes=sorted_notes(notes))
                  for name, notes in self.parts.items() if name not in known and notes]
        return with_parts(self.piece, parts)


def sorted_notes(notes: Iterable[Note]) -> list[Note]:
    """In the order in which parts keep them."""
    return sorted(notes, key=note_order)


def replay(piece: Composition, events: Iterable[EditEvent], taken_back: Collection[int] = ()) -> Composition:
    """The piece after the events, without those whose index is taken back and without what depended on them."""
    notes = Notes(piece)
    for event in events:
        if event.index not in taken_back:
            notes.apply(event)
    return notes.composed()


def retell(piece: Composition, story: list[dict[str, Any]], taken_back: Collection[int]) -> Composition:
    """The same, from the story that a run has told."""
    return replay(piece, [EditEvent.model_validate(told["news"]) for told in story if told["name"] == "edit"],
                  set(taken_back))
