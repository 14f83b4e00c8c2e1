"""YOLO's text: a file for a picture, a line for an object: class, centre x, centre y, width, height, all shares.

An empty file says that nothing is there. A line of more numbers is a polygon, whose bounding box is taken. The classes'
names stand in `data.yaml`, or a line each in `classes.txt` or `obj.names`.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from trivium.errors import BadFile
from trivium.vision.annotation.records import Drawn, Shape, class_text, decoded, finite

NAME_FILES = {"classes.txt", "labels.txt", "obj.names", "names.txt"}
BOX, SURE_BOX, LEAST_POLYGON = 5, 6, 7  # numbers in a line; a model's own answers end in a confidence


def looks_like(content: bytes) -> bool:
    """Whether every line is a class and some numbers."""
    lines = decoded(content[:200_000]).splitlines()
    lines = lines[:-1] if len(content) > 200_000 else lines  # the last one may be cut
    return all(_row(line) is not None for line in lines if line.strip())


def is_name_file(name: str, content: bytes) -> bool:
    """Whether it lists the names of classes."""
    last = name.rpartition("/")[2].lower()
    if last.endswith((".yaml", ".yml")):
        return b"names" in content
    return last in NAME_FILES or last.endswith(".names")


def names_of(name: str, content: bytes) -> list[str]:
    """The names of the classes by their number."""
    if name.lower().endswith((".yaml", ".yml")):
        return _from_yaml(content)
    return [class_text(line, k) for k, line in enumerate(decoded(content).split("\n")) if line.strip()]


def read(name: str, content: bytes, names: list[str], counts: Counter[str]) -> Drawn:
    """The picture of a file."""
    boxes, shapes = [], list[Shape]()
    for line in decoded(content).splitlines():
        if not line.strip():
            continue
        row = _row(line)
        if row is None:
            counts["broken"] += 1
        elif names and row[0] >= len(names):
            counts["unknown_class"] += 1
        else:
            counts["polygons"] += len(row[1]) >= LEAST_POLYGON - 1
            label = names[row[0]] if names else f"class {row[0]}"
            boxes.append((label, *_corners(row[1])))
            shapes.append(Shape(label=label, rings=[_ring(row[1])]))
    stem = name.rpartition(".")[0]
    return Drawn(source=name, picture=stem.rpartition("/")[2], also=stem.rpartition("/")[2], in_pixels=False,
                 boxes=boxes, shapes=shapes)


def write(boxes: list[tuple[int, tuple[float, float, float, float]]]) -> str:
    """The file of a picture; boxes as class index and shares."""
    rows = [(index, (x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1) for index, (x1, y1, x2, y2) in boxes]
    return "".join(f"{index} {x:.8f} {y:.8f} {w:.8f} {h:.8f}\n" for index, x, y, w, h in rows)


def write_yaml(classes: list[str], pictures: str) -> str:
    """`data.yaml`; all pictures are for training, as Trivium and others split by themselves."""
    import yaml

    card = {"path": ".", "train": pictures, "val": pictures, "nc": len(classes), "names": dict(enumerate(classes))}
    return str(yaml.safe_dump(card, allow_unicode=True, sort_keys=False))


def _row(line: str) -> tuple[int, list[float]] | None:
    """(class, numbers) of a line; None where it is none."""
    words = line.split()
    values = finite(words)
    if values is None or values[0] < 0 or values[0] != int(values[0]) or values[0] > 1e6:
        return None
    return (int(values[0]), values[1:]) if len(words) in (BOX, SURE_BOX) or _is_polygon(len(words)) else None


def _is_polygon(words: int) -> bool:
    return words >= LEAST_POLYGON and words % 2 == 1


def _corners(values: list[float]) -> tuple[float, float, float, float]:
    if len(values) >= LEAST_POLYGON - 1:
        xs, ys = values[0::2], values[1::2]
        return min(xs), min(ys), max(xs), max(ys)
    x, y, width, height = values[:4]
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _ring(values: list[float]) -> list[float]:
    """The outline of a line: its polygon, or its box."""
    if len(values) >= LEAST_POLYGON - 1:
        return values
    x1, y1, x2, y2 = _corners(values)
    return [x1, y1, x2, y1, x2, y2, x1, y2]


def _from_yaml(content: bytes) -> list[str]:
    import yaml

    try:
        found: Any = yaml.safe_load(decoded(content))
    except (yaml.YAMLError, RecursionError, ValueError):
        raise BadFile("Its YAML is damaged.", "Mend it, or list the classes in classes.txt, one a line.") from None
    names = found.get("names") if isinstance(found, dict) else None
    if isinstance(names, dict) and all(isinstance(key, int) and 0 <= key < 10_000 for key in names):
        return [class_text(names.get(k), k) for k in range(max(names, default=-1) + 1)]
    if isinstance(names, list):
        return [class_text(each, k) for k, each in enumerate(names)]
    raise BadFile("It does not name the classes.", "It needs a list of names: under the key 'names'.")
