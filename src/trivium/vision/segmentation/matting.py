"""From likelihoods to a cut-out: how solid each pixel is, its own colour without the background's, another background.

Edges are drawn by a guided filter (He, Sun and Tang, 2013): in each window the transparency is a line of the photo's
grey. Its lines are found on a small photo and laid over the large one (He and Sun, 2015), so a photo of any size takes
about as long. What of a soft edge's colour is the background's is taken out by means of neighbours (Forte, 2021).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from trivium.vision.backbone.efficientnet import Floats

SMALL = 640  # pixels of the longer side on which edges are looked for
RADIUS, SMOOTH = 0.012, 1e-3  # of the guided filter: of the photo's longer side, and of variances of grey, 0 to 1
SHARP = 2.0  # how much steeper than the likelihood the transparency rises around one half
NEAR = 0.03  # of the longer side: how far away an edge's colours may be borrowed
BLUR = 0.03  # of the longer side, of a background that is blurred
LEAST = 1e-4  # of a weight; below it nothing is known of a colour


def alpha_of(image: Image.Image, likely: Floats) -> Floats:
    """(H, W), 0 to 1: how solid each pixel of a photo is, given how likely each of some places (h, w) is kept."""
    small = shrunk(image)
    grey = np.asarray(small.convert("L"), np.float32) / np.float32(255)
    slope, offset = lines(grey, resized(likely, small.size), max(2, round(RADIUS * max(small.size))))
    full = np.asarray(image.convert("L"), np.float32) / np.float32(255)
    edges = resized(slope, image.size) * full + resized(offset, image.size)
    return np.asarray(np.clip((edges - 0.5) * SHARP + 0.5, 0, 1), np.float32)


def lines(guide: Floats, values: Floats, radius: int, smooth: float = SMOOTH) -> tuple[Floats, Floats]:
    """Slope and offset of the guided filter at each pixel: its answer is slope * guide + offset."""
    mean_guide, mean_values = windowed(guide, radius), windowed(values, radius)
    spread = windowed(guide * guide, radius) - mean_guide**2
    slope = (windowed(guide * values, radius) - mean_guide * mean_values) / (spread + smooth)
    return windowed(slope, radius), windowed(mean_values - slope * mean_guide, radius)


def windowed(values: Floats, radius: int) -> Floats:
    """The mean of each window; at the edges of the part of it that there is."""
    found: Any = np.asarray(values, np.float64)
    for axis in (0, 1):
        count = found.shape[axis]
        sums = np.concatenate([np.zeros_like(found.take([0], axis)), found.cumsum(axis)], axis)
        low, high = np.maximum(np.arange(count) - radius, 0), np.minimum(np.arange(count) + radius + 1, count)
        shape = [1, 1]
        shape[axis] = count
        found = (sums.take(high, axis) - sums.take(low, axis)) / (high - low).reshape(shape)
    return np.asarray(found, np.float32)


def own_colours(image: Image.Image, alpha: Floats) -> Image.Image:
    """The photo with the colours that its soft edges have of themselves, so that no rim of the old background stays."""
    small = shrunk(image)
    solid, colours = resized(alpha, small.size), np.asarray(small, np.float32)
    radius = max(2, round(NEAR * max(small.size)))
    rows, columns = np.nonzero((alpha > 0) & (alpha < 1))
    made, share = np.array(image), alpha[rows, columns]
    for channel in range(3):
        inner = resized(mean_of(colours[..., channel], solid, radius), image.size)[rows, columns]
        outer = resized(mean_of(colours[..., channel], 1 - solid, radius), image.size)[rows, columns]
        seen = made[rows, columns, channel].astype(np.float32)
        own = inner + share * (seen - share * inner - (1 - share) * outer)
        made[rows, columns, channel] = np.clip(own + 0.5, 0, 255).astype(np.uint8)
    return Image.fromarray(made)


def mean_of(values: Floats, weights: Floats, radius: int) -> Floats:
    """The weighted mean of each window; where no weight is, the nearest thing to it: the mean of all."""
    total, all_of_it = windowed(weights, radius), float((values * weights).sum() / max(LEAST, float(weights.sum())))
    known = total > LEAST
    return np.where(known, windowed(values * weights, radius) / np.where(known, total, 1), all_of_it).astype(np.float32)


def blurred(image: Image.Image, alpha: Floats) -> Image.Image:
    """What lies behind, out of focus; what is kept leaves no glow in it."""
    small = shrunk(image)
    behind = 1 - resized(alpha, small.size)
    radius = max(3, round(BLUR * max(small.size)))
    for _ in range(2):  # a window twice is nearly a Gaussian
        channels = [mean_of(each, behind, radius) for each in np.moveaxis(np.asarray(small, np.float32), 2, 0)]
        small = Image.fromarray(np.uint8(np.clip(np.stack(channels, 2) + 0.5, 0, 255)))
    return small.filter(ImageFilter.GaussianBlur(2)).resize(image.size, Image.Resampling.BICUBIC)


def shrunk(image: Image.Image) -> Image.Image:
    """The photo, at most so large that looking for edges is quick."""
    scale = min(1.0, SMALL / max(image.size))
    width, height = (max(1, round(side * scale)) for side in image.size)
    return image.resize((width, height), Image.Resampling.BILINEAR)


def resized(values: Floats, size: tuple[int, int]) -> Floats:
    """(H, W) of another size, width first, smooth between the places."""
    return np.asarray(Image.fromarray(np.asarray(values, np.float32)).resize(size, Image.Resampling.BILINEAR))
