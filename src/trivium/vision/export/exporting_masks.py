"""Masks as files that other programs read: PNGs with a palette and the classes beside them, or COCO with run lengths.

A mask leaves as large as its photo. In COCO an object is all of a class on a photo, for masks do not tell one thing of
a class from the next.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from trivium.vision.annotation.mask_names import VOC_VOID, voc_colours
from trivium.vision.annotation.shapes import to_rle
from trivium.vision.labels.masks import BACKGROUND, UNLABELLED
from trivium.vision.labels.painting import plane_of
from trivium.vision.labels.planes import Plane, packed
from trivium.vision.project import Item, Project

if TYPE_CHECKING:
    from trivium.vision.export.leaving import Leaving


def write_masks(folder: Path, leaving: list[Leaving], project: Project) -> None:
    """`masks/`, beside `images/`; `classes.txt`, whose first line is value 0, and `labels.json` with the colours."""
    colours = [*voc_colours()[:UNLABELLED], VOC_VOID]
    (folder / "masks").mkdir()
    for each in leaving:
        (folder / "masks" / f"{Path(each.path).stem}.png").write_bytes(packed(full_size(project, each.item), colours))
    names = ["background", *project.classes]
    (folder / "classes.txt").write_text("".join(f"{name}\n" for name in names), encoding="utf-8", newline="\n")
    rows = [{"id": value, "name": name, "color": list(colours[value])} for value, name in enumerate(names)]
    rows.append({"id": UNLABELLED, "name": "ignore", "color": list(colours[UNLABELLED])})
    (folder / "labels.json").write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")


def write_coco(folder: Path, leaving: list[Leaving], project: Project) -> None:
    """`annotations.json`; category ids count from 1, in the order of the classes."""
    images, objects = list[dict[str, Any]](), list[dict[str, Any]]()
    for image_id, each in enumerate(leaving, 1):
        images.append({"id": image_id, "file_name": each.path, "width": each.item.width, "height": each.item.height})
        plane = full_size(project, each.item)
        for value in (int(value) for value in np.unique(plane) if value not in (BACKGROUND, UNLABELLED)):
            bits = plane == value
            rows, columns = np.flatnonzero(bits.any(1)), np.flatnonzero(bits.any(0))
            box = [int(columns[0]), int(rows[0]), int(columns[-1] - columns[0] + 1), int(rows[-1] - rows[0] + 1)]
            objects.append({"id": len(objects) + 1, "image_id": image_id, "category_id": value, "bbox": box,
                            "area": int(bits.sum()), "iscrowd": 0, "segmentation": to_rle(bits)})
    (folder / "annotations.json").write_text(json.dumps({
        "info": {"description": "Exported from Trivium"}, "licenses": [], "images": images, "annotations": objects,
        "categories": [{"id": number, "name": name, "supercategory": ""}
                       for number, name in enumerate(project.classes, 1)]}, ensure_ascii=False), encoding="utf-8")


def full_size(project: Project, item: Item) -> Plane:
    """A photo's mask, as large as the photo."""
    plane = plane_of(project, item)
    assert plane is not None  # those that nobody has looked at stay here
    if plane.shape == (item.height, item.width):
        return plane
    return np.asarray(Image.fromarray(plane).resize((item.width, item.height), Image.Resampling.NEAREST))
