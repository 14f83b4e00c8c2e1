"""Trained AR-CNN models: how a training is bundled. A network is made of one in `compose.py`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from trivium.core.run import Run
from trivium.music.deploy import write_bundle
from trivium.music.models import Family

if TYPE_CHECKING:
    from trivium.music.config import TrainConfig

FAMILY = Family("arcnn", "an AR-CNN")
find_model = FAMILY.find


def bundle(config: TrainConfig, run: Run, data: dict[str, Any], measured: dict[str, float]) -> Path:
    """Write the best checkpoint as RUN/model, with what was `measured` on it, and return its card's path."""
    return write_bundle(config, run, data, "xor_cross_entropy/valid", measured | {
        "Description": "Adds and removes notes until a melody is a piece; AR-CNN, a U-Net, {step} updates.",
        "Inputs": "8 bars in sixteenths, 64 pitches: where notes begin, where they go on, where bars begin",
        "Outputs": "one probability for every edit: remove a note, or put one of eight lengths somewhere",
        "Loss": "KL divergence from the uniform distribution over the edits that mend a spoilt piece"})
