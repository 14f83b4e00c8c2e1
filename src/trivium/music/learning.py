"""What the training loops of the techniques share."""

from __future__ import annotations

import math

import torch

from trivium.core.run import Run
from trivium.music.config import TrainConfig


def part(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    """Those whose name begins so, without that beginning."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def rate(update: int, last: int, warm_up: int) -> float:
    """Share of the highest learning rate: up in a line, then down along a half cosine (arXiv 1608.03983)."""
    return min(1.0, (update + 1) / warm_up) * (0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * update / last)))


def is_late(config: TrainConfig, run: Run, update: int) -> bool:
    """Whether the time limit is over. One update is always done, so that no training ends without a model."""
    return config.max_minutes is not None and update > 0 and run.elapsed_s >= 60.0 * config.max_minutes
