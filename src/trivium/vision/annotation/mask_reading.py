"""Masks from a stranger's bytes, whatever program wrote them, as planes of numbers: in a confined process.

    python -P -m trivium.vision.annotation.mask_reading FOLDER

Greyscale and palettes are numbers already. Of colours each gets a number of its own, and which class it is, the parent
finds out. What is larger than a project's masks is made smaller, each pixel the nearest one's class.
"""

from __future__ import annotations

import io
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from trivium.errors import BadFile
from trivium.vision.collect.pictures import VIEW_SIDE
from trivium.vision.labels.planes import Plane, packed

FORMATS = ("PNG", "BMP", "TIFF", "GIF")
MOST_PIXELS = 40_000_000
MOST_COLOURS = 255
SAVE = "Save masks as PNG with one value or colour for each class."


@dataclass
class MaskRead:
    """A plane, the size that it had, the values that are on it and, where it has colours, each value's."""

    plane: Plane
    width: int
    height: int
    values: list[int]
    colours: dict[int, tuple[int, int, int]]
    by_colour: bool  # whether the colours say which class, and the values nothing


def read_mask(data: bytes) -> MaskRead:
    """BadFile says in one line why there is none."""
    if data.startswith(b"\xff\xd8"):
        raise BadFile("It is a JPEG, which blurs the classes of a mask.", SAVE)
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise BadFile(f"It has {opened.width:,} x {opened.height:,} pixels, too many for a mask.",
                              "Make photo and mask smaller.")
            opened.load()
            plane, colours, by_colour = _numbers(opened)
    except UnidentifiedImageError:
        raise BadFile("It is no mask that can be read.", SAVE) from None
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError):
        raise BadFile("It is damaged or cut off.", SAVE) from None
    height, width = plane.shape
    values = [int(value) for value in np.unique(plane)]
    scale = min(1.0, VIEW_SIDE / max(width, height))
    if scale < 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        plane = np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.NEAREST))
    return MaskRead(plane, width, height, values, {value: colours[value] for value in values if value in colours},
                    by_colour)


def _numbers(image: Image.Image) -> tuple[Plane, dict[int, tuple[int, int, int]], bool]:
    """(plane, colour of each value, whether colours count)."""
    if image.mode == "P":
        palette = np.asarray(image.getpalette("RGB") or [], np.uint8).reshape(-1, 3)
        return np.asarray(image), {k: (int(r), int(g), int(b)) for k, (r, g, b) in enumerate(palette)}, False
    if image.mode == "1":
        return np.asarray(image).astype(np.uint8), {}, False
    if image.mode == "L":
        return np.asarray(image), {}, False
    if image.mode in ("I", "I;16", "I;16B", "I;16L", "I;16N", "F"):
        values = np.asarray(image)
        if values.min() < 0 or values.max() > 255 or (values != np.floor(values)).any():
            raise BadFile(f"It has more than 8 bits a pixel, and values up to {values.max():g}.",
                          "Use values from 0 to 255.")
        return values.astype(np.uint8), {}, False
    return _of_colours(image)


def _of_colours(image: Image.Image) -> tuple[Plane, dict[int, tuple[int, int, int]], bool]:
    """Each colour a number; grey ones in three channels are the numbers that they were."""
    pixels: Any = np.asarray(image.convert("RGBA"))
    seen = np.where(pixels[..., 3:] > 0, pixels[..., :3], 0).astype(np.uint32)  # what is transparent is black
    packed = seen[..., 0] << 16 | seen[..., 1] << 8 | seen[..., 2]
    colours, plane = np.unique(packed, return_inverse=True)
    if len(colours) > MOST_COLOURS:
        raise BadFile(f"It has {len(colours):,} colours, so it is no mask of classes.", SAVE)
    table = {k: (int(c) >> 16, int(c) >> 8 & 255, int(c) & 255) for k, c in enumerate(colours)}
    if all(r == g == b for r, g, b in table.values()):
        return seen[..., 0].astype(np.uint8), {}, False
    return plane.reshape(packed.shape).astype(np.uint8), table, True


def facts_of(path: Path, _name: str, _network: Any) -> dict[str, Any]:
    """What a mask is; its plane is written beside it."""
    try:
        found = read_mask(path.read_bytes())
    except BadFile as error:
        return {"error": f"{error.message} {error.hint}".strip()}
    path.with_suffix(".mask").write_bytes(packed(found.plane))
    return {"width": found.width, "height": found.height, "values": found.values, "colours": found.colours,
            "by_colour": found.by_colour}


def main(folder: Path) -> int:
    """In the process: read every mask of the folder."""
    from trivium.core.spec import Limits
    from trivium.vision.collect.pictures import preload
    from trivium.vision.collect.reading import MEMORY_MB, RESULT_MB, read_all

    return read_all(folder, facts_of, preload, Limits(mem_mb=MEMORY_MB, file_mb=RESULT_MB))


if __name__ == "__main__":
    exit_code = main(Path(sys.argv[1]))
    os._exit(exit_code)
