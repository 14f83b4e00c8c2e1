"""How surprised an AR-CNN is by each single note of a piece, given all the others: its pseudo-likelihood (Besag, 1975).

A network that draws edits has no likelihood of a whole piece. So one note of a window is taken away, and the network
says which edit it would make: -ln of the probability of just the edit that puts the note back, its step, pitch and
length at once. Only notes are asked for: that a cell stays empty is no edit, so there is no probability of it.

N notes, T steps, P pitches, K kinds of edit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from trivium.music.arcnn.corruption import Window, batch_of
from trivium.music.arcnn.grid import KINDS, LOWEST, PITCHES, WINDOW, Sheet, class_of
from trivium.music.arcnn.network import divergence

NOTES = 16  # of a window, spread evenly over it
SURE = 1.96  # standard errors to either side: 95 %


@dataclass(frozen=True)
class Surprise:
    """Nats per note over some windows."""

    nats: float
    low: float  # the 95 % interval, from how much windows differ
    high: float
    counted: float  # the same notes by counting alone
    notes: int

    def facts(self, split: str) -> dict[str, float]:
        """For a model's card."""
        return {f"pseudo_nats_per_note/{split}": self.nats, f"pseudo_nats_per_note/{split}_low": self.low,
                f"pseudo_nats_per_note/{split}_high": self.high, "pseudo_nats_per_note/counted": self.counted}


def surprise(network: nn.Module, windows: Sequence[Window], train: Sequence[Sheet],
             stopped: Callable[[], bool] = lambda: False) -> Surprise | None:
    """Of held-out windows, beside what counting notes of the training pieces comes to; None where it was stopped."""
    known = counted(train)
    each: list[list[float]] = []
    plain: list[float] = []
    for window in windows:
        if stopped():
            return None
        cells, grid = masked(window), window.grid
        if cells:
            each.append(nats(network, window, cells))
            plain += [float(known[pitch, grid[step, pitch]]) for step, pitch in cells]
    if not each:
        return None
    means = np.array([np.mean(found) for found in each])
    error = SURE * float(means.std(ddof=1)) / math.sqrt(len(means)) if len(means) > 1 else math.inf
    mean = float(np.mean([value for found in each for value in found]))
    return Surprise(mean, mean - error, mean + error, float(np.mean(plain)), len(plain))


def masked(window: Window) -> list[tuple[int, int]]:
    """(step, pitch) of the notes that are taken away, one at a time."""
    begins = np.argwhere(window.grid > 0)
    chosen = np.linspace(0, len(begins) - 1, min(NOTES, len(begins))).astype(int)
    return [(int(step), int(pitch)) for step, pitch in begins[chosen]]


@torch.inference_mode()
def nats(network: nn.Module, window: Window, cells: Sequence[tuple[int, int]]) -> list[float]:
    """-ln p(the edit that puts back the note | the window without it) of each of these notes."""
    grids = []
    for step, pitch in cells:
        grid = window.grid
        grid[step, pitch] = 0
        grids.append(grid)
    batch = batch_of([window] * len(cells), grids)
    logits = network(torch.from_numpy(batch.planes), torch.from_numpy(batch.bars))  # (N, K, T, P)
    # One edit is the target in each, and the divergence from a distribution that is all on one edit is its -ln p.
    found: list[float] = divergence(logits, torch.from_numpy(batch.target))[0].tolist()
    return found


def counted(train: Sequence[Sheet]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """(P, K) nats of each pitch and length class by how often they come, from one on, at any step alike."""
    counts = np.zeros((PITCHES, KINDS))
    counts[:, 1:] = 1.0
    for piece in train:
        pitch = piece.notes[:, 1] - LOWEST
        seen = (pitch >= 0) & (pitch < PITCHES)
        np.add.at(counts, (pitch[seen], class_of(piece.notes[seen, 2])), 1.0)
    with np.errstate(divide="ignore"):
        return np.asarray(math.log(WINDOW) - np.log(counts / counts.sum()))
