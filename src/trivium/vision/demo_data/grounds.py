"""Backgrounds of our own making: plain, speckled, grained like wood, tiled, or soft patches, in uneven light.

Nothing is photographed. Every background follows from its random numbers, so a seed gives the same one everywhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from trivium.vision.collect.pictures import Bytes

Floats = np.ndarray[Any, np.dtype[np.float32]]
ROUGH_SIDES = (4, 9, 23)  # places of the noise, coarse to fine


def ground(width: int, height: int, rng: np.random.Generator) -> Bytes:
    """(H, W, 3): one background."""
    kind = KINDS[int(rng.integers(len(KINDS)))]
    picture = kind(width, height, rng) + speckle(width, height, rng)
    light = 1.0 + 0.35 * rng.random() * (noise(width, height, 3, rng) - 0.5)
    return np.asarray(np.clip(picture * light[..., None], 0, 255), np.uint8)


def plain(width: int, height: int, rng: np.random.Generator) -> Floats:
    """One colour that runs into another."""
    one, other = colour(rng), colour(rng)
    angle = rng.uniform(0, 2 * np.pi)
    x, y = np.meshgrid(np.linspace(-0.5, 0.5, width), np.linspace(-0.5, 0.5, height))
    share = np.clip(0.5 + np.cos(angle) * x + np.sin(angle) * y, 0, 1)[..., None]
    return np.asarray(one * (1 - 0.5 * share) + other * 0.5 * share, np.float32)


def patches(width: int, height: int, rng: np.random.Generator) -> Floats:
    """Soft patches of several colours, like a room out of focus."""
    places = int(rng.integers(3, 10))
    rough = rng.integers(20, 236, (places, places, 3)).astype(np.uint8)
    return np.asarray(Image.fromarray(rough).resize((width, height), Image.Resampling.BICUBIC), np.float32)


def wood(width: int, height: int, rng: np.random.Generator) -> Floats:
    """Boards with a grain."""
    base = np.array(colour(rng, 90, 200)) * (1.0, 0.8, 0.6)
    rough = noise(width, max(4, height // 24), 30, rng)
    grain = np.asarray(Image.fromarray(np.uint8(255 * rough)).resize((width, height)), np.float32) / 255
    boards = np.sin(np.arange(height) / height * np.pi * int(rng.integers(2, 7))) ** 2 > 0.02
    picture = base * (0.75 + 0.5 * grain[..., None]) * (0.7 + 0.3 * boards[:, None, None])
    turned = picture if rng.random() < 0.5 else resized(np.transpose(picture, (1, 0, 2)), width, height)
    return np.asarray(turned, np.float32)


def tiles(width: int, height: int, rng: np.random.Generator) -> Floats:
    """Tiles or checks, turned."""
    one, other = colour(rng), colour(rng)
    side, angle = rng.uniform(0.06, 0.3) * min(width, height), rng.uniform(0, np.pi)
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    u, v = np.cos(angle) * x - np.sin(angle) * y, np.sin(angle) * x + np.cos(angle) * y
    even = (np.floor(u / side) + np.floor(v / side)) % 2
    return np.asarray(one + (other - one) * even[..., None] * rng.uniform(0.2, 1.0), np.float32)


def cloth(width: int, height: int, rng: np.random.Generator) -> Floats:
    """Noise of several sizes in two colours."""
    one, other = colour(rng), colour(rng)
    rough = np.mean([noise(width, height, side, rng) for side in ROUGH_SIDES], axis=0)
    return np.asarray(one + (other - one) * rough[..., None], np.float32)


KINDS = (plain, patches, wood, tiles, cloth)


def colour(rng: np.random.Generator, low: int = 20, high: int = 236) -> Any:
    return rng.uniform(low, high, 3)


def noise(width: int, height: int, places: int, rng: np.random.Generator) -> Floats:
    """(H, W) of 0..1, smooth between so many places."""
    rough = rng.integers(0, 256, (places, places)).astype(np.uint8)
    smooth = Image.fromarray(rough).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(smooth, np.float32) / np.float32(255)


def speckle(width: int, height: int, rng: np.random.Generator) -> Floats:
    """Noise from one pixel to the next."""
    return np.asarray(rng.normal(0, rng.uniform(0, 14), (height, width, 1)), np.float32)


def resized(picture: Any, width: int, height: int) -> Floats:
    return np.asarray(Image.fromarray(np.uint8(np.clip(picture, 0, 255))).resize((width, height)), np.float32)
