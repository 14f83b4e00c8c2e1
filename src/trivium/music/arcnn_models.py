"""Trained AR-CNN models: as a training leaves them, as they are bundled, and the one in the package.

This module is light, because the server finds models for people; a network is made of one in `arcnn_compose.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from trivium.core import files
from trivium.core.run import Run
from trivium.core.runfolder import display_name, find_run
from trivium.errors import NotFound
from trivium.music.deploy import MODEL_CARD, averaged, write_bundle
from trivium.music.models import best_of, read_bundle
from trivium.music.techniques import Model

if TYPE_CHECKING:
    from trivium.music.config import TrainConfig

DEFAULT = Path(__file__).parent / "trained" / "arcnn"
DEFAULT_ID = "arcnn-default"
HINT = "Train one: trivium music train --technique arcnn --data YOUR_MUSIC --out run-m"


def find_model(data: Path, wanted: str | None) -> Model:
    """The model that a person names: a folder, a run by id or name; left out, the one in the package."""
    if wanted is None or wanted == DEFAULT_ID:
        if not (DEFAULT / MODEL_CARD).is_file():
            raise NotFound("This installation has no AR-CNN model of its own.", HINT)
        return from_bundle(DEFAULT, DEFAULT_ID)
    folder = Path(wanted)
    if (folder / MODEL_CARD).is_file() and not (folder / files.SPEC).is_file():
        return from_bundle(folder, folder.name)
    return from_run(find_run(data, wanted))


def from_run(training: Path) -> Model:
    """The best checkpoint of a training."""
    spec, found = best_of(training, "arcnn", "an AR-CNN")
    from safetensors.numpy import save as to_safetensors

    card = {"technique": "arcnn", "run": spec.id, "step": found.step, "config": spec.config}
    return Model(display_name(training, spec.name), to_safetensors(averaged(found.tensors)), card)


def from_bundle(folder: Path, name: str) -> Model:
    """A model that lies beside its card."""
    card, weights = read_bundle(folder)
    return Model(name, weights, card)


def bundle(config: TrainConfig, run: Run, data: dict[str, Any]) -> Path:
    """Write the best checkpoint as RUN/model and return its card's path."""
    return write_bundle(config, run, data, "xor_cross_entropy/valid", {
        "Description": "Adds and removes notes until a melody is a piece; AR-CNN, a U-Net, {step} updates.",
        "Inputs": "8 bars in sixteenths, 64 pitches: where notes begin, where they go on, where bars begin",
        "Outputs": "one probability for every edit: remove a note, or put one of eight lengths somewhere",
        "Loss": "KL divergence from the uniform distribution over the edits that mend a spoilt piece"})
