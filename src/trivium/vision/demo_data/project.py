"""A project of composed photos with exact boxes, to try the studio with before there are own photos.

The photos come in as anybody's do. Their names begin with `synthetic`, and what was taught with them says so on its
card.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image

from trivium.errors import NameTaken
from trivium.vision import importing
from trivium.vision.boxes import LabelledBox
from trivium.vision.boxing import BoxChange, rebox
from trivium.vision.demo_data.cutouts import SOURCE, cut_outs
from trivium.vision.demo_data.scenes import CutOuts, scene
from trivium.vision.pictures import jpeg
from trivium.vision.project import DETECTION, place_of

SYNTHETIC = "synthetic"
QUALITY = 90
USUAL_KINDS = ("cup", "fruit", "vehicle")


def demo_project(data: Path, name: str, photos: int = 200, kinds: Sequence[str] = USUAL_KINDS, seed: int = 1,
                 say: Callable[[str], None] = lambda _text: None) -> dict[str, Any]:
    """Make the project: {"project", "photos", "boxes", "classes", "how"}."""
    if place_of(data, name).exists():
        raise NameTaken(f"There is already a project called {name}.", "Choose another name.")
    boxes = compose(data, name, cut_outs(kinds), photos, seed, say)
    return {"project": name, "photos": photos, "boxes": sum(boxes.values()), "classes": boxes,
            "how": f"Synthetic: cut-outs ({SOURCE}) on drawn backgrounds."}


def compose(data: Path, name: str, pictures: CutOuts, photos: int, seed: int,
            say: Callable[[str], None] = lambda _text: None) -> dict[str, int]:
    """A detection project of scenes made of any cut-outs; how many boxes each class has."""
    found: dict[str, list[LabelledBox]] = {}
    with TemporaryDirectory(prefix="trivium-demo-") as folder:
        for number in range(photos):
            made = scene(pictures, seed, number)
            file = f"{SYNTHETIC}-{seed}-{number:04}.jpg"
            (Path(folder) / file).write_bytes(jpeg(Image.fromarray(made.picture), QUALITY))
            found[file] = [LabelledBox(thing.label, thing.xyxy) for thing in made.things]
            if (number + 1) % 50 == 0:
                say(f"{number + 1} of {photos} photos composed ...")
        project, _ = importing.import_photos(data, Path(folder), name, DETECTION, say)
    rebox(project, [BoxChange(sha256, found[item.name]) for sha256, item in project.items.items()])
    return counted(found)


def counted(found: Mapping[str, Sequence[LabelledBox]]) -> dict[str, int]:
    """How many boxes each class has."""
    labels = [box.label for boxes in found.values() for box in boxes]
    return {label: labels.count(label) for label in sorted(set(labels))}


def is_synthetic(name: str) -> bool:
    """Whether a photo of that name was composed here."""
    return name.rpartition("/")[2].startswith(f"{SYNTHETIC}-")
