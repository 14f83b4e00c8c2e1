"""Small four-part pieces of our own, made by rule, and tiny networks."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from trivium.music.config import TransformerConfig
from trivium.music.transformer.network import ChoraleTransformer
from trivium.music.transformer.tokens import Ints, Piece

SCALE = np.array([0, 2, 4, 5, 7, 9, 11])
TINY = TransformerConfig(width=32, head_width=8, step_layers=2, dropout=0.0, epochs=3, batch_pieces=4)


def chorale(seed: int, beats: int = 12) -> Ints:
    """A soprano that walks up and down a scale in quarters, a third, a sixth and a tenth above the others; classes."""
    rng = np.random.default_rng(seed)
    key, degree, rows = rng.integers(-3, 4), 14 + rng.integers(0, 3), []
    for _ in range(beats):
        degree = int(np.clip(degree + rng.choice([-1, 0, 1]), 11, 18))
        chord = [SCALE[(degree - below) % 7] + 12 * ((degree - below) // 7) for below in (0, 2, 5, 9)]
        rows += [[pitch + key + 8 for pitch in chord]] * 4
    return np.array(rows, dtype=np.int64)


def chorale_with_rests(seed: int, beats: int = 12) -> Ints:
    """The same with a silent voice here and there."""
    piece = chorale(seed, beats)
    rng = np.random.default_rng(seed)
    for _ in range(3):
        start, voice = rng.integers(0, len(piece) - 4), rng.integers(0, 4)
        piece[start:start + 4, voice] = 46
    return piece


def tiny(with_hold: bool = False, **settings: object) -> ChoraleTransformer:
    """A network whose every weight is random, so that everything it is told matters."""
    torch.manual_seed(3)
    network = ChoraleTransformer(TINY.model_copy(update=settings), with_hold)
    with torch.no_grad():
        for parameter in network.parameters():
            if not parameter.any():
                parameter.normal_(std=0.2)
    return network.eval()


@pytest.fixture
def pieces() -> list[Piece]:
    """Six different pieces of different lengths."""
    return [Piece.of(chorale_with_rests(seed, 6 + seed)) for seed in range(6)]
