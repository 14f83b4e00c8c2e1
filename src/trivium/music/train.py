"""Train a model of the music studio: each technique has a loop of its own, found by its name.

    trivium music train --technique transformer --data my_music/ --out run-m
"""

from __future__ import annotations

import importlib
from types import ModuleType

from trivium.core.run import Run
from trivium.music.config import TrainConfig

LOOPS = {"transformer": "trivium.music.transformer.train",
         "arcnn": "trivium.music.arcnn.train",
         "gan": "trivium.music.gan.train"}  # technique -> module with prepare and train


def prepare(config: TrainConfig, run: Run) -> None:
    """Load everything while the run may still read files outside its folder."""
    loop(config).prepare(config, run)


def train(config: TrainConfig, run: Run) -> None:
    """Train until a stop condition holds or somebody stops it. Ends with the model in RUN/model."""
    loop(config).train(config, run)


def loop(config: TrainConfig) -> ModuleType:
    """The module of the technique."""
    return importlib.import_module(LOOPS[config.technique])
