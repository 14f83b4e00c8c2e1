"""Put a trained model into the package: as its technique's first one, or as one more of another style.

    trivium music data --bach --out bach
    trivium music train --technique transformer --data bach --seed 1 --threads 1 --out run-t
    python -m trivium.music.ship run-t "Bach's chorales"

    trivium music data --quartets --out quartets
    trivium music train --technique gan --data quartets --seed 1 --threads 1 --out run-q
    python -m trivium.music.ship run-q "String quartets" quartets

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


def ship(run: Path, style: str, name: str | None = None) -> Path:
    """Copy RUN/model to the package; returns the card's path.

    `style` says what it has learned from; `name` tells it from the technique's first model and ends its id.
    """
    model = from_bundle(run / files.MODEL, run.name)
    technique = str(model.card["technique"])
    folder = models.TRAINED / (f"{technique}-{name}" if name else technique)
    half = save({name: array.astype(np.float16) if array.dtype == np.float32 else array
                 for name, array in load(model.weights).items()})
    folder.mkdir(parents=True, exist_ok=True)
    card = {**model.card, "style": style, "Source and licence": LICENCE, "files": {WEIGHTS: files.sha256_bytes(half)}}
    files.atomic_write(folder / WEIGHTS, half)
    files.atomic_write(folder / MODEL_CARD, json.dumps(card, indent=1, ensure_ascii=False) + "\n")
    return folder / MODEL_CARD


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit("usage: python -m trivium.music.ship RUN_FOLDER STYLE [NAME]")
    try:
        print(ship(Path(sys.argv[1]), *sys.argv[2:]))
    except StudioError as error:
        sys.exit(str(error))
