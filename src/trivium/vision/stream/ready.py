"""A detector or a segmentation model kept ready, for pictures that come one after the other as plain pixels."""

from __future__ import annotations

import threading
from functools import lru_cache
from pathlib import Path

from trivium.core import files
from trivium.vision.collect.pictures import squashed
from trivium.vision.deploy import CARD
from trivium.vision.finished import training
from trivium.vision.project import DETECTION, SEGMENTATION
from trivium.vision.stream.model import Model, Seen, open_model

MOST_READY, THREADS = 2, 2

_lock = threading.Lock()


def look_at_pixels(folder: Path, pixels: bytes, size: tuple[int, int], top: int,
                   threshold: float | None = None) -> Seen:
    """What is where on a picture of RGBA pixels, looked at exactly as a stream's frame."""
    from PIL import Image

    model = ready(folder)
    picture = squashed(Image.frombytes("RGBA", size, pixels).convert("RGB"), model.side)
    return model.look(picture, top, threshold)


def ready(folder: Path) -> Model:
    """The model of a run; those that were asked for last stay in memory."""
    training(folder, (DETECTION, SEGMENTATION))
    with _lock:  # a model is read once, however many ask
        return opened(folder, (folder / files.MODEL / CARD).stat().st_mtime_ns)


@lru_cache(MOST_READY)
def opened(folder: Path, _written_ns: int) -> Model:
    return open_model(folder, THREADS)
