"""Photos for background removal: somebody, or a thing, before a drawn background, and exactly where it is.

Persons are drawn figures, from far enough away to be seen whole to as near as before a laptop; things are cut-outs.
Blobs of colour that lie about belong to the background.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from trivium.vision.collect.pictures import Bytes
from trivium.vision.demo_data.cutouts import cut_outs
from trivium.vision.demo_data.figures import body, painted
from trivium.vision.demo_data.grounds import ground
from trivium.vision.demo_data.moves import MOVES, joints
from trivium.vision.demo_data.scenes import photographed, placed, recoloured, shaded
from trivium.vision.templates.table import Shot

CLASSES = ("person", "thing")
KINDS = ("animal", "ball", "cup", "shoe", "vehicle")  # of cut-outs that things are
SHAPES = ((480, 360), (360, 480), (400, 400))
THING_ONE_IN = 3  # the others show somebody
NEAR_BY = (0.4, 0.9)  # a thing's longer side, as shares of the photo
HEIGHTS = (0.75, 2.0)  # of a figure, as shares of the photo's: from seen whole to seen from the waist up
LATEST_S = 2.5  # into what it does
Rng = np.random.Generator


def subjects(seed: int) -> Iterator[Shot]:
    """Two persons, then a thing, and so on."""
    things = [picture for pictures in cut_outs(KINDS).values() for picture in pictures]
    for number in itertools.count():
        rng = np.random.default_rng([seed, number])
        size = SHAPES[int(rng.integers(len(SHAPES)))]
        is_thing = number % THING_ONE_IN == THING_ONE_IN - 1
        shape = thing(things, size, rng) if is_thing else person(size, rng)
        alpha = shape[..., 3] / 255.0
        lit = shaded(background(size, rng), alpha, rng)
        mixed = lit * (1 - alpha[..., None]) + recoloured(shape[..., :3], rng) * alpha[..., None]
        mask = np.where(alpha > 0.5, CLASSES.index("thing" if is_thing else "person") + 1, 0).astype(np.uint8)
        yield Shot(photographed(mixed, rng), mask=mask)


def person(size: tuple[int, int], rng: Rng) -> Any:
    """(H, W, 4): somebody who does something, on an empty photo."""
    who, moves = body(rng), sorted(MOVES)
    pose = MOVES[moves[int(rng.integers(len(moves)))]](who, rng)(float(rng.uniform(0, LATEST_S)))
    height = size[1] * np.exp(rng.uniform(*np.log(HEIGHTS)))
    head_room = rng.uniform(0.05, 0.2) * size[1]  # so near ones are cut off below, as before a laptop
    foot = (size[0] * rng.uniform(0.3, 0.7), head_room + height)
    return np.asarray(painted(who, joints(who, pose), size, float(height), foot), np.float32)


def thing(choice: list[Image.Image], size: tuple[int, int], rng: Rng) -> Any:
    """(H, W, 4): a thing on an empty photo."""
    return placed(choice[int(rng.integers(len(choice)))], *size, rng, NEAR_BY)


def background(size: tuple[int, int], rng: Rng) -> Bytes:
    """(H, W, 3): a background with up to four blobs of colour."""
    picture = Image.fromarray(ground(*size, rng))
    draw = ImageDraw.Draw(picture)
    for _ in range(int(rng.integers(5))):
        x, y = rng.uniform(0, 1, 2) * size
        wide, high = rng.uniform(0.04, 0.25, 2) * min(size)
        paint = draw.ellipse if rng.random() < 0.5 else draw.rectangle
        paint([x - wide, y - high, x + wide, y + high], fill=tuple(int(v) for v in rng.integers(10, 245, 3)))
    return np.asarray(picture)
