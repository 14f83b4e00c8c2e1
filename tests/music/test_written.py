"""Passages that a technique writes: replayed, and taken back, against pieces written out by hand."""

from __future__ import annotations

import pytest

from trivium.music.notes import Composition, Note, Part
from trivium.music.written import Written, replay, retell

OLD, KEPT = Note(onset=0, length=480, pitch=60), Note(onset=960, length=480, pitch=64)
NEW, BASS = Note(onset=0, length=240, pitch=62), Note(onset=480, length=960, pitch=36)
PIECE = Composition(title="A piece", parts=[Part(id="lead", name="Lead", notes=[OLD, KEPT])])
STORY = [Written(index=0, part=Part(id="lead", name="Lead"), first=0, end=480, removed=[OLD], added=[NEW]),
         Written(index=1, part=Part(id="bass", name="Bass", program=32), first=480, end=1440, removed=[], added=[BASS])]


@pytest.mark.parametrize(("taken_back", "lead", "bass"), [
    ((), [NEW, KEPT], [BASS]),
    ((0,), [OLD, KEPT], [BASS]),
    ((1,), [NEW, KEPT], None),
    ((0, 1), [OLD, KEPT], None),
])
def test_a_passage_can_be_taken_back(taken_back: tuple[int, ...], lead: list[Note], bass: list[Note] | None) -> None:
    told = [{"name": "written", "news": event.model_dump(mode="json")} for event in STORY]
    for made in (replay(PIECE, STORY, taken_back), retell(PIECE, told, taken_back)):
        assert {part.id: list(part.notes) for part in made.parts} == (
            {"lead": lead} if bass is None else {"lead": lead, "bass": bass})
        assert made.title == "A piece"


def test_a_new_part_brings_its_instrument() -> None:
    assert replay(PIECE, STORY).parts[1].program == 32
