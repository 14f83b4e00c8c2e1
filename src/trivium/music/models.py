"""Trained models, as they are found on disk: in a training's checkpoints, or bundled beside their card.

The networks are in modules of their own: `transformer.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from trivium.core import checkpoint, files
from trivium.core.runfolder import run_folder
from trivium.core.spec import read_spec
from trivium.core.studio import parse_config
from trivium.errors import BadConfig, BadFile, NotFound
from trivium.music.config import TransformerConfig
from trivium.music.data import CARD
from trivium.music.transformer import ChoraleTransformer

WEIGHTS, MODEL_CARD = "weights.safetensors", "model.json"
AVERAGE = "average."  # the averaged weights among a checkpoint's tensors


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


def averaged(tensors: dict[str, np.ndarray[Any, Any]]) -> dict[str, np.ndarray[Any, Any]]:
    """The averaged weights of a checkpoint."""
    return {name.removeprefix(AVERAGE): array for name, array in tensors.items() if name.startswith(AVERAGE)}


def from_run(folder: Path | str) -> Trained:
    """The best checkpoint of a Transformer's training."""
    training = run_folder(folder)
    spec = read_spec(training)
    if (spec.studio, spec.kind, spec.config.get("technique")) != ("music", "train", "transformer"):
        raise BadConfig("This run has trained no Transformer.",
                        "Train one with: trivium music train --technique transformer")
    found = checkpoint.load_best(training / files.CHECKPOINTS)
    if found is None:
        raise NotFound(f"'{spec.name}' has no saved model yet.", "Let it train until its first evaluation is done.")
    assert spec.config_type is not None
    config: Any = parse_config(spec.config_type, spec.config)
    card = files.read_json(training / files.INPUTS / CARD)
    return Trained(build(config.transformer, bool(card["with_hold"]), averaged(found.tensors)), card, found.step)


def from_bundle(folder: Path) -> Trained:
    """A model that lies beside its card, as `deploy.bundle` wrote it."""
    from safetensors.numpy import load

    card = files.read_json(folder / MODEL_CARD)
    try:
        content = (folder / WEIGHTS).read_bytes()
        if files.sha256_bytes(content) != card["files"][WEIGHTS]:
            raise ValueError(WEIGHTS)
        settings = TransformerConfig.model_validate(card["config"]["transformer"])
        return Trained(build(settings, bool(card["with_hold"]), load(content)), card["data"], int(card["step"]))
    except (OSError, ValueError, KeyError, TypeError):
        raise BadFile(f"The model in {folder.name} is damaged.", "Take it from its training again.") from None
