"""A trained classifier kept ready, for pictures that come one after the other as plain pixels."""

from __future__ import annotations

import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

from trivium.core import files
from trivium.vision.backbone.features import Session
from trivium.vision.backbone.graph import FAMILIARITY, ODD_MAP, ODDNESS, PROBABILITIES
from trivium.vision.classification.classify import verdict
from trivium.vision.deploy import CARD, MODEL, read_bundle

MOST_READY = 2

_lock = threading.Lock()


def classify_pixels(folder: Path, pixels: bytes, size: tuple[int, int], top: int) -> dict[str, Any]:
    """What is on a picture of RGBA pixels, looked at exactly as a file would be."""
    from PIL import Image

    from trivium.vision.backbone.efficientnet import SIZE
    from trivium.vision.collect.pictures import squashed

    card, session = ready(folder)
    shown = squashed(Image.frombytes("RGBA", size, pixels).convert("RGB"), SIZE)
    said = session.outputs(shown[None])
    facts: dict[str, Any] = {PROBABILITIES: said[PROBABILITIES][0].tolist()}
    if FAMILIARITY in said:
        facts[FAMILIARITY] = float(said[FAMILIARITY][0, 0])
    if ODD_MAP in said:
        facts |= {ODDNESS: float(said[ODDNESS][0, 0]), ODD_MAP: said[ODD_MAP][0].tolist()}
    return verdict(card, facts, top)


def ready(folder: Path) -> tuple[dict[str, Any], Session]:
    """Card and model of a run; those that were asked for last stay in memory."""
    from trivium.vision.finished import of_a_class

    of_a_class(folder)
    with _lock:  # a model is read once, however many ask
        return opened(folder, (folder / files.MODEL / CARD).stat().st_mtime_ns)


@lru_cache(MOST_READY)
def opened(folder: Path, _written_ns: int) -> tuple[dict[str, Any], Session]:
    card, parts = read_bundle(folder)
    return card, Session(parts[MODEL])
