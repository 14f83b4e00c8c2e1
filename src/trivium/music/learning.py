"""What the training loops of the techniques share."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Protocol, TypeVar

import torch

from trivium.core.learning import Arrays, tensors_of
from trivium.core.run import Run
from trivium.music.config import TrainConfig


@dataclass
class Counters:
    """Where a training stands."""

    update: int = 0
    evaluated: int = 0  # the update of the newest evaluation
    best: float | None = None


Standing = TypeVar("Standing", bound=Counters)


class Learner(Protocol):
    """What a training loop learns with."""

    def tensors(self) -> Arrays:
        """Everything learned or remembered, copied, by name."""

    def restore(self, tensors: Arrays) -> None:
        """Take what `tensors` returned."""

    def begin_with(self, parent: dict[str, torch.Tensor]) -> None:
        """Take the weights, and nothing else, of what another training's `tensors` returned."""


def capture(learner: Learner, now: Counters) -> tuple[Arrays, dict[str, Any]]:
    """Everything from which the training continues exactly: what a checkpoint holds."""
    return learner.tensors(), {"counters": asdict(now)}


def restore(run: Run, learner: Learner, counters: type[Standing]) -> Standing:
    """Go on from the last checkpoint; or start a clone with its parent's weights; or from nothing."""
    checkpoint = run.load_last()
    if checkpoint is not None:
        learner.restore(checkpoint.tensors)
        return counters(**checkpoint.state["counters"])
    start = run.load_start()
    if start is not None:
        learner.begin_with(tensors_of(start.tensors))
    return counters()


def is_late(config: TrainConfig, run: Run, update: int) -> bool:
    """Whether the time limit is over. One update is always done, so that no training ends without a model."""
    return config.max_minutes is not None and update > 0 and run.elapsed_s >= 60.0 * config.max_minutes
