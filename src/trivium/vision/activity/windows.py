"""Windows: the moments of a clip that the network looks at together, as they are or changed by chance.

A clip that is shorter than the window is held at its ends, as a camera is that has only just begun.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from trivium.vision.activity.config import ActivityAugmentConfig
from trivium.vision.activity.frame_network import CHANNELS, SIDE
from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.classification.split import Ints


def plain_windows(count: int, window: int, stride: int) -> list[Ints]:
    """The windows of a clip of `count` moments: one after the other, the last up to its end."""
    if count <= window:
        return [held((count - window) // 2 + np.arange(window), count)]
    return [at + np.arange(window) for at in sorted({*range(0, count - window, stride), count - window})]


def drawn_window(count: int, window: int, config: ActivityAugmentConfig, rng: np.random.Generator) -> Ints:
    """A window somewhere in a clip, faster or slower."""
    speed = float(np.exp(rng.uniform(-1, 1) * np.log(config.speed)))
    spare = count - 1 - (window - 1) * speed  # may be negative
    return held(np.rint(rng.uniform(min(0.0, spare), max(0.0, spare)) + speed * np.arange(window)), count)


def held(places: Any, count: int) -> Ints:
    """Places within a clip: beyond an end, that end."""
    found: Ints = np.clip(places, 0, count - 1).astype(np.int64)
    return found


def changed(moments: Floats, config: ActivityAugmentConfig, rng: np.random.Generator) -> Floats:
    """Moments (T, NUMBERS) mirrored, moved and lit by chance, alike throughout.

    The map of a mirrored picture is not quite the mirrored map, but near enough to learn from, and costs nothing.
    """
    maps = moments.reshape(-1, CHANNELS, SIDE, SIDE)
    if config.mirror and rng.random() < 0.5:
        maps = maps[..., ::-1]
    down, right = (int(v) for v in rng.integers(-config.shift, config.shift + 1, 2))
    contrast = np.float32(1 + config.light * rng.uniform(-1, 1))
    found: Floats = moved(maps, down, right).reshape(len(moments), -1) * contrast
    return found


def moved(maps: Floats, down: int, right: int) -> Floats:
    """Maps (..., H, W) moved by so many places; what comes in repeats the edge."""
    rows, columns = (np.clip(np.arange(size) - by, 0, size - 1)
                     for size, by in ((maps.shape[-2], down), (maps.shape[-1], right)))
    found: Floats = maps[..., rows[:, None], columns]
    return found
