"""Muon: momentum whose every step is made orthogonal, so that all directions of a matrix are learned at one pace.

For matrices inside a network only; tables, biases and outputs go with Adam. K. Jordan et al., "Muon: an optimizer for
hidden layers in neural networks" (2024). torch has one too, but computes in bfloat16, which CPUs do slowly.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

MOMENTUM = 0.95
NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)  # the published coefficients: fast, to within some 30 % of orthogonal


def orthogonal(matrix: Tensor, rounds: int = 5) -> Tensor:
    """U V' of the singular value decomposition U S V', roughly, by Newton-Schulz iteration."""
    a, b, c = NEWTON_SCHULZ
    tall = matrix.shape[0] > matrix.shape[1]
    x: Tensor = (matrix.T if tall else matrix) / (matrix.norm() + 1e-7)
    for _ in range(rounds):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return x.T if tall else x


class Muon:
    """Learns the given matrices; `momentum` belongs into a checkpoint."""

    def __init__(self, matrices: Mapping[str, torch.nn.Parameter], weight_decay: float) -> None:
        self.matrices = dict(matrices)
        self.weight_decay = weight_decay
        self.momentum = {name: torch.zeros_like(matrix) for name, matrix in self.matrices.items()}

    @torch.no_grad()
    def step(self, lr: float, decay_lr: float) -> None:
        """One update; `decay_lr` scales the weight decay, as the learning rate of AdamW does."""
        for name, matrix in self.matrices.items():
            if matrix.grad is None:
                continue
            held = self.momentum[name].lerp_(matrix.grad, 1.0 - MOMENTUM)
            step = orthogonal(matrix.grad.lerp(held, MOMENTUM))  # Nesterov's look ahead
            scale = max(1.0, matrix.shape[0] / matrix.shape[1]) ** 0.5
            matrix.mul_(1.0 - decay_lr * self.weight_decay).add_(step, alpha=-lr * scale)
