"""A trained classifier kept ready, for pictures that come one after the other as plain pixels."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from trivium.vision.classify import verdict
from trivium.vision.deploy import CARD, MODEL, read_bundle
from trivium.vision.features import Session
from trivium.vision.graph import PROBABILITIES

MOST_READY = 2

_ready: dict[tuple[str, int], tuple[list[str], Session]] = {}
_lock = threading.Lock()


def classify_pixels(folder: Path, pixels: bytes, size: tuple[int, int], top: int) -> dict[str, Any]:
    """What is on a picture of RGBA pixels, looked at exactly as a file would be."""
    from PIL import Image

    from trivium.vision.backbone import SIZE
    from trivium.vision.pictures import squashed

    classes, session = ready(folder)
    shown = squashed(Image.frombytes("RGBA", size, pixels).convert("RGB"), SIZE)
    return verdict(classes, session.run(shown[None], PROBABILITIES)[0].tolist(), top)


def ready(folder: Path) -> tuple[list[str], Session]:
    """The model of a run; the last few asked for stay in memory."""
    from trivium.vision.evaluate import training

    with _lock:
        training(folder)
        key = (str(folder), (folder / "model" / CARD).stat().st_mtime_ns)
        if key not in _ready:
            card, parts = read_bundle(folder)
            _ready[key] = (card["classes"], Session(parts[MODEL]))
            for old in list(_ready)[:-MOST_READY]:
                del _ready[old]
        return _ready[key]
