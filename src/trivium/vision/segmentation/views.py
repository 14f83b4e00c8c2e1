"""Augmentation for segmentation: further views of photos, whose masks go along pixel by pixel.

A view is cut, zoomed, stretched and mirrored like a detector's (`detection.views`), photo and mask by the same numbers;
the photo is smoothed, the mask takes the nearest value. What lies outside the photo is not labelled. View 0 is the
photo as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from trivium.vision.collect.pictures import Bytes, squashed
from trivium.vision.detection.config import ViewConfig
from trivium.vision.detection.geometry import SIZE
from trivium.vision.detection.views import SQUARE, cut, part_of, square
from trivium.vision.labels.masks import UNLABELLED
from trivium.vision.labels.planes import Plane
from trivium.vision.tuning.views import recoloured

TRUTH = SIZE // 2  # pixels a side of the mask that is learned from


@dataclass(frozen=True)
class Masked:
    """A picture and its mask, both square."""

    picture: Bytes  # (S, S, 3)
    mask: Plane


def resized(mask: Plane, width: int, height: int) -> Plane:
    """A mask in another size, each pixel the nearest one's class."""
    return np.asarray(Image.fromarray(mask).resize((width, height), Image.Resampling.NEAREST))


def whole(image: Image.Image, mask: Plane) -> Masked:
    """A photo as views are cut from it."""
    return Masked(square(image), resized(mask, SQUARE, SQUARE))


def view(photo: Masked, which: int, number: int, config: ViewConfig, seed: int) -> Masked:
    """View `number` of the photo with that number: 320 pixels a side, its mask 160."""
    if number == 0:
        return Masked(squashed(Image.fromarray(photo.picture), SIZE), resized(photo.mask, TRUTH, TRUTH))
    rng = np.random.default_rng([seed, which, number])
    part, mirrored = part_of(config, rng)
    fill = tuple(int(v) for v in rng.integers(60, 196, 3))
    mask = cut(photo.mask, part, TRUTH, mirrored, UNLABELLED, Image.Resampling.NEAREST)
    return Masked(recoloured(cut(photo.picture, part, SIZE, mirrored, fill), config.colour, rng), mask)
