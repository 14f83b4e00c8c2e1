"""A network ready for work out of a trained Transformer, wherever its files lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load as from_safetensors

from trivium.core.runfolder import run_folder
from trivium.errors import BadFile
from trivium.music.config import TransformerConfig
from trivium.music.models import from_bundle as model_of_bundle
from trivium.music.techniques import Model
from trivium.music.transformer.models import FAMILY
from trivium.music.transformer.network import ChoraleTransformer


@dataclass(frozen=True)
class Trained:
    """A network ready for work, and what it learned from."""

    network: ChoraleTransformer
    data: dict[str, Any]
    step: int


def opened(model: Model) -> Trained:
    """The network of a model; BadFile if weights and settings do not fit."""
    try:
        weights = from_safetensors(model.weights)  # half precision in the package, single from a training
        network = build(TransformerConfig.model_validate(model.card["config"]["transformer"]),
                        bool(model.card["with_hold"]), weights)
        return Trained(network, model.card["data"], int(model.card["step"]))
    except (RuntimeError, ValueError, KeyError, TypeError, SafetensorError):
        raise BadFile(f"The model '{model.name}' is damaged.", "Take it from its training again.") from None


def build(settings: TransformerConfig, with_hold: bool, weights: dict[str, np.ndarray[Any, Any]]) -> ChoraleTransformer:
    """The network with these weights."""
    network = ChoraleTransformer(settings, with_hold)
    network.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    return network.requires_grad_(False).eval()


def from_run(folder: Path | str) -> Trained:
    """The best checkpoint of a Transformer's training."""
    return opened(FAMILY.of_run(run_folder(folder)))


def from_bundle(folder: Path) -> Trained:
    """A model that lies beside its card, as `deploy.write_bundle` wrote it."""
    return opened(model_of_bundle(folder, folder.name))
