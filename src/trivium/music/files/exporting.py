"""A composition as a file to take away."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from trivium.errors import BadConfig
from trivium.music.notes import Composition

FileFormat = Literal["midi", "musicxml", "project", "json"]
UNSAFE = re.compile(r"[^\w .()'-]+")


@dataclass(frozen=True)
class ExportedFile:
    """Bytes with a name for them."""

    name: str
    media_type: str
    content: bytes


ENDINGS: dict[str, tuple[str, str]] = {
    "midi": (".mid", "audio/midi"),
    "musicxml": (".musicxml", "application/vnd.recordare.musicxml+xml"),
    "project": (".zip", "application/zip"),
    "json": (".json", "application/json"),
}


def export(piece: Composition, format: FileFormat, about: dict[str, Any] | None = None) -> ExportedFile:
    """The piece in that format; `about` (how it was made) goes into a project's card."""
    ending, media_type = ENDINGS[format]
    return ExportedFile(file_name(piece.title) + ending, media_type, _content(piece, format, about))


def format_of(name: str) -> FileFormat:
    """The format that a file name's ending asks for."""
    endings: dict[str, FileFormat] = {".mid": "midi", ".midi": "midi", ".musicxml": "musicxml", ".xml": "musicxml",
                                      ".zip": "project", ".json": "json"}
    for ending, format in endings.items():
        if name.lower().endswith(ending):
            return format
    raise BadConfig(f"The name {name!r} does not say which format to write.",
                    f"Let it end in one of: {', '.join(endings)}.")


def _content(piece: Composition, format: FileFormat, about: dict[str, Any] | None) -> bytes:
    if format == "midi":
        from trivium.music.files.midi_write import write_midi

        return write_midi(piece)
    if format == "musicxml":
        from trivium.music.files.musicxml_write import notated, write_musicxml

        return write_musicxml(notated(piece))
    from trivium.music.files.project import write_composition, write_project

    return write_project(piece, about) if format == "project" else write_composition(piece)


def file_name(title: str) -> str:
    """A title as a name that every system takes."""
    name = UNSAFE.sub("", title).strip(" .")[:80].strip(" .")
    return name if not re.fullmatch(r"(?i)(con|prn|aux|nul|com\d|lpt\d)?", name) else f"composition {name}".strip()
