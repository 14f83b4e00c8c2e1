"""Nats per note: how surprised a model is by music that it has not seen.

-(sum of log p) / (4 x steps), over all cells of all pieces, silence scored like any class; each piece is read whole and
alone, every cell given the true earlier cells of its piece and nothing else. Of tunes the sum is divided by their steps
alone, so that cells which are always silent make no figure look better.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from trivium.music.transformer.batch import batch_of
from trivium.music.transformer.network import ChoraleTransformer
from trivium.music.transformer.tokens import PITCHES, SILENCE, Bools, Ints, Piece, V

KEYS = range(-6, 7)  # semitones


@torch.no_grad()
def log_probabilities(network: ChoraleTransformer, piece: Piece) -> Tensor:
    """log p of every class of every cell given the true past, (T, V, C)."""
    network.eval()
    device = next(network.parameters()).device
    return F.log_softmax(network(batch_of([piece], network.with_hold).to(str(device)))[0].double(), dim=-1).cpu()


def of_target(logp: Tensor, piece: Piece, network: ChoraleTransformer) -> Tensor:
    """log p of what was sung, (T, V)."""
    target = batch_of([piece], network.with_hold).target[0]
    return logp.gather(-1, target[..., None]).squeeze(-1)


def likelihood(network: ChoraleTransformer, pieces: Sequence[Piece],
               stopped: Callable[[], bool] = lambda: False, voices: int = V) -> float | None:
    """Nats per note of so many singing voices, in a single pass; None where it was stopped on the way."""
    return nats_per_note(network, pieces, lambda piece: log_probabilities(network, piece), stopped, voices)


def averaged_likelihood(network: ChoraleTransformer, pieces: Sequence[Piece], lowest: Ints, highest: Ints,
                        stopped: Callable[[], bool] = lambda: False) -> float | None:
    """Nats per note when each cell's probabilities are averaged over the keys of KEYS."""
    return nats_per_note(network, pieces, lambda piece: averaged(network, piece, lowest, highest), stopped, V)


def nats_per_note(network: ChoraleTransformer, pieces: Sequence[Piece], read: Callable[[Piece], Tensor],
                  stopped: Callable[[], bool], voices: int) -> float | None:
    """The mean over the cells of `voices` voices; `read` gives log p of every class of every cell, (T, V, C)."""
    nats, cells = 0.0, 0
    for piece in pieces:
        if stopped():
            return None
        nats -= float(of_target(read(piece), piece, network).sum())
        cells += voices * len(piece)
    return nats / cells


def averaged(network: ChoraleTransformer, piece: Piece, lowest: Ints, highest: Ints) -> Tensor:
    """log of the mean over keys of p, (T, V, C).

    Still a likelihood. In each key the probabilities of the classes that have a name in the piece's own key are made
    to sum to one, so their mean does. A key counts until some voice has left the range (`lowest` to `highest`, (V,))
    that it has in the training pieces; that is decided by earlier steps alone, so nothing is known of the future.
    """
    total = torch.zeros(len(piece), V, network.classes, dtype=torch.float64)
    keys = torch.zeros(len(piece), 1, 1, dtype=torch.float64)
    for semitones in KEYS:
        counts = torch.from_numpy(in_range_before(piece, semitones, lowest, highest))[:, None, None]
        moved = piece.transposed(semitones, clip=True)
        p = renamed(log_probabilities(network, moved).exp(), semitones)
        total += torch.where(counts, p, 0.0)
        keys += counts
    return (total / keys).log()


def in_range_before(piece: Piece, semitones: int, lowest: Ints, highest: Ints) -> Bools:
    """Whether all cells before each step keep within the voices' ranges in that key, (T,); its own key always does."""
    if semitones == 0:
        return np.ones(len(piece), dtype=bool)
    moved = piece.sounding + semitones
    fits = ((piece.sounding == SILENCE) | ((moved >= lowest) & (moved <= highest))).all(axis=1)
    return np.concatenate([[True], np.logical_and.accumulate(fits)[:-1]])


def renamed(p: Tensor, semitones: int) -> Tensor:
    """Probabilities said of a piece moved by so many semitones, (T, V, C), as said of the piece itself."""
    own = torch.zeros_like(p)
    own[..., PITCHES:] = p[..., PITCHES:]
    low, high = max(0, -semitones), min(PITCHES, PITCHES - semitones)
    own[..., low:high] = p[..., low + semitones:high + semitones]
    return own / own.sum(dim=-1, keepdim=True)
