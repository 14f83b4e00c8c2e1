"""Music to learn from: read from files, split by piece, and taken along into a run.

A run carries its music in `inputs/pieces.npz` (plain arrays of small integers, no pickle) and says in
`inputs/pieces.json` where it came from.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trivium.core import files
from trivium.core.run import Run
from trivium.errors import BadFile
from trivium.music.transformer.tokens import Ints, Piece, voices_of

ARRAYS, CARD = "pieces.npz", "pieces.json"


@dataclass
class Pieces:
    """What a training works with."""

    train: list[Piece]
    valid: list[Piece]
    with_hold: bool  # whether onsets are known, so that HOLD is a class of its own
    card: dict[str, Any]

    @property
    def voices(self) -> int:
        """How many voices sing."""
        return voices_of(self.train)


def pieces_of_run(run: Run) -> Pieces:
    """The music that was copied into a run when it was made."""
    return open_pieces(run.input(ARRAYS), files.read_json(run.input(CARD)))


def open_pieces(path: Path, card: Any) -> Pieces:
    """The music in a run's inputs."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            stored = {name: arrays[name] for name in arrays.files}
        splits = {split: [piece_of(stored[name]) for name in sorted(stored) if name.startswith(f"{split}/")]
                  for split in ("train", "valid")}
        return Pieces(splits["train"], splits["valid"], bool(card["with_hold"]), card)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        raise BadFile(f"{path.name} is damaged.", "Start a new run.") from None


def piece_of(rows: Ints) -> Piece:
    """From (T, 8): four columns of classes, four of onsets."""
    return Piece.of(rows[:, :4].astype(np.int64), rows[:, 4:].astype(bool))


def packed(splits: dict[str, list[Piece]]) -> bytes:
    """The bytes of pieces.npz."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **{
        f"{split}/{i:05d}": np.concatenate([piece.sounding, piece.onset], axis=1).astype(np.uint8)
        for split, pieces in splits.items() for i, piece in enumerate(pieces)})
    return buffer.getvalue()


def inputs_of(splits: dict[str, list[Piece]], card: dict[str, Any]) -> dict[str, bytes | str | Path]:
    """What a training's run folder takes along."""
    return {ARRAYS: packed(splits), CARD: json.dumps(card, ensure_ascii=False)}
