"""Trained models, whichever technique they are of: found where a training left them, read and checked.

A model is a folder with weights.safetensors and model.json, its card. Weights hold numbers only and cannot run code.
What a technique makes of them stands in `arcnn_models.py`, `transformer_models.py`, and so on; how they are written, in
`deploy.py`. This module is light, because the server finds models for people.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trivium.core import checkpoint, files
from trivium.core.checkpoint import Checkpoint
from trivium.core.runfolder import display_name
from trivium.core.spec import Spec, read_spec
from trivium.errors import BadConfig, BadFile, NotFound
from trivium.music.deploy import MODEL_CARD, WEIGHTS


def best_of(training: Path, technique: str, title: str) -> tuple[Spec, Checkpoint]:
    """A training's spec and its best checkpoint.

    title: the technique with its article, as in "an AR-CNN".

    Raises:
        BadConfig: the run trained something else.
        NotFound: it has saved nothing yet.
    """
    spec = read_spec(training)
    name = display_name(training, spec.name)
    if (spec.studio, spec.kind, spec.config.get("technique")) != ("music", "train", technique):
        raise BadConfig(f"'{name}' is no training of {title}.",
                        f"Train one: trivium music train --technique {technique} --data YOUR_MUSIC --out run-m")
    found = checkpoint.load_best(training / files.CHECKPOINTS)
    if found is None:
        raise NotFound(f"'{name}' has no saved model yet.", "Let it train until its first evaluation is done.")
    return spec, found


def read_bundle(folder: Path) -> tuple[dict[str, Any], bytes]:
    """The card and the weights of a model that lies beside its card; BadFile if they are not those it was made of."""
    card = files.read_json(folder / MODEL_CARD)
    weights = files.read_file(folder / WEIGHTS)
    try:
        whole = files.sha256_bytes(weights) == card["files"][WEIGHTS]
    except (KeyError, TypeError):
        whole = False
    if not whole:
        raise damaged(folder)
    return card, weights


def damaged(folder: Path) -> BadFile:
    """What to raise where a model's files do not belong together."""
    return BadFile(f"The model in {folder.name} is damaged.", "Take it from its training again.")
