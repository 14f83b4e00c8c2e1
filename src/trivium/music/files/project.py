"""A composition as a file of its own (composition.json), and as a project: a zip that also plays elsewhere.

The zip holds composition.json (everything), the same piece as .mid, and card.md, which says in plain words what it is
and how it was made.
"""

from __future__ import annotations

import io
import json
import time
import zipfile
from typing import Any

from pydantic import ValidationError

from trivium.errors import BadFile
from trivium.music.bars import bar_count, duration_s
from trivium.music.files import archive
from trivium.music.files.draft import Draft, DraftPart
from trivium.music.files.midi_write import write_midi
from trivium.music.general_midi import instrument
from trivium.music.notes import Composition

DOCUMENT, MIDI, CARD = "composition.json", "composition.mid", "card.md"
MOMENT = (2020, 1, 1, 0, 0, 0)  # the same piece makes the same bytes


def write_project(piece: Composition, about: dict[str, Any] | None = None) -> bytes:
    """The bytes of the zip; `about` is technique, settings, seed, model, created_at, where they are known."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in ((DOCUMENT, write_composition(piece)), (MIDI, write_midi(piece)),
                              (CARD, card(piece, about or {}).encode())):
            packed.writestr(zipfile.ZipInfo(name, MOMENT), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def write_composition(piece: Composition) -> bytes:
    """The document as JSON."""
    return piece.model_dump_json().encode()


def card(piece: Composition, about: dict[str, Any]) -> str:
    """What a person should know about the piece."""
    metre = piece.metres[0]
    rows = [f"# {piece.title or 'Untitled'}", "",
            f"{bar_count(piece.metres, piece.end)} bars in {metre.beats}/{metre.beat_unit}, "
            f"{piece.tempos[0].bpm:g} beats a minute, {duration_s(piece):.1f} s, {piece.note_count} notes.", "",
            "| part | instrument | notes |", "|---|---|---|"]
    rows += [f"| {cell(part.name)} | {instrument(part.program, part.is_drum)} | {len(part.notes)} |"
             for part in piece.parts]
    made = {"Made by": about.get("technique"), "Model": about.get("model"), "Seed": about.get("seed"),
            "Settings": json.dumps(about["settings"], ensure_ascii=False) if about.get("settings") else None,
            "Made on": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(about["created_at"]))
            if about.get("created_at") else None}
    rows += ["", *(f"- {name}: {value}" for name, value in made.items() if value is not None)]
    return "\n".join(rows).rstrip() + "\n"


def cell(text: str) -> str:
    """A text as a cell of a Markdown table."""
    return text.replace("|", "\\|")


def read_composition(data: bytes) -> Draft:
    """The document in a composition.json."""
    return draft_of(whole(data))


def whole(data: bytes) -> Composition:
    """The very piece in a composition.json or a project, pins, mutes and all."""
    if data.startswith(b"PK"):
        data = archive.member(data, DOCUMENT)
    try:
        return Composition.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadFile(f"This is no composition of Trivium's: {where or 'the file'}: {first['msg']}.",
                      "Choose a composition.json as Trivium writes it.") from None


def draft_of(piece: Composition) -> Draft:
    """A piece as a draft, so that tracks and bars can be chosen from it as from any file."""
    parts = [DraftPart(part.name, part.program, part.is_drum, part.volume, part.pan,
                       [(n.onset, n.length, n.pitch, n.velocity, n.voice) for n in part.notes]) for part in piece.parts]
    return Draft("Trivium composition", piece.title, tempos={t.tick: t.bpm for t in piece.tempos},
                 metres={m.tick: (m.beats, m.beat_unit) for m in piece.metres},
                 keys={k.tick: (k.fifths, k.mode) for k in piece.keys}, parts=parts)
