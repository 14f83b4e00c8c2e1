"""Clips of somebody who waves, jumps, sits down or just stands, and the demo camera that shows such people live.

A project takes whole clips; the gallery shows one moment of each, the camera draws every frame when it is due.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from trivium.vision.demo_data.clip_project import demo_clips
from trivium.vision.demo_data.clips import SHAPES, Stage, frame, stage
from trivium.vision.demo_data.moves import MOVES
from trivium.vision.templates.table import Shot, Template

MOMENT_S = 1.3  # of the clip, when most are in the midst of it
CLASSES = tuple(MOVES)


def moments(seed: int) -> Iterator[Shot]:
    """One moment of each clip, the classes in turn."""
    for number in itertools.count():
        label, rng = CLASSES[number % len(CLASSES)], np.random.default_rng([seed, number])
        yield Shot(frame(stage(label, rng), MOMENT_S, rng), label)


def clips(data: Path, name: str, chosen: Template, seed: int, say: Callable[[str], None],
          count: Callable[[int, int], None]) -> dict[str, int]:
    """Clips, as many of each class; how many there are."""
    found: dict[str, int] = demo_clips(data, name, chosen.photos, chosen.classes, seed, say, count)["classes"]
    return found


def live(seed: int, scene: int, seconds: float) -> Image.Image:
    """What the demo camera sees so long after a scene began; each has another person who does something else."""
    rng = np.random.default_rng([seed, scene, int(seconds * 1000)])  # its noise is another one in each frame
    return Image.fromarray(frame(staged(seed, scene), seconds, rng))


@lru_cache(2)
def staged(seed: int, scene: int) -> Stage:
    rng = np.random.default_rng([seed, scene])
    return stage(CLASSES[int(rng.integers(len(CLASSES)))], rng, SHAPES[0])
