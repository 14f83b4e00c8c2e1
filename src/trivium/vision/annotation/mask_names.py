"""Which files of an import are masks, which photo each belongs to, and what the classes of their values are called.

    images/1.jpg  masks/1.png            a folder whose name says so
    JPEGImages/1.jpg  SegmentationClass/1.png    Pascal VOC
    1.jpg  1_mask.png                    a name that says so
    1.jpg  1.png                         the same name beside a JPEG

Classes: `classes.txt`, a line each, `labels.json`, or CVAT's `labelmap.txt` with colours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from trivium.vision.annotation.records import class_text, decoded
from trivium.vision.labels.masks import UNLABELLED

FOLDERS = {"mask", "masks", "segmentationclass", "segmentation", "segmentations", "annotations", "labels", "gt",
           "groundtruth", "ground_truth", "seg", "segs", "label", "labelids"}
INSTANCES = {"segmentationobject", "instances"}
PICTURES = {".png", ".bmp", ".tif", ".tiff", ".gif"}
JPEGS = {".jpg", ".jpeg"}
SUFFIX = re.compile(r"[ _.-](mask|masks|seg|segmentation|labels?|gt|labelids|matte)$", re.IGNORECASE)
NAME_FILES = {"classes.txt", "labels.txt", "names.txt", "obj.names", "class_names.txt", "labels.json", "classes.json",
              "class_names.json", "labelmap.txt"}
NOTHING = {"background", "bg", "backgr", "none"}
IGNORED = {"ignore", "ignored", "void", "unlabelled", "unlabeled"}
VOC = ("aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable", "dog",
       "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor")
VOC_VOID = (224, 224, 192)
Colour = tuple[int, int, int]


@dataclass
class Names:
    """Classes by value and by colour; "" is background, None what is not labelled."""

    by_value: dict[int, str | None] = field(default_factory=dict)
    by_colour: dict[Colour, str | None] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.by_value or self.by_colour)

    @property
    def classes(self) -> list[str]:
        """In their order, without background."""
        return list(dict.fromkeys(name for name in [*self.by_value.values(), *self.by_colour.values()] if name))


def split(name: str) -> tuple[list[str], str, str]:
    """(folders in small letters, stem, ending) of a path."""
    *folders, last = name.replace("\\", "/").split("/")
    stem, dot, ending = last.rpartition(".")
    return [each.lower() for each in folders], stem if dot else last, f".{ending.lower()}" if dot else ""


def masks_among(names: Iterable[str], known: Iterable[str] = ()) -> tuple[dict[str, str], list[str]]:
    """({mask: stem of its photo}, files of single objects, which are no masks of classes); `known` are photos that are
    there already."""
    names = list(names)
    parts = {name: split(name) for name in names}
    found, objects = dict[str, str](), list[str]()
    stems = {(tuple(folders), stem): ending for folders, stem, ending in parts.values() if ending in JPEGS}
    for name, (folders, stem, ending) in parts.items():
        short = SUFFIX.sub("", stem)
        if ending not in PICTURES:
            continue
        if INSTANCES & set(folders):
            objects.append(name)
        elif FOLDERS & set(folders) or short != stem or (tuple(folders), stem) in stems:
            found[name] = short
    photos = {stem for name, (_, stem, _) in parts.items() if name not in found and name not in objects}
    photos |= {split(name)[1] for name in known}
    if not photos & set(found.values()):  # a folder of that name alone holds photos
        found = {name: stem for name, stem in found.items() if SUFFIX.search(parts[name][1])}
    return found, objects


def is_name_file(name: str) -> bool:
    """Whether a file may say what classes are called."""
    return name.rpartition("/")[2].lower() in NAME_FILES


def names_in(name: str, content: bytes) -> Names:
    """What such a file says; nothing where it says nothing that is understood."""
    if name.lower().endswith(".json"):
        return _from_json(content)
    lines = [line.strip() for line in decoded(content).splitlines() if line.strip() and not line.startswith("#")]
    if name.lower().endswith("labelmap.txt"):
        return _from_labelmap(lines)
    return _from_list(lines[:256])


def meaning(name: str) -> str | None:
    """A class's name; "" for background, None for what is not labelled."""
    plain = name.strip().strip("_").lower()
    return "" if plain in NOTHING else None if plain in IGNORED else class_text(name, 0)


def _from_list(lines: list[str]) -> Names:
    """The first line is class 0 where it says background, else class 1; what is to be ignored may stand before it."""
    if lines and meaning(lines[0]) is None:
        lines = lines[1:]
    first = 0 if lines and meaning(lines[0]) == "" else 1
    return Names({0: "", UNLABELLED: None, **{k: meaning(line) for k, line in enumerate(lines, first)}})


def _from_labelmap(lines: list[str]) -> Names:
    """CVAT: `label:r,g,b:parts:actions`."""
    found = Names()
    for line in lines:
        label, _, rest = line.partition(":")
        colour = _colour(rest.partition(":")[0].split(","))
        if colour is not None:
            found.by_colour[colour] = meaning(label)
    return found


def _from_json(content: bytes) -> Names:
    """["road", "tree"], {"1": "road"}, {"road": 1}, {"road": [128, 64, 128]}, or a list of {"name", "id", "color"}."""
    try:
        data = json.loads(decoded(content))
    except (ValueError, RecursionError):
        return Names()
    if isinstance(data, dict):
        data = data.get("classes", data.get("labels", data.get("categories", data)))
    if isinstance(data, list) and all(isinstance(each, str) for each in data):
        return _from_list(data[:256])
    found = Names()
    rows = data.items() if isinstance(data, dict) else [
        (row.get("name"), [row.get("id", row.get("value")), row.get("color", row.get("colour"))])
        for row in data if isinstance(row, dict)] if isinstance(data, list) else []
    for key, value in rows:
        if isinstance(value, str) and str(key).isdigit():
            key, value = value, int(key)
        parts = value if isinstance(data, list) else [value, value]
        if isinstance(parts[0], int) and 0 <= parts[0] <= UNLABELLED:
            found.by_value[parts[0]] = meaning(str(key))
        colour = _colour(parts[1] if isinstance(parts[1], list) else [])
        if colour is not None:
            found.by_colour[colour] = meaning(str(key))
    if found.by_value:
        found.by_value = {0: "", UNLABELLED: None, **found.by_value}
    return found


def _colour(parts: Sequence[object]) -> Colour | None:
    try:
        found = tuple(int(str(each)) for each in parts)
    except ValueError:
        return None
    return (found[0], found[1], found[2]) if len(found) == 3 and all(0 <= each <= 255 for each in found) else None


def voc_colours() -> list[Colour]:
    """The 256 colours of Pascal VOC's palette: the bits of a value, spread over the three channels."""
    found = []
    for value in range(256):
        colour = [sum((value >> (3 * bit + channel) & 1) << (7 - bit) for bit in range(3)) for channel in range(3)]
        found.append((colour[0], colour[1], colour[2]))
    return found
