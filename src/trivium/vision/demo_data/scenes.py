"""Scenes: cut-outs laid on a background, so that class, box and mask of everything in them are known exactly.

Each object is turned, made larger or smaller, mirrored and recoloured, and throws a shadow; later ones lie over earlier
ones. Then the whole is blurred, lit and reduced to a JPEG like a photo. A scene follows from (seed, number) alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from trivium.vision.collect.pictures import Bytes
from trivium.vision.demo_data.grounds import ground

CutOuts = Mapping[str, Sequence[Image.Image]]  # kind -> RGBA pictures
Rect = tuple[float, float, float, float]

SHAPES = ((640, 480), (480, 640), (640, 360), (512, 512))
LEAST_SEEN = 0.4  # of an object; one that is covered more is taken away again
SIZES = (0.15, 0.7)  # of an object's longer side, of the shorter side of the scene
TRIES = 8


@dataclass
class Thing:
    """An object of a scene."""

    label: str
    mask: Any  # (H, W) bool: where it is seen

    @property
    def xyxy(self) -> Rect:
        """Corners of what is seen of it, as shares of the picture."""
        height, width = self.mask.shape
        rows, columns = np.flatnonzero(self.mask.any(1)), np.flatnonzero(self.mask.any(0))
        return (float(columns[0] / width), float(rows[0] / height), float((columns[-1] + 1) / width),
                float((rows[-1] + 1) / height))


@dataclass
class Scene:
    """A picture and what is on it."""

    picture: Bytes  # (H, W, 3)
    things: list[Thing]


def scene(cut_outs: CutOuts, seed: int, number: int, most: int = 5, others: Sequence[Image.Image] = (),
          shapes: Sequence[tuple[int, int]] = SHAPES) -> Scene:
    """Scene `number`: one to `most` objects of any kind; `others` lie about without being objects."""
    rng = np.random.default_rng([seed, number])
    width, height = shapes[int(rng.integers(len(shapes)))]
    picture = ground(width, height, rng).astype(np.float32)
    kinds = sorted(cut_outs)
    things: list[Thing] = []
    for _ in range(int(rng.integers(0, 3)) if others else 0):
        picture, things = laid(picture, things, None, others[int(rng.integers(len(others)))], rng)
    for _ in range(int(rng.integers(1, most + 1))):
        label = kinds[int(rng.integers(len(kinds)))]
        choice = cut_outs[label]
        picture, things = laid(picture, things, label, choice[int(rng.integers(len(choice)))], rng)
    return Scene(photographed(picture, rng), things)


def laid(picture: Any, things: list[Thing], label: str | None, cut_out: Image.Image, rng: np.random.Generator,
         sizes: tuple[float, float] = SIZES) -> tuple[Any, list[Thing]]:
    """The picture with one more object, where there is room that hides none of the others too much."""
    height, width = picture.shape[:2]
    for _ in range(TRIES):
        shape = placed(cut_out, width, height, rng, sizes)
        alpha = shape[..., 3] / 255.0
        solid = alpha > 0.5
        if not solid.any():
            continue
        left = [Thing(each.label, each.mask & ~solid) for each in things]
        if all(after.mask.sum() >= LEAST_SEEN * before.mask.sum() for after, before in zip(left, things, strict=True)):
            lit = shaded(picture, alpha, rng)
            mixed = lit * (1 - alpha[..., None]) + recoloured(shape[..., :3], rng) * alpha[..., None]
            return mixed, left if label is None else [*left, Thing(label, solid)]
    return picture, things


def placed(cut_out: Image.Image, width: int, height: int, rng: np.random.Generator,
           sizes: tuple[float, float] = SIZES) -> Any:
    """(H, W, 4): the cut-out somewhere on an empty scene, wholly or nearly wholly inside."""
    cut_out = cut_out.crop(cut_out.getchannel("A").getbbox())
    if rng.random() < 0.5:
        cut_out = cut_out.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    cut_out = cut_out.rotate(float(rng.uniform(-35, 35)), Image.Resampling.BICUBIC, expand=True)
    side = min(width, height) * np.exp(rng.uniform(np.log(sizes[0]), np.log(sizes[1])))
    factor = side / max(cut_out.size)
    w, h = (max(2, round(each * factor * rng.uniform(0.9, 1.1))) for each in cut_out.size)
    cut_out = cut_out.resize((w, h), Image.Resampling.LANCZOS)
    x, y = (round(rng.uniform(-0.12 * part, whole - 0.88 * part)) for part, whole in ((w, width), (h, height)))
    empty = Image.new("RGBA", (width, height))
    empty.paste(cut_out, (x, y))
    return np.asarray(empty, np.float32)


def shaded(picture: Any, alpha: Any, rng: np.random.Generator) -> Any:
    """The picture with the object's shadow, to one side of it."""
    height, width = alpha.shape
    shadow = Image.fromarray(np.uint8(255 * alpha)).filter(ImageFilter.GaussianBlur(rng.uniform(2, 10)))
    x, y = rng.uniform(-0.03, 0.03) * width, rng.uniform(0, 0.04) * height
    shadow = shadow.transform(shadow.size, Image.Transform.AFFINE, (1, 0, -x, 0, 1, -y))
    return picture * (1 - rng.uniform(0.1, 0.6) * np.asarray(shadow, np.float32)[..., None] / 255)


def recoloured(colours: Any, rng: np.random.Generator) -> Any:
    """In other light, a bit."""
    return np.clip(colours * rng.uniform(0.75, 1.2) * rng.uniform(0.93, 1.07, 3), 0, 255)


def photographed(picture: Any, rng: np.random.Generator) -> Bytes:
    """Colour cast, exposure, blur and noise of a camera."""
    cast = rng.uniform(0.9, 1.1, 3) * rng.uniform(0.8, 1.15)
    image = Image.fromarray(np.uint8(np.clip(picture * cast, 0, 255)))
    image = image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0, 1.3))))
    noisy = np.asarray(image, np.float32) + rng.normal(0, rng.uniform(1, 7), picture.shape)
    return np.asarray(np.clip(noisy, 0, 255), np.uint8)
