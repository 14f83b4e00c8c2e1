"""Masks: which class each pixel of a picture belongs to. What a segmentation model learns from.

A mask is a plane of bytes: 0 is background, k the k-th class of the project, 255 what nobody has said anything of. It
is kept as a PNG under its sha256 in the project's folder and never rewritten. The project's log names it, and the class
that each of its values means, so that renaming, merging or deleting a class changes no file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from trivium.vision.labels.planes import Plane

BACKGROUND, UNLABELLED = 0, 255
MOST_CLASSES = 254


@dataclass(frozen=True)
class Area:
    """A class on a mask: the value that stands for it in the file, and how many pixels have it."""

    label: str
    value: int
    pixels: int


@dataclass(frozen=True)
class LabelledMask:
    """A mask as a project knows it."""

    png: str  # sha256 of the file
    width: int
    height: int
    unlabelled: int  # pixels that nobody has said anything of
    areas: tuple[Area, ...]

    @property
    def pixels(self) -> int:
        return self.width * self.height

    @property
    def labels(self) -> list[str]:
        """The classes on it, each once."""
        return list(dict.fromkeys(area.label for area in self.areas))

    def shares(self) -> dict[str, float]:
        """The share of its pixels that each class has, the largest first."""
        found: dict[str, int] = {}
        for area in self.areas:
            found[area.label] = found.get(area.label, 0) + area.pixels
        return {label: pixels / self.pixels for label, pixels in sorted(found.items(), key=lambda row: -row[1])}

    def renamed(self, old: Any, new: Any) -> LabelledMask:
        """A class under another name; without one, its pixels are background."""
        given = [replace(area, label=new) if area.label == old else area for area in self.areas]
        return replace(self, areas=tuple(area for area in given if area.label is not None))

    def values(self, classes: Sequence[str]) -> Plane:
        """(256,): what each value of the file is where classes are numbered in this order."""
        table = np.zeros(256, np.uint8)
        table[UNLABELLED] = UNLABELLED
        for area in self.areas:
            table[area.value] = classes.index(area.label) + 1
        return table


def counted(plane: Plane, classes: Sequence[str], png: str) -> LabelledMask:
    """What is on a plane whose values are numbers of these classes."""
    height, width = plane.shape
    pixels = np.bincount(plane.ravel(), minlength=256)
    areas = tuple(Area(classes[value - 1], value, int(pixels[value])) for value in range(1, UNLABELLED)
                  if pixels[value])
    return LabelledMask(png, width, height, int(pixels[UNLABELLED]), areas)


def parsed_mask(row: Any) -> LabelledMask | None:
    """A mask from a line of the log; None where there is none."""
    try:
        areas = tuple(Area(str(area["label"]), int(area["value"]), int(area["pixels"])) for area in row["areas"])
        return LabelledMask(str(row["png"]), int(row["width"]), int(row["height"]), int(row["unlabelled"]), areas)
    except (KeyError, TypeError, ValueError):
        return None
