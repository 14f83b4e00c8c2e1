"""A strip: frames of a video side by side in one JPEG, which pages play, scrub and show without a decoder.

Ten tiles a row. A short clip has one for each moment; of a long one so many are spread evenly over its time.
"""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from trivium.vision.activity.sampling import ticks_before
from trivium.vision.collect.pictures import jpeg

STRIP = "strips"  # where they lie in the store
COLUMNS, MOST_TILES = 10, 600
TILE_SIDE, QUALITY = 144, 78  # pixels of the longer side


def tile_count(duration_s: float) -> int:
    """How many tiles the strip of such a video has."""
    return max(1, min(ticks_before(duration_s), MOST_TILES))


def strip_of(tiles: list[Image.Image]) -> bytes:
    """The strip of these tiles, one for each moment."""
    count = min(len(tiles), MOST_TILES)
    chosen = [tiles[int(k)] for k in np.arange(count) * len(tiles) // count]
    width, height = chosen[0].size
    whole = Image.new("RGB", (width * COLUMNS, height * math.ceil(count / COLUMNS)))
    for k, tile in enumerate(chosen):
        whole.paste(tile, (k % COLUMNS * width, k // COLUMNS * height))
    return jpeg(whole, QUALITY)
