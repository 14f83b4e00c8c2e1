"""A step keeps what the page showed: stories.json is replayed here, and by the page's own code (story.test.ts)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from trivium.music import written
from trivium.music.arcnn import edits as arcnn_edits
from trivium.music.notes import Composition

STORIES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "stories.json").read_text())
RETELL = {"edit": arcnn_edits.retell, "written": written.retell}
CASES = [(story, kept) for story in STORIES for kept in story["kept"]]


@pytest.mark.parametrize(("story", "kept"), CASES)
def test_the_server_keeps_what_the_page_shows(story: dict[str, Any], kept: dict[str, Any]) -> None:
    begin = Composition.model_validate(story["begin"])
    made = RETELL[story["story"][0]["name"]](begin, story["story"], kept["taken_back"])
    seen = ("id", "name", "program", "is_drum", "notes")
    assert [{name: part[name] for name in seen} for part in made.model_dump(mode="json")["parts"]] == kept["parts"]


def test_the_stories_hold_what_is_hard() -> None:
    """Edits that build on one another: what is left out takes others with it, so notes do not simply add up."""
    edits, passages = STORIES
    counts = {tuple(kept["taken_back"]): sum(len(part["notes"]) for part in kept["parts"]) for kept in edits["kept"]}
    assert {event["news"]["kind"] for event in edits["story"]} == {"add", "remove", "resize"}
    assert len(set(counts.values())) > 2 and {each["name"] for each in passages["story"]} == {"written"}
