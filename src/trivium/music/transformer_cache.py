"""The Transformer step by step: keys and values of what was read are kept, so a new cell costs the same however long the
piece is. Says exactly what the whole network says (tested).

Several pieces can be written side by side (particles); `choose` makes them copies of some of them.
P particles, T steps read so far, L capacity, D width.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from trivium.music.tokens import CELL_ROWS, MEMORY_ROWS, STEP_ROWS, Bools, Ints, Past
from trivium.music.transformer import ChoraleTransformer, angles, norm


class Memory:
    """Keys and values of one attention layer, (P, H, L, D / H), filled from the left."""

    def __init__(self, shape: tuple[int, int, int, int]) -> None:
        self.keys, self.values, self.filled = torch.zeros(shape), torch.zeros(shape), 0

    def add(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Append (P, H, N, D / H); all that is there now."""
        end = self.filled + keys.shape[2]
        self.keys[:, :, self.filled:end], self.values[:, :, self.filled:end] = keys, values
        self.filled = end
        return self.keys[:, :, :end], self.values[:, :, :end]

    def choose(self, particles: Tensor) -> None:
        """Keep copies of the particles with these numbers."""
        self.keys[:, :, :self.filled] = self.keys[particles, :, :self.filled]
        self.values[:, :, :self.filled] = self.values[particles, :, :self.filled]


