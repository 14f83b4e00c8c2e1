"""Trained GANs: how a training is bundled. A network is made of one in `compose.py`.

A model's card says, beside its settings, what the technique must know of the music that it has learned from: its
tracks, how many notes of each may sound at once, on which grid notes begin, and the range of its melodies.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from trivium.core import files
from trivium.core.run import Run
from trivium.music.deploy import write_bundle
from trivium.music.models import Family

if TYPE_CHECKING:
    from trivium.music.config import TrainConfig

FACTS = "facts.json"  # in RUN/out


def facts_of(training: Path) -> dict[str, Any]:
    """What a training has found out about its music."""
    return {"facts": files.read_json(training / files.OUT / FACTS)}


FAMILY = Family("gan", "a GAN", facts_of)
find_model = FAMILY.find


def bundle(config: TrainConfig, run: Run, data: dict[str, Any]) -> Path:
    """Write the best checkpoint as RUN/model and return its card's path."""
    return write_bundle(config, run, data, "style_distance/valid", {
        "Description": "Writes up to three accompaniment tracks to a melody; WGAN-GP, a U-Net, {step} updates.",
        "Inputs": "2 bars in sixteenths, 64 pitches: a melody, what is written of its accompaniment, and noise",
        "Outputs": "what sounds and what begins in each of the three tracks",
        "Loss": "the critic's judgement: the Wasserstein distance of written and real accompaniments",
        **facts_of(run.folder)})
