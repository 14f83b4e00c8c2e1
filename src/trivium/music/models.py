"""Trained models, whichever technique they are of: found where a training left them, read and checked.

A model is a folder with weights.safetensors and model.json, its card. Weights hold numbers only and cannot run code.
What a technique makes of them stands in `arcnn/models.py`, `transformer/models.py`, and so on; how they are written, in
`deploy.py`; how one gets into the package, in `ship.py`. This module is light, because the server finds models for
people.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trivium.core import checkpoint, files
from trivium.core.checkpoint import Checkpoint
from trivium.core.runfolder import display_name, find_run
from trivium.core.spec import Spec, read_spec
from trivium.errors import BadConfig, BadFile, NotFound
from trivium.music.deploy import MODEL_CARD, WEIGHTS, averaged
from trivium.music.techniques import Model

TRAINED = Path(__file__).parent / "trained"  # the models in the package, a folder each


@dataclass(frozen=True)
class Shipped:
    """A model in the package."""

    id: str
    style: str  # what it has learned from, such as "String quartets"
    folder: Path


def default_id(technique: str) -> str:
    """What the model is called that is taken where nobody says which."""
    return f"{technique}-default"


def shipped(technique: str) -> list[Shipped]:
    """The package's models of a technique, a style each, the one that is taken by itself first.

    They lie in trained/TECHNIQUE and trained/TECHNIQUE-STYLE.
    """
    found = []
    for folder in sorted(TRAINED.glob(f"{technique}*")):
        rest = folder.name.removeprefix(technique)
        if (folder / MODEL_CARD).is_file() and (not rest or rest.startswith("-")):
            style = files.read_json(folder / MODEL_CARD).get("style", "")
            found.append(Shipped(folder.name if rest else default_id(technique), str(style), folder))
    return found


def no_facts(_training: Path) -> dict[str, Any]:
    """What a card needs beside the settings: nothing."""
    return {}


@dataclass(frozen=True)
class Family:
    """The trained models of one technique."""

    technique: str
    title: str  # with its article, as in "an AR-CNN"
    facts: Callable[[Path], dict[str, Any]] = no_facts  # of a training: what its card needs beside the settings

    def find(self, data: Path, wanted: str | None) -> Model:
        """The model that a person names: one in the package, a folder, a run by id or name; left out, the package's
        first."""
        packaged = {each.id: each for each in shipped(self.technique)}
        if wanted is None or wanted == default_id(self.technique):
            if default_id(self.technique) not in packaged:
                raise NotFound(f"This installation has no model of its own for this technique: {self.technique}.",
                               f"Train one: trivium music train --technique {self.technique} --data YOUR_MUSIC "
                               "--out run-m")
            wanted = default_id(self.technique)
        if wanted in packaged:
            return from_bundle(packaged[wanted].folder, wanted)
        folder = Path(wanted)
        if (folder / MODEL_CARD).is_file() and not (folder / files.SPEC).is_file():
            return from_bundle(folder, folder.name)
        return self.of_run(find_run(data, wanted))

    def of_run(self, training: Path) -> Model:
        """The best checkpoint of a training."""
        spec, found = best_of(training, self.technique, self.title)
        from safetensors.numpy import save as to_safetensors

        card = {"technique": self.technique, "run": spec.id, "step": found.step, "config": spec.config,
                **self.facts(training)}
        return Model(display_name(training, spec.name), to_safetensors(averaged(found.tensors)), card)


def is_shipped(model: Model) -> bool:
    """Whether these are the weights of a model in the package, under whatever name: they stand there in half
    precision."""
    import numpy as np
    from safetensors.numpy import load

    theirs = load(model.weights)
    for each in shipped(str(model.card.get("technique"))):
        ours = load(files.read_file(each.folder / WEIGHTS))
        if ours.keys() == theirs.keys() and all(np.array_equal(array, theirs[name].astype(array.dtype))
                                                for name, array in ours.items()):
            return True
    return False


def from_bundle(folder: Path, name: str) -> Model:
    """A model that lies beside its card."""
    card, weights = read_bundle(folder)
    return Model(name, weights, card)


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
