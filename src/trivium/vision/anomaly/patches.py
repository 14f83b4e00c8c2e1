"""Patches: what the backbone says of each place of a picture, and which of them are kept (PatchCore, Roth et al.,
arXiv 2106.08265).

At each of 14 x 14 places stand the values of two of the backbone's stages, each averaged over its neighbours: fine
enough to see a scratch, coarse enough to know what it is on. Of all patches of the good photos a few hundred are kept,
the next one always the furthest from those that are kept already, so that rare looks stay. A patch is as odd as it is
far from the nearest that is kept; a photo as odd as its few oddest patches are in the mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.classification.split import Ints

GRID, CHANNELS = 14, 40 + 112  # places on a side; of the stages at strides 8 and 16
PLACES = GRID * GRID
MOST = 20_000  # patches to choose from; of more, so many are drawn
DRAWN = 48  # numbers that a patch is projected to while choosing
LEAST_SPREAD = 1e-3


@dataclass(frozen=True)
class Bank:
    """The patches that are kept, and how patches are scaled."""

    mean: Floats  # (C,)
    scale: Floats  # (C,) 1 / standard deviation / sqrt(C), so that distances are means over the channels
    kept: Floats  # (M, C), scaled

    def distances(self, patches: Floats) -> Floats:
        """(N, 196) how far each patch (N, 196, C) is from the nearest that is kept."""
        found = np.empty(patches.shape[:2], np.float32)
        squares = (self.kept**2).sum(1)
        for k, each in enumerate(patches):
            x = (each - self.mean) * self.scale
            nearest = (squares - 2.0 * x @ self.kept.T).argmin(1)  # |x|^2 is the same for all
            found[k] = np.sqrt(((x - self.kept[nearest])**2).sum(1))
        return found


def bank_of(patches: Floats, count: int, rng: np.random.Generator) -> Bank:
    """What to keep of the patches (N, 196, C) of good photos."""
    rows = patches.reshape(-1, patches.shape[-1])
    mean, spread = rows.mean(0), np.maximum(rows.std(0), LEAST_SPREAD)
    scale = (1.0 / spread / np.sqrt(rows.shape[1])).astype(np.float32)
    if len(rows) > MOST:
        rows = rows[np.sort(rng.choice(len(rows), MOST, replace=False))]
    scaled = ((rows - mean) * scale).astype(np.float32)
    return Bank(mean, scale, scaled[spread_out(scaled, count, rng)])


def spread_out(rows: Floats, count: int, rng: np.random.Generator) -> Ints:
    """Numbers of `count` rows, the next always the furthest from all before (Gonzalez, 1985), randomly projected."""
    count = min(count, len(rows))
    small = (rows @ rng.standard_normal((rows.shape[1], min(DRAWN, rows.shape[1])))).astype(np.float32)
    chosen = [int(rng.integers(len(small)))]
    apart = ((small - small[chosen[0]])**2).sum(1)
    squares = (small**2).sum(1)
    while len(chosen) < count:
        chosen.append(int(apart.argmax()))
        latest = squares + squares[chosen[-1]] - 2.0 * small @ small[chosen[-1]]
        np.minimum(apart, latest, out=apart)
    return np.array(sorted(chosen))


def oddness(distances: Floats, worst: int) -> Floats:
    """(N,) the mean of the `worst` largest of (N, 196)."""
    found: Any = np.sort(distances, axis=1)[:, -worst:].mean(1)
    return np.asarray(found, np.float32)
