"""COCO's JSON: `images`, `categories`, and `annotations` whose `bbox` is left, top, width, height in pixels.

Category ids may have gaps, so they are looked up, never counted. `iscrowd` marks a region of many objects instead of
one; such a region is left out, and a picture that has no other annotation counts as one that nobody has looked at.
https://cocodataset.org/#format-data
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from trivium.errors import BadFile
from trivium.vision.annotation.records import Drawn, Shape, class_text, decoded, finite
from trivium.vision.annotation.shapes import from_rle, rle_counts

EXPORT = "Export it again from the program that it came from."


def looks_like(content: bytes) -> bool:
    """Whether it is such a file, be it a damaged one."""
    return content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{" and b'"annotations"' in content and b'"images"' in content


def read(name: str, content: bytes, counts: Counter[str]) -> tuple[list[Drawn], list[str]]:
    """The pictures of a file, and its classes in the order of their ids."""
    data = _parsed(content)
    categories = _categories(data)
    pictures: dict[Any, Drawn] = {}
    for row in _rows(data, "images"):
        size = finite([row.get("width"), row.get("height")])
        whole = size is not None and min(size) > 0
        pictures[_key(row.get("id"))] = Drawn(source=name, picture=str(row.get("file_name", ""))[:1000], boxes=[],
                                              size=(size[0], size[1]) if size is not None and whole else None)
    annotations = _rows(data, "annotations")
    if annotations and not any("bbox" in row or row.get("segmentation") for row in annotations):
        raise BadFile("It is a COCO file without boxes.", "Choose the one that is called instances or detection.")
    crowded, boxed = set(), set()
    for each in pictures.values():
        each.shapes = []
    for row in annotations:
        key = _key(row.get("image_id"))
        drawn, label = pictures.get(key), categories.get(_key(row.get("category_id")))
        if drawn is not None and drawn.shapes is not None and label is not None:
            drawn.shapes += _shapes(row, label)
        corners = finite(row["bbox"]) if isinstance(row.get("bbox"), list) else None
        if row.get("iscrowd"):
            counts["crowd"] += 1
            crowded.add(key)
        elif drawn is None or drawn.boxes is None or corners is None or len(corners) != 4:
            counts["broken"] += 1
        elif label is None:
            counts["unknown_class"] += 1
        else:
            x, y, width, height = corners
            drawn.boxes.append((label, x, y, x + width, y + height))
            boxed.add(key)
    for key in crowded - boxed:
        if key in pictures:
            pictures[key].boxes = None
    return list(pictures.values()), list(categories.values())


def write(photos: list[tuple[str, int, int, list[tuple[int, tuple[float, float, float, float]]]]],
          classes: list[str]) -> str:
    """A file for pictures (path, width, height, boxes as class index and shares); ids count from 1."""
    annotations: list[dict[str, Any]] = []
    for image_id, (_, width, height, boxes) in enumerate(photos, 1):
        for index, (x1, y1, x2, y2) in boxes:
            left, top, w, h = (round(v, 3) for v in (x1 * width, y1 * height, (x2 - x1) * width, (y2 - y1) * height))
            annotations.append({"id": len(annotations) + 1, "image_id": image_id, "category_id": index + 1,
                                "bbox": [left, top, w, h], "area": round(w * h, 3), "iscrowd": 0, "segmentation": []})
    return json.dumps({
        "info": {"description": "Exported from Trivium"}, "licenses": [],
        "images": [{"id": image_id, "file_name": path, "width": width, "height": height}
                   for image_id, (path, width, height, _) in enumerate(photos, 1)],
        "annotations": annotations,
        "categories": [{"id": number, "name": name, "supercategory": ""} for number, name in enumerate(classes, 1)],
    }, ensure_ascii=False)


def _shapes(row: dict[str, Any], label: str) -> list[Shape]:
    """An object's pixels, also of a crowd; its box where nothing else is said."""
    said, box = row.get("segmentation"), finite(row["bbox"]) if isinstance(row.get("bbox"), list) else None
    if isinstance(said, dict):
        try:
            height, width = (int(side) for side in said["size"])
            lengths = rle_counts(said.get("counts"))
            from_rle(lengths, width, height)
        except (BadFile, KeyError, TypeError, ValueError):
            return [Shape(label=label, how="broken")]
        return [Shape(label=label, counts=lengths, size=(height, width))]
    rings = [ring for ring in (finite(each) for each in said if isinstance(each, list)) if ring and len(ring) >= 6] \
        if isinstance(said, list) else []
    if not rings and box is not None and len(box) == 4:
        x, y, wide, high = box
        return [Shape(label=label, rings=[[x, y, x + wide, y, x + wide, y + high, x, y + high]], how="box")]
    return [Shape(label=label, rings=rings)] if rings else []


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        data = json.loads(decoded(content))
    except RecursionError:
        raise BadFile("Its JSON is nested too deeply.", EXPORT) from None
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        raise BadFile(f"Its JSON is damaged or cut off at line {line}.", EXPORT) from None
    if not isinstance(data, dict):
        raise BadFile("It is no COCO file.", EXPORT)
    return data


def _rows(data: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = data.get(key)
    if not isinstance(found, list):
        raise BadFile(f"Its '{key}' is no list.", EXPORT)
    return [row for row in found if isinstance(row, dict)]


def _categories(data: dict[str, Any]) -> dict[Any, str]:
    """Id -> name, in the order of the ids."""
    rows = [row for row in _rows(data, "categories") if isinstance(row.get("id"), int | str)]
    rows.sort(key=lambda row: (isinstance(row["id"], str), row["id"]))
    return {_key(row["id"]): class_text(row.get("name"), k) for k, row in enumerate(rows)}


def _key(value: Any) -> Any:
    """An id as it can be looked up."""
    return value if isinstance(value, int | str) else None
