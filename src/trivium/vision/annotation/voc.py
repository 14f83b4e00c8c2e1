"""Pascal VOC's XML: one file for a picture, corners in pixels that count from 1 and belong to the box.

So a box from 1 to 10 covers the ten pixels whose edges are 0 and 10. Where a set has a corner at 0, its program counted
from 0, and its corners are taken as edges. Objects that are marked `difficult` come in like others and are counted;
parts of objects are no objects. Entities are refused before they are expanded (defusedxml).
http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc/devkit_doc.html
"""

from __future__ import annotations

from collections import Counter
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import defusedxml.ElementTree
from defusedxml.common import DefusedXmlException

from trivium.errors import BadFile
from trivium.vision.annotation.records import Drawn, class_text, finite

EXPORT = "Export it again from the program that it came from."
CORNERS = ("xmin", "ymin", "xmax", "ymax")


def looks_like(content: bytes) -> bool:
    return b"<annotation" in content[:4096]


def read(name: str, content: bytes, counts: Counter[str]) -> Drawn:
    """The picture of a file, its corners still counted as the file counts them."""
    try:
        root: Element = defusedxml.ElementTree.fromstring(content, forbid_dtd=True, forbid_entities=True)
    except DefusedXmlException:
        raise BadFile("Its XML has entities of its own, which are not read.", EXPORT) from None
    except (defusedxml.ElementTree.ParseError, ValueError, LookupError, RecursionError):
        raise BadFile("Its XML is damaged or cut off.", EXPORT) from None
    if root.tag != "annotation":
        raise BadFile("It is no Pascal VOC file.", EXPORT)
    boxes = []
    for thing in root.findall("object"):
        corners = finite(_text(thing, f"bndbox/{corner}") for corner in CORNERS)
        if corners is None:
            counts["broken"] += 1
            continue
        counts["difficult"] += _text(thing, "difficult") == "1"
        boxes.append((class_text(_text(thing, "name"), 0), corners[0], corners[1], corners[2], corners[3]))
    size = finite(_text(root, f"size/{side}") for side in ("width", "height"))
    stem = name.rpartition("/")[2].rpartition(".")[0]
    return Drawn(source=name, picture=_text(root, "filename")[:1000] or stem, also=stem, boxes=boxes,
                 size=(size[0], size[1]) if size is not None and min(size) > 0 else None)


def with_edges(drawn: list[Drawn]) -> bool:
    """Make edges of the corners; whether they counted from 0."""
    from_zero = any(min(box[1:3]) < 1 for each in drawn for box in each.boxes or ())
    for each in drawn:
        if not from_zero:
            each.boxes = [(label, x1 - 1, y1 - 1, x2, y2) for label, x1, y1, x2, y2 in each.boxes or ()]
    return from_zero


def write(path: str, width: int, height: int, boxes: list[tuple[str, tuple[float, float, float, float]]]) -> str:
    """The file of a picture; boxes as class and shares. Corners are whole pixels: many programs read nothing else."""
    root = Element("annotation")
    SubElement(root, "folder").text = path.rpartition("/")[0]
    SubElement(root, "filename").text = path.rpartition("/")[2]
    size = SubElement(root, "size")
    for side, value in (("width", width), ("height", height), ("depth", 3)):
        SubElement(size, side).text = str(value)
    SubElement(root, "segmented").text = "0"
    for label, (x1, y1, x2, y2) in boxes:
        thing = SubElement(root, "object")
        for tag, text in (("name", label), ("pose", "Unspecified"), ("truncated", "0"), ("difficult", "0")):
            SubElement(thing, tag).text = text
        box = SubElement(thing, "bndbox")
        left, top, right, bottom = (round(v) for v in (x1 * width, y1 * height, x2 * width, y2 * height))
        for corner, value in zip(CORNERS, (left + 1, top + 1, max(right, left + 1), max(bottom, top + 1)), strict=True):
            SubElement(box, corner).text = str(value)
    indent(root)
    return tostring(root, encoding="unicode") + "\n"


def _text(element: Element, path: str) -> str:
    return (element.findtext(path) or "").strip()
