"""What an import gives to a project for segmentation: mask files, or the outlines and run lengths of COCO and YOLO.

Outlines of larger things are painted first, so that a smaller one that lies on them stays in sight.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from trivium.errors import BadFile
from trivium.vision.annotation.given import Given
from trivium.vision.annotation.mask_files import TURNS, FileMasks
from trivium.vision.annotation.matching import SIDEWAYS, Matched, same_shape
from trivium.vision.annotation.records import TITLES, Drawn, Shape
from trivium.vision.annotation.shapes import filled, from_rle
from trivium.vision.labels.boxes import LabelledBox
from trivium.vision.labels.painting import mask_size
from trivium.vision.labels.planes import Plane
from trivium.vision.project import SEGMENTATION, Item

SAID = {  # how outlines may be that are none, and how it is told
    "broken": "{} can't be read as outlines or run lengths and were left out.",
    "box": "{} have no outline; their boxes were painted.",
}


class Painted(Given):
    """The masks of an import, by the name of their photo."""

    def __init__(self, matched: Matched | None, masks: FileMasks) -> None:
        super().__init__(SEGMENTATION, matched)
        self.masks, self.turns = masks, dict[str, int]()
        self.shaped = {name: drawn for name, drawn in matched.drawn.items() if drawn.shapes is not None} \
            if matched else {}

    @property
    def classes(self) -> list[str]:
        shown = {shape.label for drawn in self.shaped.values() for shape in drawn.shapes or ()}
        outlined = [name for name in self.reading.classes if name in shown]
        return list(dict.fromkeys([*self.masks.classes, *outlined, *sorted(shown)]))

    @property
    def names(self) -> set[str]:
        return {*self.masks.found, *self.shaped}

    def boxes(self, name: str, width: int, height: int, orientation: int = 1) -> list[LabelledBox] | None:
        """None; how the photo was turned is kept for its mask."""
        self.turns[name] = orientation
        return None

    def plane(self, name: str, item: Item, classes: list[str]) -> Plane | None:
        """A photo's mask in these classes' numbers; None where there is none for it, and the report says why."""
        orientation = self.turns.get(name, 1)
        try:
            if name in self.masks.found:
                found = self.masks.plane(name, item.width, item.height, orientation, classes)
            else:
                found = painted(self.shaped[name], item.width, item.height, orientation, classes)
        except BadFile as error:
            self.troubles.append({"file": name, "message": f"{error.message} {error.hint}"})
            return None
        self.photos, self.empty = self.photos + 1, self.empty + (not found.any())
        return found

    def report(self) -> dict[str, Any] | None:
        if not self.masks.found and (self.matched is None or self.reading.format is None):
            return None
        return {"format": "masks" if self.masks.found else self.reading.format, "photos": self.photos, "boxes": 0,
                "missing": self.matched.missing if self.matched else [], "notes": self.notes()}

    def notes(self) -> list[str]:
        if not self.names:
            return [f"The {TITLES[self.reading.format or '']} file gives no outlines, and a project for segmentation "
                    "wants masks or polygons."]
        title = "Mask files" if self.masks.found else TITLES[self.reading.format or ""]
        found = [f"{title}: masks of {self.photos:,} photos."]
        if self.empty:
            found.append(f"{self.empty:,} of them are all background; those photos count as looked at.")
        for how, text in SAID.items():
            count = sum(shape.how == how for drawn in self.shaped.values() for shape in drawn.shapes or ())
            if count:
                found.append(text.format(f"{count:,} objects"))
        return [*found, *self.masks.notes()]


def painted(drawn: Drawn, width: int, height: int, orientation: int, classes: list[str]) -> Plane:
    """The mask of a photo of this size (upright) from outlines; BadFile where they belong to another picture."""
    size = drawn.size or (float(width), float(height))
    turned = drawn.in_pixels and not same_shape(size, (width, height))
    if turned and (orientation not in SIDEWAYS or not same_shape(size, (height, width))):
        raise BadFile(f"Its outlines were drawn on a picture of {size[0]:g} x {size[1]:g} pixels, and it has {width} x "
                      f"{height}.", "Export them again for this photo.")
    w, h = mask_size(width, height)
    w, h = (h, w) if turned else (w, h)
    scale = (w / size[0], h / size[1]) if drawn.in_pixels else (float(w), float(h))
    parts = [(shape.label, bits_of(shape, scale, w, h)) for shape in drawn.shapes or ()]
    plane: Plane = np.zeros((h, w), np.uint8)
    for label, bits in sorted(parts, key=lambda part: -int(part[1].sum())):
        plane[bits] = classes.index(label) + 1
    return np.ascontiguousarray(TURNS[orientation](plane)) if turned else plane


def bits_of(shape: Shape, scale: tuple[float, float], width: int, height: int) -> Any:
    """(height, width) bool: the pixels of one object."""
    if shape.counts is not None and shape.size is not None:
        bits = from_rle(shape.counts, shape.size[1], shape.size[0])
        return np.asarray(Image.fromarray(bits).resize((width, height), Image.Resampling.NEAREST))
    rings = [(np.asarray(ring[:len(ring) // 2 * 2]).reshape(-1, 2) * scale).ravel().tolist() for ring in shape.rings]
    return filled(rings, width, height)
