"""What an AR-CNN learns from: a training set, taken along into a run as it is, and read back as sheets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trivium.core import files
from trivium.core.run import Run
from trivium.core.runfolder import Content
from trivium.errors import BadFile
from trivium.music.arcnn.grid import Sheet
from trivium.music.dataset.piece import LENGTH, ONSET, PITCH, VOICE, GridPiece
from trivium.music.dataset.sets import ARRAYS, CARD, TrainingSet, packed, unpacked
from trivium.music.dataset.sources import Say, training_set


@dataclass(frozen=True)
class Sheets:
    """What a training works with: pieces of two splits, none of them in both, and the card of the set."""

    train: list[Sheet]
    valid: list[Sheet]
    card: dict[str, Any]
    originals: tuple[list[GridPiece], list[GridPiece]]  # the same pieces as they stand in the set


def training_inputs(source: str | Path, data_dir: Path, seed: int,
                    say: Say = lambda _text: None) -> tuple[dict[str, Content], list[str]]:
    """What a run takes along to learn from `source`, and what its owner should know of it."""
    made = training_set(source, data_dir, seed, say)
    return inputs_of(made), made.warnings


def inputs_of(training_set: TrainingSet) -> dict[str, Content]:
    """What a run takes along to learn from this set."""
    for split in ("train", "valid"):
        if not training_set.split(split):
            raise BadFile(f"This training set has no pieces to {'learn from' if split == 'train' else 'be tested on'}.",
                          "Make one of more pieces.")
    return {ARRAYS: packed(training_set), CARD: json.dumps(training_set.card, ensure_ascii=False)}


def sheets_of_run(run: Run) -> Sheets:
    """The music that was copied into a run when it was made."""
    found = unpacked(files.read_file(run.input(ARRAYS)), files.read_json(run.input(CARD)))
    train, valid = found.split("train"), found.split("valid")
    return Sheets([sheet(piece) for piece in train], [sheet(piece) for piece in valid],
                  {name: found.card.get(name) for name in ("sha256", "sources", "counts", "licence")}, (train, valid))


def sheet(piece: GridPiece) -> Sheet:
    """A piece as the network learns from it; an upbeat is moved to the end of its bar."""
    move = piece.bar_steps - piece.upbeat_steps if piece.upbeat_steps else 0
    notes = piece.notes[:, [ONSET, PITCH, LENGTH, VOICE]].astype(np.int64) + np.array([move, 0, 0, 0])
    return Sheet(notes, np.arange(0, max(piece.steps + move, 1), piece.bar_steps))
