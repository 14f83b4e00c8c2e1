"""A project of composed photos with exact boxes or masks, to try the studio with before there are own photos.

The photos come in as anybody's do. Their names begin with `synthetic`, and what was taught with them says so on its
card.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image

from trivium.errors import BadConfig, NameTaken
from trivium.vision.collect import importing
from trivium.vision.collect.pictures import jpeg
from trivium.vision.demo_data.cutouts import SOURCE, cut_outs
from trivium.vision.demo_data.scenes import CutOuts, Scene, scene
from trivium.vision.labels.boxes import LabelledBox
from trivium.vision.labels.boxing import BoxChange, rebox
from trivium.vision.labels.labelling import add_classes
from trivium.vision.labels.painting import MaskChange, repaint
from trivium.vision.labels.planes import Plane, packed, unpacked
from trivium.vision.project import DETECTION, SEGMENTATION, Project, place_of

SYNTHETIC = "synthetic"
QUALITY, AT_ONCE = 90, 100  # masks that are unpacked at a time
USUAL_KINDS = ("cup", "fruit", "vehicle")


def demo_project(data: Path, name: str, photos: int = 200, kinds: Sequence[str] = USUAL_KINDS, seed: int = 1,
                 say: Callable[[str], None] = lambda _text: None, task: str = DETECTION) -> dict[str, Any]:
    """Make the project: {"project", "photos", "boxes", "classes", "how"}; "boxes" and "classes" count things."""
    if place_of(data, name).exists():
        raise NameTaken(f"There is already a project called {name}.", "Choose another name.")
    if task not in (DETECTION, SEGMENTATION):
        raise BadConfig(f"There are no composed photos for {task[:40]!r}.", f"There are for: {DETECTION}, "
                        f"{SEGMENTATION}.")
    things = compose(data, name, cut_outs(kinds), photos, seed, say, task)
    return {"project": name, "photos": photos, "boxes": sum(things.values()), "classes": things,
            "how": f"Synthetic: cut-outs ({SOURCE}) on drawn backgrounds."}


def compose(data: Path, name: str, pictures: CutOuts, photos: int, seed: int,
            say: Callable[[str], None] = lambda _text: None, task: str = DETECTION) -> dict[str, int]:
    """A project of scenes made of any cut-outs; how many things of each class there are."""
    boxes, masks, kinds = dict[str, list[LabelledBox]](), dict[str, bytes](), sorted(pictures)
    with TemporaryDirectory(prefix="trivium-demo-") as folder:
        for number in range(photos):
            made = scene(pictures, seed, number)
            file = f"{SYNTHETIC}-{seed}-{number:04}.jpg"
            (Path(folder) / file).write_bytes(jpeg(Image.fromarray(made.picture), QUALITY))
            boxes[file] = [LabelledBox(thing.label, thing.xyxy) for thing in made.things]
            masks[file] = packed(plane_of_scene(made, kinds)) if task == SEGMENTATION else b""
            if (number + 1) % 50 == 0:
                say(f"{number + 1} of {photos} photos composed ...")
        project, _ = importing.import_photos(data, Path(folder), name, task, say)
    if task == DETECTION:
        rebox(project, [BoxChange(sha256, boxes[item.name]) for sha256, item in project.items.items()])
    else:
        paint(project, masks, kinds)
    return counted(boxes)


def paint(project: Project, masks: Mapping[str, bytes], kinds: Sequence[str]) -> None:
    """Give photos their masks, some at a time."""
    add_classes(project, kinds)
    items = list(project.items.values())
    for at in range(0, len(items), AT_ONCE):
        repaint(project, [MaskChange(item.sha256, unpacked(masks[item.name])) for item in items[at:at + AT_ONCE]])


def plane_of_scene(made: Scene, kinds: Sequence[str]) -> Plane:
    """The scene's mask; what is seen of a thing is seen of no other."""
    plane: Plane = np.zeros(made.picture.shape[:2], np.uint8)
    for thing in made.things:
        plane[thing.mask] = kinds.index(thing.label) + 1
    return plane


def counted(found: Mapping[str, Sequence[LabelledBox]]) -> dict[str, int]:
    """How many things there are of each class."""
    labels = [box.label for boxes in found.values() for box in boxes]
    return {label: labels.count(label) for label in sorted(set(labels))}


def is_synthetic(name: str) -> bool:
    """Whether a photo of that name was composed here."""
    return name.rpartition("/")[2].startswith(f"{SYNTHETIC}-")
