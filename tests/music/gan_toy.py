"""Small music for the GAN's tests: the accompaniment is a fixed function of the melody, so it can be learned."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save

from trivium.core import files
from trivium.music.dataset.piece import GridPiece, composition_of
from trivium.music.dataset.sets import TrainingSet, content_hash
from trivium.music.gan.config import GanConfig
from trivium.music.gan.network import Generator
from trivium.music.notes import Composition

TINY = {"width": 16, "critic_width": 16, "noise": 2, "batch_clips": 4}
FACTS = {"tracks": [{"name": "High", "program": 48}, {"name": "Middle", "program": 24}, {"name": "Low", "program": 32}],
         "at_once": [1, 1, 1], "grid": 1, "melody_range": [60, 79]}


def followed(seed: int, bars: int = 4) -> GridPiece:
    """A melody in quarters, and the same notes a fourth, an octave, and an octave and a fourth below it."""
    rng = np.random.default_rng(seed)
    rows = [(4 * beat, 4, int(pitch) - below, voice, 80)
            for beat, pitch in enumerate(rng.integers(66, 78, 4 * bars)) for voice, below in enumerate((0, 5, 12, 17))]
    return GridPiece(np.array(rows, dtype=np.int32), title=f"Toy {seed}", is_four_part=True)


def toy_set(count: int, bars: int = 4) -> TrainingSet:
    """Many of them, every sixth held out."""
    pieces = [followed(seed, bars) for seed in range(count)]
    splits = ["valid" if number % 6 == 5 else "train" for number in range(count)]
    card = {"sha256": content_hash(pieces, splits), "pieces": [piece.facts() for piece in pieces], "warnings": []}
    return TrainingSet(pieces, splits, card)


def toy_piece(seed: int = 1, bars: int = 4) -> Composition:
    """One of them as a document, with its melody alone."""
    whole = composition_of(followed(seed, bars))
    return whole.model_copy(update={"parts": whole.parts[:1]})


def random_generator(seed: int = 4, **settings: object) -> Generator:
    """A network that has learned nothing, and writes much."""
    torch.manual_seed(seed)
    network = Generator(GanConfig.model_validate({**TINY, **settings})).eval()
    with torch.no_grad():
        assert network.last.bias is not None
        network.last.bias.fill_(0.0)
        network.last.weight.mul_(4.0)
    return network


def model_folder(folder: Path, seed: int = 4) -> Path:
    """Such a network as a model beside its card."""
    folder.mkdir(parents=True)
    weights = save({name: array.numpy() for name, array in random_generator(seed).state_dict().items()})
    (folder / "weights.safetensors").write_bytes(weights)
    card = {"technique": "gan", "config": {"gan": TINY}, "facts": FACTS,
            "files": {"weights.safetensors": files.sha256_bytes(weights)}}
    (folder / "model.json").write_text(json.dumps(card))
    return folder
