"""From what a file holds to a piece to learn from: on the grid of sixteenths, in voices, or set aside with a reason."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trivium.music.dataset.key import estimated_key
from trivium.music.dataset.piece import LENGTH, ONSET, PITCH, STEP_TICKS, VOICE, GridPiece, Ints, in_order
from trivium.music.dataset.reading import RawPiece
from trivium.music.dataset.voices import with_voices

SHORTEST, LONGEST = 32, 40_000  # steps: two bars of four quarters; 2,500 of them
FEWEST_NOTES = 8
MOVED_TICKS = 30  # a 64th note; what moved further was a triplet, swung or played freely


def cleaned(raw: RawPiece) -> GridPiece | str:
    """The piece on the grid, or why it is set aside."""
    if not raw.rows:
        return "It has only drums." if raw.drums else "It is silent: there is not one note in it."
    rows = np.array(raw.rows, dtype=np.int64)  # (n, 6): onset, length, pitch, velocity, part, voice
    notes, moved = on_grid(rows)
    notes = notes[np.lexsort((notes[:, PITCH], notes[:, ONSET]))]
    bar = bar_steps(raw.metre)
    upbeat = round(raw.upbeat_ticks / STEP_TICKS)
    empty_bars = (int(notes[0, ONSET]) - upbeat) // bar if notes[0, ONSET] >= upbeat + bar else 0
    notes[:, ONSET] -= empty_bars * bar
    voiced, is_four_part = with_voices(notes, notes[:, 5], notes[:, 6])
    kept = without_clashes(voiced[:, :5])
    piece = GridPiece(
        notes=kept, title=raw.title, source=raw.source, metre=raw.metre, upbeat_steps=upbeat, bpm=raw.bpm,
        key=raw.key or estimated_key(kept[:, PITCH], kept[:, LENGTH]), key_is_estimated=not raw.key,
        is_four_part=is_four_part, moved=moved)
    return why_not(piece) or piece


def why_not(piece: GridPiece) -> str:
    """Why a piece can't be learned from, "" if it can."""
    sounding = int(piece.notes[:, ONSET].min(initial=0))
    if len(piece.notes) < FEWEST_NOTES:
        return f"It has {len(piece.notes)} notes; a piece to learn from has at least {FEWEST_NOTES}."
    if piece.steps - sounding < SHORTEST:
        return f"It is {piece.steps - sounding} sixteenths long; at least {SHORTEST} are needed, two bars of 4/4."
    if piece.steps > LONGEST:
        return f"It is {piece.steps // 16} bars of 4/4 long, more than {LONGEST // 16}."
    return ""


def on_grid(rows: NDArray[np.int64]) -> tuple[Ints, float]:
    """(n, 7) onset, length, pitch, voice (0), velocity, part, inner voice in steps; share of onsets moved far."""
    onset = (rows[:, 0] + STEP_TICKS // 2) // STEP_TICKS
    end = (rows[:, 0] + rows[:, 1] + STEP_TICKS // 2) // STEP_TICKS
    far = np.abs(rows[:, 0] - onset * STEP_TICKS) > MOVED_TICKS
    columns = (onset, np.maximum(end - onset, 1), rows[:, 2], np.zeros_like(onset), rows[:, 3], rows[:, 4], rows[:, 5])
    return np.stack(columns, axis=1).astype(np.int32), float(far.mean())


def without_clashes(notes: Ints) -> Ints:
    """One pitch of one voice struck once at a time: of two at once the longer stays, and a note ends where it is struck
    again."""
    order = np.lexsort((-notes[:, LENGTH], notes[:, ONSET], notes[:, PITCH], notes[:, VOICE]))
    rows = notes[order]
    same = (rows[1:, VOICE] == rows[:-1, VOICE]) & (rows[1:, PITCH] == rows[:-1, PITCH])
    twin = np.concatenate(([False], same & (rows[1:, ONSET] == rows[:-1, ONSET])))
    rows = rows[~twin]
    same = (rows[1:, VOICE] == rows[:-1, VOICE]) & (rows[1:, PITCH] == rows[:-1, PITCH])
    room = np.where(same, rows[1:, ONSET] - rows[:-1, ONSET], np.iinfo(np.int32).max)
    rows[:-1, LENGTH] = np.minimum(rows[:-1, LENGTH], room)
    return in_order(rows)


def bar_steps(metre: str) -> int:
    """Steps of a bar."""
    beats, _, unit = metre.partition("/")
    return max(int(beats) * 16 // int(unit), 1)
