"""Compose with the AR-CNN: ask the network for the likeliest edits, draw one, make it, and ask again.

Each iteration looks at one window of 8 bars; a longer piece is gone through window by window, each overlapping the next
by half, in turn, so that it grows evenly. Same input, settings, model and seed: same edits. One thread computes, so the
result does not depend on how many cores there are.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from trivium.music.arcnn.board import Board
from trivium.music.arcnn.edits import EditEvent
from trivium.music.arcnn.grid import PITCHES, WINDOW, Bools, Floats, planes_of
from trivium.music.arcnn.network import EditNet


def iterations(board: Board) -> int:
    """How many edits are drawn in all: so many for every 8 bars of the region."""
    share = (board.end - board.begin) / WINDOW
    return int(np.ceil(board.controls.sampling_iterations * max(share, 1.0))) if share > 0 else 0


def edits(board: Board, network: EditNet, seed: int) -> Iterator[EditEvent]:
    """Make edit after edit until the iterations are used up or no edit is allowed. Stop asking to cancel."""
    rng = np.random.default_rng(seed)
    yield from cleared(board, rng)
    windows = board.windows()
    closed: set[int] = set()  # windows in which nothing is allowed just now
    turn = 0
    for iteration in range(1, iterations(board) + 1):
        while len(closed) < len(windows):
            first = windows[turn % len(windows)]
            turn += 1
            allowed = board.allowed(first)
            if allowed.any():
                closed.clear()
                break
            closed.add(first)
        else:
            return
        kind, step, pitch, chance = draw(logits_of(network, board, first), allowed, board.controls.creative_risk, rng)
        yield board.edit(kind, (first + step, pitch), iteration, chance)


def cleared(board: Board, rng: np.random.Generator) -> Iterator[EditEvent]:
    """Where it was asked for: take away what the region holds, in order of time, as far as the budget goes."""
    cells = sorted(cell for cell in board.cells if board.top(cell) is not None) if board.controls.clear_first else []
    if board.max_removed < len(cells):
        cells = [cells[i] for i in sorted(rng.permutation(len(cells))[:board.max_removed])]
    for cell in cells:
        while board.top(cell) is not None and board.removed < board.max_removed:
            yield board.edit(0, cell, 0, 1.0)


@torch.inference_mode()
def logits_of(network: EditNet, board: Board, first: int) -> Floats:
    """(K, W, P): what the network makes of the window that begins at `first`."""
    planes = torch.from_numpy(planes_of(board.grid[None, first:first + WINDOW]))
    bars = torch.from_numpy(board.bar_plane(first)[None].astype(np.float32))
    return np.asarray(network(planes, bars)[0].numpy())


def draw(logits: Floats, allowed: Bools, temperature: float, rng: np.random.Generator) -> tuple[int, int, int, float]:
    """One allowed edit from the softmax of logits / temperature: kind, step, pitch, and its probability."""
    places = np.flatnonzero(allowed)
    scaled = logits.reshape(-1)[places].astype(np.float64) / temperature
    weights = np.exp(scaled - scaled.max())
    total = np.cumsum(weights)
    at = min(int(np.searchsorted(total, rng.random() * total[-1], side="right")), len(places) - 1)
    kind, cell = divmod(int(places[at]), WINDOW * PITCHES)
    return kind, *divmod(cell, PITCHES), float(weights[at] / total[-1])
