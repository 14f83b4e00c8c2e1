"""The file formats that the studio reads, told apart by what the file begins with, not by its name."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from trivium.errors import BadFile
from trivium.music.files.draft import Draft, choose, piece_of, report

# kind -> "module:function" of bytes
READERS = {
    "midi": "trivium.music.files.midi_read:read_midi",
    "musicxml": "trivium.music.files.musicxml_read:read_musicxml",
    "mxl": "trivium.music.files.musicxml_read:read_mxl",
    "abc": "trivium.music.files.abc_read:read_abc",
    "rolls": "trivium.music.files.rolls:read_rolls",
    "composition": "trivium.music.files.project:read_composition",
    "project": "trivium.music.files.project:read_composition",
}
KNOWN = "Choose a MIDI, MusicXML, ABC, .npy or .npz file, or a composition that Trivium has saved."


def kind_of(data: bytes) -> str:
    """Which reader takes these bytes."""
    head = data[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith((b"MThd", b"RIFF")):
        return "midi"
    if head.startswith(b"\x93NUMPY"):
        return "rolls"
    if head.startswith(b"PK"):
        return kind_of_zip(data)
    if head.startswith((b"<", b"\xff\xfe", b"\xfe\xff")):
        return "musicxml"
    if head.startswith(b"{"):
        return "composition"
    if b"X:" in head or b"K:" in head:
        return "abc"
    raise BadFile("This is not a file of notes." if data else "The file is empty.", KNOWN)


def kind_of_zip(data: bytes) -> str:
    """An .mxl, an .npz or a project, by the names in it."""
    from trivium.music.files.archive import names_in

    names = names_in(data)
    if "composition.json" in names:
        return "project"
    if any(name.endswith(".npy") for name in names):
        return "rolls"
    if any(name.endswith((".xml", ".musicxml")) for name in names):
        return "mxl"
    raise BadFile("There is no music in this zip file.", KNOWN)


def reader(kind: str) -> Callable[[bytes], Draft]:
    """The function that reads this kind."""
    module, _, name = READERS[kind].partition(":")
    found: Callable[[bytes], Draft] = getattr(importlib.import_module(module), name)
    return found


def preload() -> None:
    """Import all that a reader may want."""
    import numpy.lib.format  # noqa: F401

    for kind in READERS:
        reader(kind)


def read(data: bytes, task: dict[str, Any]) -> dict[str, Any]:
    """What the task asks of a file: {"report", "composition"}; without "choice" the report alone."""
    kind = kind_of(data)
    draft = reader(kind)(data)
    if not draft.title:
        draft.title = PurePosixPath(str(task.get("name", "")).replace("\\", "/")).stem
    found: dict[str, Any] = {"report": report(draft)}
    choice = task.get("choice")
    if choice is not None:
        chosen = [choice.get(name) for name in ("tracks", "first_bar", "last_bar")]
        if kind in ("composition", "project") and not any(chosen):
            from trivium.music.files.project import whole

            piece = whole(data)
        else:
            piece = piece_of(choose(draft, *chosen))
        if choice.get("strength"):
            from trivium.music.rhythm import quantise

            piece = quantise(piece, choice.get("grid") or "1/16", choice["strength"])
        found["composition"] = piece.model_dump(mode="json")
    return found
