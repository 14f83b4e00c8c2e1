"""Put a trained model into the package as its technique's default one.

    trivium music data --bach --out bach
    trivium music train --technique transformer --data bach --seed 1 --threads 1 --out run-t
    python -m trivium.music.ship run-t

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
from trivium.music import models
from trivium.music.deploy import MODEL_CARD, WEIGHTS
from trivium.music.models import from_bundle

LICENCE = "Trained by the Trivium project; Apache-2.0, like Trivium."


def ship(run: Path, target: Path | None = None) -> Path:
    """Copy RUN/model to the package; returns the card's path."""
    model = from_bundle(run / files.MODEL, run.name)
    folder = target or models.TRAINED / str(model.card["technique"])
    half = save({name: array.astype(np.float16) if array.dtype == np.float32 else array
                 for name, array in load(model.weights).items()})
    folder.mkdir(parents=True, exist_ok=True)
    card = {**model.card, "Source and licence": LICENCE, "files": {WEIGHTS: files.sha256_bytes(half)}}
    files.atomic_write(folder / WEIGHTS, half)
    files.atomic_write(folder / MODEL_CARD, json.dumps(card, indent=1, ensure_ascii=False) + "\n")
    return folder / MODEL_CARD


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m trivium.music.ship RUN_FOLDER")
    try:
        print(ship(Path(sys.argv[1])))
    except StudioError as error:
        sys.exit(str(error))
