"""Augmentation for detection: further views of photos, whose boxes go along.

A view is a photo squashed to a square and then zoomed, moved, stretched and mirrored in one step, its light and colour
changed; some are mosaics of four photos (Bochkovskiy et al., arXiv 2004.10934), in which objects are smaller and
stand beside others. Each follows from the seed, the photo and the view's number alone. View 0 is the photo as it is,
as the finished model is shown it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.classification.split import Ints
from trivium.vision.collect.pictures import Bytes, squashed
from trivium.vision.detection.config import DetectAugmentConfig, ViewConfig
from trivium.vision.detection.geometry import SIZE
from trivium.vision.tuning.views import recoloured

SQUARE = 480  # pixels, from which views are cut
LEAST_SEEN = 0.4  # of a box; what shows less of an object does not count as one
LEAST_SIDE = 3 / SIZE


@dataclass(frozen=True)
class Boxed:
    """A picture and its objects."""

    picture: Bytes  # (S, S, 3)
    boxes: Floats  # (n, 4) shares
    labels: Ints  # (n,)


Photo = Callable[[int], Boxed]  # the photo of that number, SQUARE pixels a side


def square(image: Image.Image) -> Bytes:
    """A photo as views are cut from it."""
    return squashed(image, SQUARE)


def view(photo: Photo, count: int, which: int, number: int, config: DetectAugmentConfig, seed: int) -> Boxed:
    """View `number` of photo `which` of `count`."""
    if number == 0:
        whole = photo(which)
        return Boxed(squashed(Image.fromarray(whole.picture), SIZE), whole.boxes, whole.labels)
    rng = np.random.default_rng([seed, which, number])
    if rng.random() < config.mosaic:
        found = mosaic([photo(which), *(photo(int(k)) for k in rng.integers(0, count, 3))], config, rng)
    else:
        found = moved(photo(which), config, rng)
    return Boxed(recoloured(found.picture, config.colour, rng), found.boxes, found.labels)


def moved(whole: Boxed, config: DetectAugmentConfig, rng: np.random.Generator, side: int = SIZE) -> Boxed:
    """A part of a photo, or the photo with a margin around it, mirrored or not."""
    (x, y, width, height), mirrored = part_of(config, rng)
    fill = tuple(int(v) for v in rng.integers(60, 196, 3))
    picture = cut(whole.picture, (x, y, width, height), side, mirrored, fill)
    boxes = (whole.boxes - np.array([x, y, x, y])) / np.array([width, height, width, height])
    if mirrored:
        boxes = boxes[:, [2, 1, 0, 3]] * np.array([-1, 1, -1, 1]) + np.array([1, 0, 1, 0])
    return kept(Boxed(picture, boxes.astype(np.float32), whole.labels))


def part_of(config: ViewConfig, rng: np.random.Generator) -> tuple[tuple[float, float, float, float], bool]:
    """What a view shows of its photo: left, top, width, height in shares of it, and whether mirrored."""
    zoom = math.exp(rng.uniform(-math.log(config.zoom), math.log(config.zoom)))
    stretch = math.exp(rng.uniform(-1, 1) * math.log(config.stretch) / 2)
    width, height = stretch / zoom, 1 / stretch / zoom
    x, y = (0.5 + (1.0 - extent) * rng.uniform(-0.5, 0.5) - extent / 2 for extent in (width, height))
    return (x, y, width, height), config.mirror and rng.random() < 0.5


def cut(picture: Bytes, part: tuple[float, float, float, float], side: int, mirrored: bool,
        fill: tuple[int, ...] | int, filter: Image.Resampling = Image.Resampling.BILINEAR) -> Bytes:
    """That part (left, top, width, height, in shares) of a picture as a square; what lies outside is one colour."""
    x, y, width, height = part
    scale_x, scale_y = SQUARE * width / side, SQUARE * height / side
    at_x = SQUARE * (x + width) if mirrored else SQUARE * x
    matrix = (-scale_x if mirrored else scale_x, 0.0, at_x, 0.0, scale_y, SQUARE * y)
    return np.asarray(Image.fromarray(picture).transform((side, side), Image.Transform.AFFINE, matrix,
                                                         filter, fillcolor=fill))


def kept(found: Boxed) -> Boxed:
    """Boxes within the picture; those that show enough of their object."""
    clipped = np.clip(found.boxes, 0, 1)
    before, after = ((each[:, 2:] - each[:, :2]).clip(0) for each in (found.boxes, clipped))
    seen = (after.prod(1) >= LEAST_SEEN * before.prod(1)) & (after.min(1, initial=1.0) >= LEAST_SIDE)
    return Boxed(found.picture, clipped[seen], found.labels[seen])


def mosaic(four: list[Boxed], config: DetectAugmentConfig, rng: np.random.Generator) -> Boxed:
    """Four photos around a point, each zoomed and moved."""
    x, y = (round(v) for v in rng.uniform(0.35, 0.65, 2) * SIZE)
    picture = np.zeros((SIZE, SIZE, 3), np.uint8)
    boxes, labels = [], []
    places = ((0, 0, x, y), (x, 0, SIZE, y), (0, y, x, SIZE), (x, y, SIZE, SIZE))
    for whole, (left, top, right, bottom) in zip(four, places, strict=True):
        part = moved(whole, config, rng, max(right - left, bottom - top))
        picture[top:bottom, left:right] = part.picture[:bottom - top, :right - left]
        side = part.picture.shape[0]
        shown = np.array([right - left, bottom - top] * 2) / side
        inner = kept(Boxed(part.picture, part.boxes / shown, part.labels))
        boxes.append((inner.boxes * shown * side + np.array([left, top, left, top])) / SIZE)
        labels.append(inner.labels)
    return Boxed(picture, np.concatenate(boxes).astype(np.float32), np.concatenate(labels))
