"""Put a trained AR-CNN into the package as its default model.

    trivium music data --bach --out bach
    trivium music train --technique arcnn --data bach --seed 1 --threads 2 --out run-arcnn
    python -m trivium.music.arcnn_ship run-arcnn

Weights are kept in half precision, which is half the size. A model that has learned from music21's Bach is never scored
on the JSB benchmark: most of that benchmark's test pieces are the same works.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load, save

from trivium.core import files
from trivium.errors import StudioError
from trivium.music.arcnn_models import DEFAULT, from_bundle
from trivium.music.deploy import MODEL_CARD, WEIGHTS

LICENCE = "Trained by the Trivium project; Apache-2.0, like Trivium."


def ship(run: Path, target: Path = DEFAULT) -> Path:
    """Copy RUN/model to the package; returns the card's path."""
    model = from_bundle(run / files.MODEL, run.name)
    half = save({name: array.astype(np.float16) if array.dtype == np.float32 else array
                 for name, array in load(model.weights).items()})
    target.mkdir(parents=True, exist_ok=True)
    card = {**model.card, "Source and licence": LICENCE, "files": {WEIGHTS: files.sha256_bytes(half)}}
    files.atomic_write(target / WEIGHTS, half)
    files.atomic_write(target / MODEL_CARD, json.dumps(card, indent=1, ensure_ascii=False) + "\n")
    return target / MODEL_CARD


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m trivium.music.arcnn_ship RUN_FOLDER")
    try:
        print(ship(Path(sys.argv[1])))
    except StudioError as error:
        sys.exit(str(error))
