"""Photos of a station where cans are looked at: most are good, some are odd, each in another way.

The camera stands still, as it does at such a station: the can lies in nearly the same place, in nearly the same light.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from trivium.vision.demo_data.cutouts import cut_outs, named
from trivium.vision.demo_data.scenes import shaded
from trivium.vision.tasks import GOOD, ODD
from trivium.vision.templates.table import Shot

SIDE = 320  # pixels
SAYS = "Synthetic: drawn by Trivium, no camera"
ODD_ONE_IN = 4
CAN = "packaging/1f96b.webp"
Rng = np.random.Generator


def cans(seed: int) -> Iterator[Shot]:
    """Cans; every fourth is odd."""
    (can,) = named([CAN])
    strangers = [picture for pictures in cut_outs(["shoe", "fruit", "tool"]).values() for picture in pictures]
    for number in itertools.count():
        rng = np.random.default_rng([seed, number])
        odd = number % ODD_ONE_IN == ODD_ONE_IN - 1
        if not odd:
            yield Shot(on_the_table(can, rng), GOOD)
            continue
        spoil = WAYS[(number // ODD_ONE_IN) % len(WAYS)]
        yield Shot(on_the_table(spoil(can, strangers, rng), rng), ODD)


def on_the_table(thing: Image.Image, rng: Rng) -> Any:
    """(320, 320, 3): the thing under the camera."""
    rows = np.linspace(0, 1, SIDE)[:, None, None]
    table = np.array((178.0, 186.0, 190.0)) * (1.06 - 0.16 * rows) * np.ones((SIDE, SIDE, 1))
    table[int(0.86 * SIDE):] *= 0.7  # its edge, with a plate on it
    plate = Image.fromarray(np.uint8(table))
    ImageDraw.Draw(plate).text((8, SIDE - 22), SAYS, fill="#333333", font=ImageFont.load_default(11))
    table = np.asarray(plate, np.float32)
    turned = thing.rotate(float(rng.normal(0, 3)), Image.Resampling.BICUBIC, expand=True)
    width = round(SIDE * 0.56 * rng.uniform(0.97, 1.03))
    shape = turned.resize((width, round(width * turned.height / turned.width)), Image.Resampling.LANCZOS)
    empty = Image.new("RGBA", (SIDE, SIDE))
    x, y = ((SIDE - part) // 2 + int(rng.normal(0, 4)) for part in shape.size)
    empty.paste(shape, (x, y - 8))
    laid = np.asarray(empty, np.float32)
    alpha = laid[..., 3:] / 255
    picture = shaded(table, alpha[..., 0], rng) * (1 - alpha) + laid[..., :3] * alpha
    lit = picture * rng.uniform(0.94, 1.06) + rng.normal(0, 3, picture.shape)
    image = Image.fromarray(np.uint8(np.clip(lit, 0, 255))).filter(ImageFilter.GaussianBlur(0.6))
    return np.asarray(image)


def scratched(can: Image.Image, _others: list[Image.Image], rng: Rng) -> Image.Image:
    """A scratch across it."""
    spoilt = can.copy()
    w, h = can.size
    points = [(w * (0.25 + 0.1 * k), h * (0.45 + rng.uniform(-0.1, 0.1))) for k in range(6)]
    over = Image.new("RGBA", can.size)
    ImageDraw.Draw(over).line(points, fill=(245, 245, 240, 255), width=max(3, w // 28))
    return within(spoilt, over)


def stained(can: Image.Image, _others: list[Image.Image], rng: Rng) -> Image.Image:
    """A dark stain on it."""
    w, h = can.size
    x, y, r = w * rng.uniform(0.35, 0.6), h * rng.uniform(0.35, 0.6), w * rng.uniform(0.1, 0.15)
    over = Image.new("RGBA", can.size)
    ImageDraw.Draw(over).ellipse((x - r, y - r, x + r, y + r), fill=(50, 38, 25, 235))
    return within(can, over.filter(ImageFilter.GaussianBlur(w / 60)))


def broken(can: Image.Image, _others: list[Image.Image], rng: Rng) -> Image.Image:
    """A piece of it is missing."""
    spoilt = can.copy()
    w, h = can.size
    alpha = spoilt.getchannel("A")
    side = w * (0.15 if rng.random() < 0.5 else 0.85)
    ImageDraw.Draw(alpha).polygon([(side, h * 0.25), (w / 2, h * 0.4), (side, h * 0.6)], fill=0)
    spoilt.putalpha(alpha)
    return spoilt


def upside_down(can: Image.Image, _others: list[Image.Image], _rng: Rng) -> Image.Image:
    """It stands on its head."""
    return can.transpose(Image.Transpose.ROTATE_180)


def another(_can: Image.Image, others: list[Image.Image], rng: Rng) -> Image.Image:
    """Something else lies there."""
    return others[int(rng.integers(len(others)))]


def within(can: Image.Image, over: Image.Image) -> Image.Image:
    """The can with something on it, nothing beside it."""
    laid = Image.alpha_composite(can, over)
    laid.putalpha(can.getchannel("A"))
    return laid


WAYS: tuple[Callable[[Image.Image, list[Image.Image], Rng], Image.Image], ...] = (
    scratched, another, stained, upside_down, broken)
