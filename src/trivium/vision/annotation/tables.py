"""Tables (CSV, TSV) with a header: a row for each picture and its class, or for each box.

The columns of boxes are called xmin, ymin, xmax and ymax, or the like; `width` and `height` of the picture may stand
beside them. Numbers that are all within 0 and 1 are shares of the picture, others pixels. A picture whose row has a
file and no box was looked at, and nothing is there.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from trivium.errors import BadFile
from trivium.vision.annotation.records import Drawn, class_text, decoded, finite
from trivium.vision.labels.boxes import XYXY

FILE = ("file", "filename", "file_name", "image", "path", "picture", "photo", "image_path")
CLASS = ("label", "class", "category", "class_name", "name")
SIDES = (("xmin", "x_min", "x1", "left"), ("ymin", "y_min", "y1", "top"),
         ("xmax", "x_max", "x2", "right"), ("ymax", "y_max", "y2", "bottom"))
SIZE = (("width", "image_width"), ("height", "image_height"))
HEADER = ("file", "width", "height", "label", "xmin", "ymin", "xmax", "ymax")


@dataclass(frozen=True)
class Columns:
    """Where things stand in a row."""

    file: int
    label: int
    sides: list[int]  # left, top, right, bottom; none in a table of classes
    size: list[int]  # width, height, or none


def looks_like_csv(content: bytes) -> bool:
    return _opened(decoded(content[:20_000])) is not None


def read_csv(name: str, content: bytes, counts: Counter[str]) -> list[Drawn]:
    """The pictures of a table, with a class or boxes each; an empty class is none. Raises BadFile."""
    opened = _opened(decoded(content))
    if opened is None:
        raise BadFile("Its first line does not name the columns.", "Name them: file,label")
    columns, reader = opened
    try:
        rows = [[cell.strip() for cell in row] for row in reader if row]
    except csv.Error:
        raise BadFile("It is a damaged table.", "Save it again as CSV.") from None
    whole = [row for row in rows if len(row) > max(columns.file, columns.label) and row[columns.file]]
    if columns.sides:
        return _boxed(name, whole, columns, counts)
    return [Drawn(source=name, picture=row[columns.file][:1000],
                  label=class_text(row[columns.label], 0) if row[columns.label] else None) for row in whole]


def write_csv(rows: list[tuple[str, str]]) -> str:
    """A table of pictures and classes."""
    return _written([("file", "label"), *rows])


def write_boxes_csv(rows: list[tuple[str, int, int, list[tuple[str, XYXY]]]]) -> str:
    """A table of boxes in pixels, of pictures (path, width, height, boxes as class and shares)."""
    lines: list[tuple[object, ...]] = [HEADER]
    for path, width, height, boxes in rows:
        lines += [(path, width, height, label, *(f"{share * side:.3f}" for share, side
                                                 in zip(xyxy, (width, height) * 2, strict=True)))
                  for label, xyxy in boxes] or [(path, width, height, "", "", "", "", "")]
    return _written(lines)


def _boxed(name: str, rows: list[list[str]], columns: Columns, counts: Counter[str]) -> list[Drawn]:
    found: dict[str, Drawn] = {}
    for row in rows:
        size = finite(_cells(row, columns.size)) if columns.size else None
        sides = _cells(row, columns.sides)
        each = found.setdefault(row[columns.file], Drawn(
            source=name, picture=row[columns.file][:1000], boxes=[],
            size=(size[0], size[1]) if size and min(size) > 0 else None))
        corners = finite(sides)
        if corners is not None and each.boxes is not None:
            each.boxes.append((class_text(row[columns.label], 0), corners[0], corners[1], corners[2], corners[3]))
        elif any(sides):
            counts["broken"] += 1
    numbers = [number for each in found.values() for box in each.boxes or () for number in box[1:]]
    are_shares = bool(numbers) and max(numbers) <= 1.0
    return [each.model_copy(update={"in_pixels": not are_shares}) for each in found.values()]


def _cells(row: list[str], columns: list[int]) -> list[str]:
    return [row[k] if k < len(row) else "" for k in columns]


def _opened(text: str) -> tuple[Columns, Iterator[list[str]]] | None:
    """What the header names, and a reader of what follows."""
    first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text), delimiter=max(",;\t", key=first.count))
    try:
        header = [cell.strip().lower() for cell in next(reader)]
    except (StopIteration, csv.Error):
        return None
    file, label = _places(header, (FILE, CLASS))
    sides, size = _places(header, SIDES), _places(header, SIZE)
    if file < 0 or label < 0:
        return None
    return Columns(file, label, sides if min(sides) >= 0 else [], size if min(size) >= 0 else []), reader


def _places(header: list[str], wanted: tuple[tuple[str, ...], ...]) -> list[int]:
    """The column of each, -1 where there is none."""
    return [next((header.index(name) for name in names if name in header), -1) for names in wanted]


def _written(rows: list[tuple[object, ...]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()
