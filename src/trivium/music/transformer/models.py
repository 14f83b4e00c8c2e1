"""Trained Transformers: how a training is bundled. A network is made of one in `trained.py`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from trivium.core import files
from trivium.core.run import Run
from trivium.music.deploy import write_bundle
from trivium.music.models import Family

if TYPE_CHECKING:
    from trivium.music.config import TrainConfig

PIECES_CARD = "pieces.json"  # what a training says of its music, among its inputs


def facts(training: Path) -> dict[str, Any]:
    """What the music of a training was, and whether it says where notes begin, on which the classes depend."""
    data = files.read_json(training / files.INPUTS / PIECES_CARD)
    return {"data": data, "with_hold": bool(data["with_hold"])}


def writes_tunes(data: dict[str, Any]) -> bool:
    """Whether a model that learned from this music knows nothing but tunes of one voice."""
    return data.get("voices") == 1


FAMILY = Family("transformer", "a Transformer", facts)
find_model = FAMILY.find


def bundle(config: TrainConfig, run: Run, data: dict[str, Any], with_hold: bool) -> Path:
    """Write the best checkpoint as RUN/model and return its card's path."""
    return write_bundle(config, run, data, "nats_per_note/valid", {
        "Description": ("Writes tunes" if writes_tunes(data) else "Writes four-part music")
        + ", one cell after the other; a Transformer, {step} updates.",
        "Inputs": "cells (T, 4) of soprano, alto, tenor and bass in sixteenths: MIDI pitch 36..81 or silence",
        "Outputs": "probabilities of the next cell's pitch, silence" + (" or hold" if with_hold else ""),
        "Loss": "cross-entropy, nats per note", "with_hold": with_hold})
