"""What a technique that writes whole passages tells while it works: a stretch of one part, its old notes and its new.

The events are the whole story of a composition, as edits are those of the AR-CNN: the page shows them as they come,
marks what is new, and leaves out what somebody did not like. The events of one story never overlap.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from trivium.music.notes import Composition, Note, Part, Tick, note_order, with_parts

WRITTEN: Final = "written"  # the name of the events


class Written(BaseModel):
    """A passage of one part."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    index: int = Field(ge=0, description="Its place among the events, from 0.")
    part: Part = Field(description="The part that was written, without notes: a part of the piece, or a new one.")
    first: Tick = Field(description="The tick at which the passage begins.")
    end: Tick = Field(description="The tick at which it is over.")
    removed: list[Note] = Field(description="The notes that stood there and go.")
    added: list[Note] = Field(description="The notes that come.")


def replay(piece: Composition, events: Iterable[Written], taken_back: Collection[int] = ()) -> Composition:
    """The piece after the events, without those whose index is taken back."""
    parts = {part.id: part for part in piece.parts}
    notes = {part.id: list(part.notes) for part in piece.parts}
    for event in events:
        if event.index in taken_back:
            continue
        parts.setdefault(event.part.id, event.part)
        held = notes.setdefault(event.part.id, [])
        for note in event.removed:
            if note in held:
                held.remove(note)
        held.extend(event.added)
    return with_parts(piece, [part.model_copy(update={"notes": sorted(notes[name], key=note_order)})
                              for name, part in parts.items() if notes[name] or name in {p.id for p in piece.parts}])


def retell(piece: Composition, story: list[dict[str, Any]], taken_back: Collection[int]) -> Composition:
    """The same, from the story that a run has told."""
    return replay(piece, [Written.model_validate(told["news"]) for told in story if told["name"] == WRITTEN],
                  set(taken_back))
