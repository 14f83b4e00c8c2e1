"""A prepared set in the shape that each technique learns from; every form keeps where notes begin.

T steps of a sixteenth, V voices, N windows. Nothing here is stored: forms are made when a training starts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trivium.music.dataset.piece import (
    FOUR,
    LENGTH,
    ONSET,
    PITCH,
    VOICE,
    Bools,
    GridPiece,
    Ints,
    sounding_roll,
    transposed,
    transposition_range,
    voice_grid,
)
from trivium.music.dataset.voices import is_single

SILENT, GOES_ON, BEGINS = 0, 1, 2  # the values of a roll
CLIP_STEPS, PITCHES = 32, 128


def voice_grids(pieces: Sequence[GridPiece], lowest: int = 36, highest: int = 81) -> list[tuple[Ints, Bools]]:
    """For the Transformer: of each piece that `has_seats` (pitch (T, 4), onset (T, 4)); -1 is silence.

    Columns are S, A, T, B; a tune of one voice is a soprano whose companions are silent. A piece that lies outside
    lowest..highest is moved in by octaves, or as little as it takes; one that is too wide is left out.
    """
    found = []
    for piece in pieces:
        moved = fitted(piece, lowest, highest) if has_seats(piece) else None
        if moved is not None:
            found.append(voice_grid(moved))
    return found


def has_seats(piece: GridPiece) -> bool:
    """Whether each of its voices can be told from the others: it has four of them, or is a tune alone."""
    return piece.is_four_part or is_tune(piece)


def is_tune(piece: GridPiece) -> bool:
    """Whether one voice sings one note at a time."""
    return piece.voices == 1 and is_single(piece.notes)


def fitted(piece: GridPiece, lowest: int, highest: int) -> GridPiece | None:
    """The piece moved into a range: not at all if it fits, else by octaves, else by the least; None if never."""
    down, up = transposition_range(piece, lowest, highest)
    if down > up:
        return None
    octaves = [semitones for semitones in range(-96, 97, 12) if down <= semitones <= up]
    return transposed(piece, min(octaves or range(down, up + 1), key=abs))


def windows(roll: NDArray[np.uint8], steps: int, stride: int) -> list[NDArray[np.uint8]]:
    """The windows of a roll (T, ...) that hold a note; one that begins within a note strikes it anew."""
    last = max(len(roll) - steps, 0)
    starts = sorted({*range(0, last + 1, stride), last})
    found = []
    for start in starts:
        window = np.zeros((steps, *roll.shape[1:]), dtype=np.uint8)
        part = roll[start:start + steps]
        window[:len(part)] = part
        window[0] = np.where(window[0] == GOES_ON, BEGINS, window[0])
        if window.any():
            found.append(window)
    return found


def clips(pieces: Sequence[GridPiece], stride: int = CLIP_STEPS) -> NDArray[np.uint8]:
    """For the GAN: (N, 32, 128, 4) clips of two bars of four quarters; 0 silent, 1 a note goes on, 2 a note begins.

    Track 0 is the melody, which is the condition. A clip without melody or without accompaniment teaches nothing and is
    left out. `signed` makes the -1/+1 of the network of it.
    """
    found = []
    for piece in pieces:
        roll = np.stack([sounding_roll(track) for track in tracks(piece)], axis=-1)  # (T, 128, 4)
        found += [clip for clip in windows(roll, CLIP_STEPS, stride) if clip[..., 0].any() and clip[..., 1:].any()]
    return np.stack(found) if found else np.zeros((0, CLIP_STEPS, PITCHES, FOUR), dtype=np.uint8)


def signed(roll: NDArray[np.uint8]) -> NDArray[np.float32]:
    """-1 where a roll is silent, +1 where it sounds; onsets are lost, so keep the roll beside it."""
    return np.where(roll > SILENT, np.float32(1), np.float32(-1))


def tracks(piece: GridPiece) -> list[GridPiece]:
    """Four tracks: the voices, or the melody and the three fullest other parts; all as long as the piece."""
    notes = piece.notes if piece.voices > 1 else layered(piece.notes)
    count = int(notes[:, VOICE].max(initial=0)) + 1
    order = list(range(count)) if piece.is_four_part else by_rank(notes, count)
    return [part_of(piece, notes, order[k] if k < len(order) else -1) for k in range(FOUR)]


def by_rank(notes: Ints, count: int) -> list[int]:
    """The part that lies highest first, then the others by their number of notes, and these from high to low."""
    mean = [float(notes[notes[:, VOICE] == k, PITCH].mean()) if (notes[:, VOICE] == k).any() else -1.0
            for k in range(count)]
    melody = int(np.argmax(mean))
    others = sorted((k for k in range(count) if k != melody), key=lambda k: -int((notes[:, VOICE] == k).sum()))
    return [melody, *sorted(others[:FOUR - 1], key=lambda k: -mean[k])]


def layered(notes: Ints) -> Ints:
    """One part with chords as layers: at each onset the highest note is 0, the next 1 and 2, all lower ones 3."""
    found = notes[np.lexsort((-notes[:, PITCH], notes[:, ONSET]))]
    begins = np.concatenate(([True], found[1:, ONSET] != found[:-1, ONSET])) if len(found) else np.zeros(0, dtype=bool)
    first = np.maximum.accumulate(np.where(begins, np.arange(len(found)), 0))
    found[:, VOICE] = np.minimum(np.arange(len(found)) - first, FOUR - 1)
    return found


def part_of(piece: GridPiece, notes: Ints, voice: int) -> GridPiece:
    """One voice, kept as long as the piece by a silent row that no roll shows."""
    end = np.array([[piece.steps - 1, 1, -1, 0, 1]], dtype=np.int32)
    chosen: Any = np.concatenate([notes[notes[:, VOICE] == voice], end])
    assert (chosen[:, LENGTH] > 0).all()
    return GridPiece(notes=chosen)
