"""Photos with masks for tests: the discs and boxes of `boxed`, which are exactly where they were drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from trivium.vision.collect import importing
from trivium.vision.labels.labelling import add_classes
from trivium.vision.labels.painting import MaskChange, repaint
from trivium.vision.project import SEGMENTATION, Project, load

from .boxed import KINDS, drawing


def mask_of_drawing(number: int, side: int = 160) -> Any:
    """(H, W): 1 box, 2 disc."""
    image, things = drawing(number, side)
    plane = Image.new("L", image.size)
    for thing in things:
        corners = [value * image.size[k % 2] for k, value in enumerate(thing.xyxy)]
        draw = ImageDraw.Draw(plane)
        (draw.ellipse if thing.label == "disc" else draw.rectangle)(corners, fill=1 + KINDS.index(thing.label))
    return np.asarray(plane)


def project_of_masks(data: Path, folder: Path, name: str, count: int, first: int = 0) -> Project:
    """A segmentation project with so many drawings."""
    folder.mkdir(parents=True, exist_ok=True)
    for k in range(first, first + count):
        drawing(k)[0].save(folder / f"{k}.png")
    made, _ = importing.import_photos(data, folder, name, SEGMENTATION)
    add_classes(made, KINDS)
    repaint(made, [MaskChange(sha256, mask_of_drawing(int(item.name.split(".")[0])))
                   for sha256, item in made.items.items()])
    return load(data, name)
