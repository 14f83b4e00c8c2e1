"""Pieces as the tensors that the Transformer learns from and is scored on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from trivium.music.transformer.network import Batch
from trivium.music.transformer.tokens import CELL_ROWS, MEMORY_ROWS, STEP_ROWS, Piece, V, targets_of

IGNORED = -100  # the target of what lies past the end of a piece


def batch_of(pieces: Sequence[Piece], with_hold: bool) -> Batch:
    """Pieces side by side, the shorter ones filled up."""
    longest = max(len(piece) for piece in pieces)
    steps = np.zeros((len(pieces), longest, STEP_ROWS.facts), dtype=np.int64)
    cells = np.full((len(pieces), longest, V, CELL_ROWS.facts), CELL_ROWS.empty, dtype=np.int64)
    memory = np.zeros((len(pieces), longest, MEMORY_ROWS.facts), dtype=np.int64)
    reference = np.zeros((len(pieces), longest, V), dtype=np.int64)
    target = np.full((len(pieces), longest, V), IGNORED, dtype=np.int64)
    for i, piece in enumerate(pieces):
        length, step = len(piece), np.arange(len(piece))
        steps[i, :length] = STEP_ROWS(piece.past, step)
        for voice in range(V):
            cells[i, :length, voice] = CELL_ROWS(voice, piece.past, step, piece.sounding, piece.onset)
        memory[i, :length] = MEMORY_ROWS(piece.sounding, piece.onset)
        reference[i, :length] = piece.past.reference()
        target[i, :length] = targets_of(piece.sounding, piece.onset, with_hold)
    return Batch(*(torch.from_numpy(array) for array in (steps, cells, memory, reference, target)))
