"""What an annotation file says of one picture, in one form for all formats."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from trivium.vision.project import MAX_CLASS_NAME, one_line

Format = Literal["coco", "voc", "yolo", "lst", "csv"]
TITLES: dict[str, str] = {"coco": "COCO", "voc": "Pascal VOC", "yolo": "YOLO", "lst": ".lst", "csv": "CSV"}


class Shape(BaseModel):
    """One object's pixels: outlines, or the lengths of runs down the columns of a picture of that size."""

    model_config = ConfigDict(extra="forbid")

    label: str
    rings: list[list[float]] = Field(default_factory=list)  # x, y, x, y, ...
    counts: list[int] | None = None
    size: tuple[int, int] | None = None  # height, width of the run lengths
    how: Literal["drawn", "box", "broken"] = "drawn"  # whether it is only a box, or can't be read


class Drawn(BaseModel):
    """One picture's boxes or its class, as a file names them."""

    model_config = ConfigDict(extra="forbid")

    source: str  # the annotation file
    picture: str  # its path or name, as the file has it
    also: str | None = None  # what its name without ending may be otherwise
    in_pixels: bool = True  # corners are pixels, not shares
    size: tuple[float, float] | None = None  # width and height that the pixels belong to; None: those of the picture
    boxes: list[tuple[str, float, float, float, float]] | None = None  # class, left, top, right, bottom edges
    label: str | None = None  # for classification
    shapes: list[Shape] | None = None  # for segmentation


class Reading(BaseModel):
    """What all annotation files of an import come to."""

    model_config = ConfigDict(extra="forbid")

    format: Format | None = None
    classes: list[str] = Field(default_factory=list)  # in the file's order
    drawn: list[Drawn] = Field(default_factory=list)
    used: list[str] = Field(default_factory=list)  # files that were taken for annotations, and so are no pictures
    counts: dict[str, int] = Field(default_factory=dict)  # crowd, difficult, unknown_class, broken, polygons
    passed_over: list[tuple[str, str]] = Field(default_factory=list)  # file, why
    remarks: list[tuple[str, str]] = Field(default_factory=list)


def class_text(value: Any, number: int) -> str:
    """A class's name as it is kept; one without a name is called by its number."""
    return one_line(str(value if value is not None else ""))[:MAX_CLASS_NAME] or f"class {number}"


def finite(values: Iterable[Any]) -> list[float] | None:
    """Numbers, None where one is none."""
    try:
        found = [float(value) for value in values]
    except (TypeError, ValueError, OverflowError):
        return None
    return found if all(math.isfinite(value) for value in found) else None


def decoded(content: bytes) -> str:
    """Text of a file, whatever program wrote it."""
    return content.decode("utf-8-sig", "replace")
