"""Which photo an annotation means, and where on it its boxes are.

A photo is found by its path from the end, so that it matters little from where a program counted; of several, the one
whose folders are most alike is meant (labels/train/1.txt and images/train/1.jpg). Pixels become shares by the size that
the file gives, for photos are often made smaller after they were annotated. Where that size is the photo's own turned
on its side, the boxes were drawn before its EXIF orientation was looked at, and are turned with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from trivium.vision.annotation.reading import stem_of
from trivium.vision.annotation.records import Drawn, Reading
from trivium.vision.labels.boxes import MAX_BOXES, XYXY, LabelledBox, fitted

SAME_SHAPE = 0.02  # how far two shapes may differ and be the same picture, made smaller
SIDEWAYS = (5, 6, 7, 8)  # EXIF orientations that change width and height


@dataclass
class Placed:
    """A photo's boxes."""

    boxes: list[LabelledBox] | None = None
    clipped: int = 0
    outside: int = 0
    trouble: str | None = None


@dataclass
class Matched:
    """What annotations say of each photo of an import, by the photo's name."""

    reading: Reading
    drawn: dict[str, Drawn] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)  # pictures that are annotated and not there


def match(reading: Reading, names: Iterable[str]) -> Matched:
    """Find the photo of each annotation."""
    finder, found = Finder(names), Matched(reading)
    for each in reading.drawn:
        name = finder.find(each)
        if name is None:
            found.missing.append(each.picture)
        elif name in found.drawn:
            found.drawn[name] = _together(found.drawn[name], each)
        else:
            found.drawn[name] = each
    return found


def _together(one: Drawn, other: Drawn) -> Drawn:
    """Two annotations of a picture: what both say counts once."""
    if one.boxes is None or other.boxes is None or one.size != other.size:
        return other if one.boxes is None else one
    return one.model_copy(update={"boxes": list(dict.fromkeys([*one.boxes, *other.boxes]))})


class Finder:
    """Photos by what their paths end in."""

    def __init__(self, names: Iterable[str]) -> None:
        self.by_last: dict[str, list[str]] = {}
        self.by_stem: dict[str, list[str]] = {}
        for name in names:
            self.by_last.setdefault(name.rpartition("/")[2].lower(), []).append(name)
            self.by_stem.setdefault(stem_of(name).lower(), []).append(name)

    def find(self, drawn: Drawn) -> str | None:
        path = drawn.picture.replace("\\", "/")
        found = self.by_last.get(path.rpartition("/")[2].lower())
        if not found and drawn.also is not None:
            found = self.by_stem.get(drawn.also.lower())
        if not found:
            return None
        wanted, folders = path.lower().split("/"), set(drawn.source.lower().split("/")[:-1])
        return max(found, key=lambda name: (_common_end(name.lower().split("/"), wanted),
                                            len(folders & set(name.lower().split("/")[:-1]))))


def _common_end(one: list[str], other: list[str]) -> int:
    """How many last parts are the same."""
    count = 0
    for a, b in zip(reversed(one), reversed(other), strict=False):
        if a != b:
            break
        count += 1
    return count


def place(drawn: Drawn, width: int, height: int, orientation: int = 1) -> Placed:
    """The boxes of a photo of this size (upright), as shares of it."""
    if drawn.boxes is None:
        return Placed()
    size = drawn.size or (float(width), float(height))
    turned = False
    if drawn.in_pixels and not same_shape(size, (width, height)):
        turned = orientation in SIDEWAYS and same_shape(size, (height, width))
        if not turned:
            return Placed(trouble=f"Its boxes were drawn on a picture of {size[0]:g} x {size[1]:g} pixels, and it has "
                                  f"{width} x {height}; they were left out.")
    w, h = size if drawn.in_pixels else (1.0, 1.0)
    found = Placed([])
    kept = list[LabelledBox]()
    for label, x1, y1, x2, y2 in drawn.boxes[:MAX_BOXES]:
        fit = fitted((x1 / w, y1 / h, x2 / w, y2 / h))
        if fit is None:
            found.outside += 1
            continue
        found.clipped += fit[1]
        kept.append(LabelledBox(label, upright(fit[0], orientation) if turned else fit[0]))
    found.boxes = kept
    if len(drawn.boxes) > MAX_BOXES:
        found.trouble = f"It has {len(drawn.boxes):,} boxes; the first {MAX_BOXES:,} were taken."
    return found


def upright(xyxy: XYXY, orientation: int) -> XYXY:
    """A box on the picture as it is stored, on the picture as it is shown; orientations that change the sides."""
    x1, y1, x2, y2 = xyxy
    if orientation == 5:  # mirrored along the main diagonal
        return y1, x1, y2, x2
    if orientation == 6:  # to be turned clockwise
        return 1 - y2, x1, 1 - y1, x2
    if orientation == 7:  # mirrored along the other diagonal
        return 1 - y2, 1 - x2, 1 - y1, 1 - x1
    return y1, 1 - x2, y2, 1 - x1  # 8, to be turned counter-clockwise


def same_shape(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether two sizes are those of one picture, made smaller."""
    return abs(one[0] * other[1] - one[1] * other[0]) <= SAME_SHAPE * one[1] * other[0]
