"""Put a trained model where it is taken from: RUN/model with its weights and its card, whichever technique it is of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import trivium
from trivium.core import files
from trivium.core.run import Run

if TYPE_CHECKING:
    import numpy as np

    from trivium.music.config import TrainConfig

WEIGHTS, MODEL_CARD = "weights.safetensors", "model.json"
AVERAGE = "average."  # the averaged weights among a checkpoint's tensors


def averaged(tensors: dict[str, np.ndarray[Any, Any]]) -> dict[str, np.ndarray[Any, Any]]:
    """The averaged weights of a checkpoint."""
    return {name.removeprefix(AVERAGE): array for name, array in tensors.items() if name.startswith(AVERAGE)}


def write_bundle(config: TrainConfig, run: Run, data: dict[str, Any], metric: str, facts: dict[str, Any]) -> Path:
    """Write the best checkpoint's averaged weights and their card; returns the card's path.

    metric: what the checkpoint was chosen by; facts: what the technique says of its models, with {step} in the
    description.
    """
    from safetensors.numpy import save

    best = run.load_best()
    assert best is not None, "called after the first checkpoint"
    weights = save(averaged(best.tensors))
    files.atomic_write(run.model(WEIGHTS), weights)
    card = {
        **facts, "Description": facts["Description"].format(step=best.step), metric: best.best,
        "technique": config.technique, "data": data, "step": best.step, "seed": run.seed, "run": run.spec.id,
        "config": config.model_dump(mode="json", include={"technique", config.technique}),
        "trivium": trivium.__version__,
        "Source and licence": "Trained by the owner of this run; theirs to license, as far as the music it learned "
                              "from allows.",
        "files": {WEIGHTS: files.sha256_bytes(weights)},
    }
    path = run.model(MODEL_CARD)
    files.atomic_write(path, json.dumps(card, indent=1, ensure_ascii=False))
    return path
