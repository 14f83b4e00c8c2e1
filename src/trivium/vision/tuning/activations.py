"""What enters the first stage that learns, of each photo in each of its views: computed once, kept in half precision.

The stages before it stay as they are, so what they make of a view never changes. At stage 6 a view is 14 x 14 x 112
numbers, 44 KB.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trivium.vision.backbone.efficientnet import Floats, entering, pretrained
from trivium.vision.backbone.features import Session
from trivium.vision.backbone.graph import ACTIVATIONS, trunk_model
from trivium.vision.classification.split import Ints
from trivium.vision.tuning.config import FineTuneConfig
from trivium.vision.tuning.pictures import opened, views_that_fit
from trivium.vision.tuning.views import view

Halves = np.ndarray[Any, np.dtype[np.float16]]


@dataclass(frozen=True)
class Activations:
    """(V, N, C, H, W); view 0 is the photo itself."""

    values: Halves

    @property
    def views(self) -> int:
        return len(self.values)

    def pick(self, views: Ints, photos: Ints) -> Floats:
        """(B, C, H, W) of that view of each of these photos."""
        return self.values[views, photos].astype(np.float32)

    def plain(self, photos: Ints) -> Halves:
        """(B, C, H, W) of the photos themselves."""
        found: Halves = self.values[0, photos]
        return found


def compute(config: FineTuneConfig, packed: Path, sha256: Sequence[str], seed: int, threads: int,
            told: Callable[[int], bool] = lambda _done: False) -> Activations | None:
    """Activations of every view; `told` hears how many photos are done and says whether to stop, which gives None."""
    _, *shape = entering(config.from_stage)
    views = 1 + views_that_fit(config, len(sha256))
    trunk = Session(trunk_model(pretrained(), config.from_stage).SerializeToString(), threads)
    values = np.zeros((views, len(sha256), *shape), np.float16)
    with zipfile.ZipFile(packed) as archive:
        for photo, name in enumerate(sha256):
            image = opened(archive.read(name))
            seen = np.stack([view(image, k, config.augment, seed, photo) for k in range(views)])
            values[:, photo] = trunk.run(seen, ACTIVATIONS)
            if told(photo + 1):
                return None
    return Activations(values)
