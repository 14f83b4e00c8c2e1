"""Trained Transformers: as a training leaves them, and as they are bundled beside their card."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from trivium.core import files
from trivium.core.run import Run
from trivium.core.runfolder import run_folder
from trivium.core.studio import parse_config
from trivium.errors import BadFile
from trivium.music.config import TrainConfig, TransformerConfig
from trivium.music.data import CARD
from trivium.music.deploy import averaged, write_bundle
from trivium.music.models import best_of, damaged, read_bundle
from trivium.music.transformer import ChoraleTransformer


@dataclass(frozen=True)
class Trained:
    """A network ready for work, and what it learned from."""

    network: ChoraleTransformer
    data: dict[str, Any]
    step: int


def build(settings: TransformerConfig, with_hold: bool, weights: dict[str, np.ndarray[Any, Any]]) -> ChoraleTransformer:
    """The network with these weights; BadFile if they do not fit."""
    network = ChoraleTransformer(settings, with_hold)
    try:
        network.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    except RuntimeError:
        raise BadFile("The model's weights do not fit its settings.", "Take both from the same run.") from None
    return network.requires_grad_(False).eval()


def from_run(folder: Path | str) -> Trained:
    """The best checkpoint of a Transformer's training."""
    training = run_folder(folder)
    spec, found = best_of(training, "transformer", "a Transformer")
    assert spec.config_type is not None
    config: Any = parse_config(spec.config_type, spec.config)
    card = files.read_json(training / files.INPUTS / CARD)
    return Trained(build(config.transformer, bool(card["with_hold"]), averaged(found.tensors)), card, found.step)


def from_bundle(folder: Path) -> Trained:
    """A model that lies beside its card, as `deploy.write_bundle` wrote it."""
    from safetensors.numpy import load

    card, weights = read_bundle(folder)
    try:
        settings = TransformerConfig.model_validate(card["config"]["transformer"])
        return Trained(build(settings, bool(card["with_hold"]), load(weights)), card["data"], int(card["step"]))
    except (ValueError, KeyError, TypeError):
        raise damaged(folder) from None


def bundle(config: TrainConfig, run: Run, data: dict[str, Any], with_hold: bool) -> Path:
    """Write the best checkpoint as RUN/model and return its card's path."""
    return write_bundle(config, run, data, "nats_per_note/valid", {
        "Description": "Writes four-part music, one cell after the other; a Transformer, {step} updates.",
        "Inputs": "cells (T, 4) of soprano, alto, tenor and bass in sixteenths: MIDI pitch 36..81 or silence",
        "Outputs": "probabilities of the next cell's pitch, silence" + (" or hold" if with_hold else ""),
        "Loss": "cross-entropy, nats per note", "with_hold": with_hold})
