"""The pieces in one file's bytes, as plain rows that another process can take: runs confined, in dataset_reading.

A file may hold many: each tune of an ABC book, each clip of a roll (clips, 32, 128, 4), each grid (steps, 4).
"""

from __future__ import annotations

import io
import re
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from trivium.errors import BadFile, StudioError
from trivium.music.bars import bars_until
from trivium.music.dataset.key import key_name
from trivium.music.dataset.piece import FOUR, STEP_TICKS, notes_of_grid
from trivium.music.files import archive, formats, rolls
from trivium.music.files.draft import Draft, DraftPart, clean_text
from trivium.music.notes import MAX_NOTES, MAX_TICKS

MAX_PIECES = 20_000
Result = dict[str, Any]  # {"pieces", "warnings"} or {"error": [message, hint]}


def pieces_in(data: bytes, name: str) -> Result:
    """All pieces of a file, or why there are none."""
    try:
        drafts, warnings = drafts_in(data)
        kept = [draft for draft in drafts if sum(len(part.notes) for part in draft.parts) <= MAX_NOTES
                and draft.end <= MAX_TICKS]
        if not kept:
            raise BadFile(f"It has more than {MAX_NOTES:,} notes or ten thousand bars." if drafts else
                          "There is no piece in it.", "Export some of its bars.")
        stem = PurePosixPath(name).stem
        pieces = [raw(draft, f"{stem} {k + 1}" if len(kept) > 1 else stem) for k, draft in enumerate(kept)]
        return {"pieces": pieces, "warnings": [*warnings, *(kept[0].warnings if len(kept) == 1 else [])]}
    except StudioError as error:
        return {"error": [error.message, error.hint]}
    except MemoryError:
        return {"error": ["It needs more memory than reading a piece may take.", "Export fewer tracks or bars."]}
    except RecursionError:
        return {"error": ["It is nested too deeply to be music.", "Choose another file."]}


def drafts_in(data: bytes) -> tuple[list[Draft], list[str]]:
    """The pieces of a file, and what was odd."""
    kind = formats.kind_of(data)
    if kind == "abc":
        return tunes_in(data)
    if kind == "rolls":
        return clips_in(data), []
    return [formats.reader(kind)(data)], []


def tunes_in(data: bytes) -> tuple[list[Draft], list[str]]:
    """Every tune of an ABC book; those that can't be read are told."""
    starts = [found.start() for found in re.finditer(rb"(?m)^X:", data)]
    if len(starts) <= 1:
        return [formats.reader("abc")(data)], []
    found, failed = [], []
    for start, end in zip(starts, [*starts[1:], len(data)], strict=True):
        try:
            found.append(formats.reader("abc")(data[start:end]))
        except BadFile as error:
            number = data[start + 2:start + 12].split(b"\n")[0].decode("ascii", "replace").strip()
            failed.append(f"Tune {number}: {error.message}")
    if not found:
        raise BadFile(failed[0], "Check the tunes in an ABC editor.")
    return found[:MAX_PIECES], failed


def clips_in(data: bytes) -> list[Draft]:
    """Every clip or grid of an .npy or .npz file."""
    blobs = [data]
    if data.startswith(b"PK"):
        blobs = [archive.member(data, name) for name in archive.names_in(data) if name.endswith(".npy")]
    found: list[Draft] = []
    for blob in blobs:
        grids = grids_in(blob)
        found += [grid_draft(grid) for grid in grids] if grids is not None else \
            [rolls.draft_of(clip[None]) for clip in rolls.read_array(blob)[:MAX_PIECES]]
    return found[:MAX_PIECES]


def grids_in(blob: bytes) -> list[np.ndarray[Any, Any]] | None:
    """The (T, 4) grids of pitches in an array (T, 4) or (N, T, 4), -1 or NaN for silence; None where it is a roll."""
    try:
        values = np.load(io.BytesIO(blob), allow_pickle=False)
    except (ValueError, OSError, EOFError, SyntaxError, TypeError):
        return None  # what reads rolls says in words what is wrong
    if values.ndim not in (2, 3) or values.shape[-1] != FOUR or values.dtype.kind not in "iuf" or not values.size:
        return None
    values = np.nan_to_num(values.astype(np.float64), nan=-1.0, posinf=999.0, neginf=999.0)
    if values.ndim == 3 and values.max() <= 2:  # (steps, 128, tracks), a roll of one clip
        return None
    if (values != np.round(values)).any() or values.min() < -1 or values.max() > 127:
        raise BadFile("The array holds values that are no MIDI pitches.",
                      "A grid is (steps, 4): 0 to 127, -1 for silence.")
    grids = values[None] if values.ndim == 2 else values
    return [grid.astype(np.int32) for grid in grids]


def grid_draft(grid: np.ndarray[Any, Any]) -> Draft:
    """Four voices whose notes begin where the pitch changes."""
    draft = Draft("grid", parts=[DraftPart(name=f"Voice {k + 1}") for k in range(FOUR)])
    for onset, length, pitch, voice, velocity in notes_of_grid(grid).tolist():
        draft.parts[voice].notes.append((onset * STEP_TICKS, length * STEP_TICKS, pitch, velocity, None))
    return draft


def raw(draft: Draft, stem: str) -> Result:
    """The draft as plain values."""
    rows = [[onset, length, pitch, velocity, number, voice or 0] for number, part in enumerate(draft.parts)
            if not part.is_drum for onset, length, pitch, velocity, voice in part.notes]
    metres = draft.metre_list()
    lasting: dict[str, int] = {}
    for bar in bars_until(metres, max(draft.end, 1)):
        name = f"{bar.metre.beats}/{bar.metre.beat_unit}"
        lasting[name] = lasting.get(name, 0) + bar.length
    first = bars_until(metres, 1)[0]
    fifths, mode = draft.keys[min(draft.keys)] if draft.keys else (0, "")
    return {"title": clean_text(draft.title) or stem, "format": draft.format,
            "metre": max(lasting, key=lambda name: lasting[name]), "metre_changes": len(lasting) - 1,
            "upbeat_ticks": first.length if first.length < first.metre.bar_ticks else 0,
            "bpm": round(draft.tempos.get(0, 120.0), 2), "key": key_name(fifths, mode) if mode else "",
            "drums": sum(len(part.notes) for part in draft.parts if part.is_drum), "rows": rows}
