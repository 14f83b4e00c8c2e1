"""One photo, read in a confined process of its own and shown to a network: what that said of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trivium.core import files
from trivium.errors import BadFile, NotFound
from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.backbone.features import backbone_bytes, unpacked
from trivium.vision.collect.reading import read_batch
from trivium.vision.collect.store import PICTURE_CAP_BYTES


@dataclass(frozen=True)
class Look:
    """What a network said of a photo."""

    features: Floats  # (1280,)
    thumbnail: bytes  # JPEG of our own
    facts: dict[str, Any]
    map: Floats | None  # (C, H, W), the last feature map, where the network gives it


def looked_at(source: Path, network: bytes | None = None) -> Look:
    """A file, whoever it is from, seen by a network; the pretrained backbone where none is given."""
    if not source.is_file():
        raise NotFound(f"{source} does not exist.", "Check the path; give one photo.")
    if source.stat().st_size > PICTURE_CAP_BYTES:
        raise BadFile(f"{source.name} is too large.", f"Give a photo of at most {PICTURE_CAP_BYTES // 1_000_000} MB.")
    found: list[Look] = []

    def told(_k: int, facts: dict[str, Any], path: Path) -> None:
        if "error" in facts:
            raise BadFile(f"{source.name}: {facts['error']}", "")
        last = path.with_suffix(".map")
        shaped = np.load(last, allow_pickle=False) if last.is_file() else None
        found.append(Look(unpacked(path.with_suffix(".features").read_bytes()),
                          path.with_suffix(".thumbnail").read_bytes(), facts, shaped))

    read_batch([(source.name, files.read_file(source))], network or backbone_bytes(), told)
    return found[0]
