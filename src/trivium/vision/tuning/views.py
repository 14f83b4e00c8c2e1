"""Augmentation: further views of a photo, each drawn from the seed, the photo and the view's number alone.

A view is the photo squashed to a square, then turned, cropped, stretched and mirrored in one step, its light and colour
changed. View 0 is the photo as it is, as the finished model is shown it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from PIL import Image

from trivium.vision.backbone.efficientnet import SIZE
from trivium.vision.collect.pictures import Bytes, squashed
from trivium.vision.tuning.config import AugmentConfig

SQUARE = 256  # pixels, from which views are cut
BORDER = 96  # pixels around it, its own edge mirrored, so that a turned view has no empty corners
MAX_STRETCH = 4 / 3  # width to height of a crop
GREY = np.array([0.299, 0.587, 0.114], np.float32)  # how bright red, green and blue look (ITU-R BT.601)

Affine = tuple[float, float, float, float, float, float]


def view(image: Image.Image, number: int, config: AugmentConfig, seed: int, photo: int) -> Bytes:
    """(224, 224, 3): view `number` of photo `photo`; 0 is the photo itself."""
    if number == 0:
        return squashed(image, SIZE)
    rng = np.random.default_rng([seed, photo, number])
    square = squashed(image, SQUARE)
    wide = np.pad(square, ((BORDER, BORDER), (BORDER, BORDER), (0, 0)), mode="reflect")
    matrix = drawn_affine(config, rng)
    shown = Image.fromarray(wide).transform((SIZE, SIZE), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
    return recoloured(np.asarray(shown), config.colour, rng)


def drawn_affine(config: AugmentConfig, rng: np.random.Generator) -> Affine:
    """Where in the bordered square each pixel of the view comes from: x = a X + b Y + c, y = d X + e Y + f."""
    share = rng.uniform(config.crop, 1.0)
    stretch = math.exp(rng.uniform(-1, 1) * math.log(MAX_STRETCH) * (1.0 - config.crop))
    width, height = (min(1.0, math.sqrt(share * s)) for s in (stretch, 1.0 / stretch))
    x, y = (0.5 + (1.0 - side) * rng.uniform(-0.5, 0.5) for side in (width, height))
    angle = math.radians(rng.uniform(-1, 1) * config.turn_deg)
    mirrored = -1.0 if config.mirror and rng.random() < 0.5 else 1.0
    return affine(x, y, width, height, angle, mirrored)


def affine(x: float, y: float, width: float, height: float, angle: float, mirrored: float) -> Affine:
    """A crop of that centre and size (shares of the square), turned about its centre."""
    cos, sin = math.cos(angle), math.sin(angle)
    scale_x, scale_y = mirrored * width * SQUARE / SIZE, height * SQUARE / SIZE
    a, b, d, e = cos * scale_x, -sin * scale_y, sin * scale_x, cos * scale_y
    centre, at_x, at_y = SIZE / 2, BORDER + x * SQUARE, BORDER + y * SQUARE
    return a, b, at_x - (a + b) * centre, d, e, at_y - (d + e) * centre


def recoloured(picture: Bytes, most: float, rng: np.random.Generator) -> Bytes:
    """Brightness, contrast and colourfulness each times something between 1 - most and 1 + most."""
    if most == 0.0:
        return picture
    brightness, contrast, colourfulness = (1.0 + most * rng.uniform(-1, 1, 3)).astype(np.float32)
    # grey + colourfulness (rgb - grey), then middle + contrast (... - middle), times brightness: one matrix
    mix = brightness * contrast * (colourfulness * np.eye(3, dtype=np.float32) + (1 - colourfulness) * GREY[:, None])
    middle = picture.reshape(-1, 3).mean(0, dtype=np.float32) @ GREY
    values: np.ndarray[Any, np.dtype[np.float32]] = picture.reshape(-1, 3).astype(np.float32) @ mix
    values += brightness * (1 - contrast) * middle + 0.5
    found: Bytes = np.clip(values, 0, 255).astype(np.uint8).reshape(picture.shape)
    return found
