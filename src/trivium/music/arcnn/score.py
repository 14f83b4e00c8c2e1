"""How well an AR-CNN mends music: XOR cross-entropy, and precision and recall of its edits, on pieces it never saw.

The same windows are spoilt with the same seed each time, so figures of different moments and models can be compared.
Of n spoilt notes in a window, all edits are ranked by probability in one look: precision is the share of the first n
that are right; recall the share of what was spoilt that is among the first 2 n.

B windows, K kinds of edit, T steps, P pitches.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from trivium.music.arcnn.corruption import TEST_SEED, TEST_SHARES, Batch, Window, batch_of, corrupted_by, windows_of
from trivium.music.arcnn.grid import KINDS, PITCHES, WINDOW, Sheet
from trivium.music.arcnn.network import EditNet, divergence

MOST_WINDOWS = 48  # of the held-out pieces, spread evenly
BATCH_WINDOWS = 16


def held_out_windows(pieces: list[Sheet]) -> list[Window]:
    """Windows of the held-out pieces, spread evenly where there are many."""
    windows = [window for piece in pieces for window in windows_of(piece) if len(window.notes)]
    chosen = np.linspace(0, len(windows) - 1, min(MOST_WINDOWS, len(windows))).astype(int)
    return [windows[i] for i in chosen]


def held_out_batches(pieces: list[Sheet]) -> dict[int, Batch]:
    """The held-out windows, spoilt by each share."""
    windows = held_out_windows(pieces)
    return {percent: corrupted_batch(windows, percent) for percent in TEST_SHARES}


def corrupted_batch(windows: list[Window], percent: int) -> Batch:
    """The windows, this share of each one's notes spoilt."""
    rng = np.random.default_rng([TEST_SEED, percent])
    return batch_of(windows, [corrupted_by(window, percent, rng) for window in windows])


def mending(network: EditNet, batches: dict[int, Batch], device: str = "cpu",
            stopped: Callable[[], bool] = lambda: False) -> dict[str, float] | None:
    """{"xor_cross_entropy", "edit_precision/5", "edit_recall/5", ...}; None where it was stopped half-way."""
    network.eval()
    found: dict[str, float] = {}
    entropies = []
    for percent, batch in batches.items():
        rows = []
        for first in range(0, len(batch.planes), BATCH_WINDOWS):
            if stopped():
                return None
            rows.append(mended(network, batch, slice(first, first + BATCH_WINDOWS), device))
        entropy, precision, recall = torch.cat(rows, dim=1).mean(dim=1).tolist()
        entropies.append(entropy)
        found |= {f"edit_precision/{percent}": precision, f"edit_recall/{percent}": recall}
    return {"xor_cross_entropy": sum(entropies) / len(entropies), **found}


def uniform() -> float:
    """The cross-entropy of knowing nothing: every edit of a window equally likely."""
    return math.log(KINDS * WINDOW * PITCHES)


@torch.inference_mode()
def mended(network: EditNet, batch: Batch, rows: slice, device: str) -> Tensor:
    """(3, B): cross-entropy with the uniform distribution over what was spoilt, precision, recall."""
    target = torch.from_numpy(batch.target[rows]).to(device)
    logits = network(torch.from_numpy(batch.planes[rows]).to(device), torch.from_numpy(batch.bars[rows]).to(device))
    count = target.flatten(1).sum(dim=1)
    entropy = divergence(logits, target)[0] + count.clamp(min=1).log()
    ranked = target.flatten(1).gather(1, logits.flatten(1).topk(2 * int(count.max()), dim=1).indices)
    place = torch.arange(ranked.shape[1], device=device)
    first = (ranked & (place < count[:, None])).sum(dim=1) / count
    twice = (ranked & (place < 2 * count[:, None])).sum(dim=1) / count
    return torch.stack([entropy, first, twice]).cpu()
