"""Put the trained model where it is taken from: RUN/model with its weights and its card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import trivium
from trivium.core import files
from trivium.core.run import Run
from trivium.music.config import TrainConfig
from trivium.music.models import MODEL_CARD, WEIGHTS, averaged


def bundle(config: TrainConfig, run: Run, data: dict[str, Any], with_hold: bool) -> Path:
    """Write the best checkpoint as RUN/model and return its card's path."""
    from safetensors.numpy import save

    best = run.load_best()
    assert best is not None, "bundle is called after the first checkpoint"
    weights = save(averaged(best.tensors))
    files.atomic_write(run.model(WEIGHTS), weights)
    card = {
        "Description": f"Writes four-part music, one cell after the other; a Transformer, {best.step} updates.",
        "Inputs": "cells (T, 4) of soprano, alto, tenor and bass in sixteenths: MIDI pitch 36..81 or silence",
        "Outputs": "probabilities of the next cell's pitch, silence" + (" or hold" if with_hold else ""),
        "Loss": "cross-entropy, nats per note", "nats_per_note/valid": best.best, "technique": config.technique,
        "with_hold": with_hold, "data": data, "step": best.step, "seed": run.seed, "run": run.spec.id,
        "config": config.model_dump(mode="json"), "trivium": trivium.__version__,
        "Source and licence": "Trained by the owner of this run; theirs to license, as far as the music it learned "
                              "from allows.",
        "files": {WEIGHTS: files.sha256_bytes(weights)},
    }
    path = run.model(MODEL_CARD)
    files.atomic_write(path, json.dumps(card, indent=1, ensure_ascii=False))
    return path
