"""Piano rolls as files: .npy and .npz arrays (clips, 32 steps, 128 pitches, 4 tracks), as DeepComposer's notebooks had.

A step is a sixteenth note; clips follow each other; whatever is above zero sounds. A roll cannot tell a repeated note
from a held one: notes are cut where clips meet and nowhere else. Merged rolls of one track, (steps, 128[, 1]), are read
too. Headers are checked before any array is made, and pickles are never opened.
"""

from __future__ import annotations

import io
import math
import warnings
from tokenize import TokenError

import numpy as np
from numpy.typing import NDArray

from trivium.errors import BadFile
from trivium.music.files import archive
from trivium.music.files.draft import Draft, DraftPart
from trivium.music.notes import DEFAULT_VELOCITY, TICKS_PER_QUARTER

STEP_TICKS = TICKS_PER_QUARTER // 4
PITCHES = 128
MAX_CELLS = 60_000_000
RESAVE = "Save it again with numpy.save, as (clips, 32, 128, 4) plain numbers."
HEADERS = {1: np.lib.format.read_array_header_1_0}


def read_rolls(data: bytes) -> Draft:
    """The notes of a roll file."""
    if data.startswith(b"PK"):
        names = [name for name in archive.names_in(data) if name.endswith(".npy")]
        if not names:
            raise BadFile("There is no array in this .npz file.", RESAVE)
        draft = draft_of(read_array(archive.member(data, names[0])))
        if len(names) > 1:
            first = names[0].removesuffix(".npy")[:60]
            draft.warnings.append(f"Only the first of {len(names)} arrays was read, {first}.")
        return draft
    return draft_of(read_array(data))


def read_array(data: bytes) -> NDArray[np.bool_]:
    """What sounds, (clips, steps, 128, tracks); the header, which decides about memory, is checked first."""
    file = io.BytesIO(data)
    try:
        with warnings.catch_warnings(action="ignore"):
            version = np.lib.format.read_magic(file)
            shape, _, dtype = HEADERS.get(version[0], np.lib.format.read_array_header_2_0)(file)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError, TokenError):
        raise BadFile("The header of this NumPy file can't be read.", RESAVE) from None
    if dtype.hasobject:
        raise BadFile("The file holds pickled Python objects, which Trivium never opens: they can run code.", RESAVE)
    if dtype.kind not in "fiub" or dtype.itemsize > 8:
        raise BadFile(f"The file holds values of type {dtype}, not plain numbers.", RESAVE)
    whole = full_shape(shape)
    if len(data) - file.tell() < dtype.itemsize * math.prod(shape):
        raise BadFile("The file ends before its last step: it was cut off.", "Copy or save it again.")
    file.seek(0)
    values = np.lib.format.read_array(file, allow_pickle=False)
    if dtype.kind == "f" and not np.isfinite(values).all():
        raise BadFile("The roll holds values that are no numbers (NaN or infinity).", RESAVE)
    sounds: NDArray[np.bool_] = (values > 0).reshape(whole)
    return sounds


def full_shape(shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """The shape as (clips, steps, 128, tracks)."""
    if len(shape) == 4 and shape[2] == PITCHES and 1 <= shape[3] <= 16:
        whole = shape
    elif len(shape) == 3 and shape[1] == PITCHES and 1 <= shape[2] <= 16:
        whole = (1, *shape)
    elif len(shape) == 2 and shape[1] == PITCHES:
        whole = (1, shape[0], PITCHES, 1)
    else:
        raise BadFile(f"The array has the shape {shape}; a roll is (clips, 32, 128, 4) or (steps, 128).", RESAVE)
    if min(whole) < 1:
        raise BadFile("The roll is empty.", RESAVE)
    if math.prod(whole) > MAX_CELLS:
        raise BadFile("The roll is too large to read.", RESAVE)
    return whole[0], whole[1], whole[2], whole[3]


def draft_of(sounds: NDArray[np.bool_]) -> Draft:
    """Every run of steps in which a pitch sounds is a note."""
    clips, steps, _, tracks = sounds.shape
    edges = np.diff(np.pad(sounds, ((0, 0), (1, 1), (0, 0), (0, 0))).astype(np.int8), axis=1)  # (clips, steps + 1, ...)
    draft = Draft("piano roll", parts=[DraftPart(name=f"Track {number + 1}") for number in range(tracks)])
    # both lists run through clips, pitches, tracks and then steps, so the n-th beginning belongs to the n-th end
    begins, ends = (np.argwhere(np.moveaxis(edges, 1, 3) == sign) for sign in (1, -1))
    for (clip, pitch, track, begin), end in zip(begins.tolist(), ends[:, 3].tolist(), strict=True):
        onset = (clip * steps + begin) * STEP_TICKS
        draft.parts[track].notes.append((onset, (end - begin) * STEP_TICKS, pitch, DEFAULT_VELOCITY, None))
    if clips > 1:
        draft.warnings.append(f"{clips} clips of {steps} steps were put one after another.")
    return draft
