"""Photos of the templates about things: cut-outs on drawn backgrounds, one thing near by, or several to be counted."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from PIL import Image

from trivium.vision.demo_data.cutouts import cut_outs, named
from trivium.vision.demo_data.grounds import ground
from trivium.vision.demo_data.scenes import laid, photographed, scene
from trivium.vision.labels.boxes import LabelledBox
from trivium.vision.templates.table import Shot

SIDE, NEAR_BY = 288, (0.5, 0.9)  # pixels of a photo; of the thing's longer side, as shares of it
MOST_COUNTED, SHAPES = 7, ((480, 360), (360, 480))
COUNTED = {"apple": ("1f34e", "1f34f"), "banana": ("1f34c",), "orange": ("1f34a",)}
PETS = {"cat": ("animal/1f431.webp",), "dog": ("animal/1f436.webp",)}
BINS = {"compost": ("fruit", "flower"), "landfill": ("shoe", "tool", "ball"), "recycling": ("packaging",)}


def trash(seed: int) -> Iterator[Shot]:
    """One thing for one of three bins on each photo, the bins in turn."""
    return near_by({name: [picture for kind in kinds for picture in cut_outs(kinds)[kind]]
                    for name, kinds in BINS.items()}, seed)


def two_kinds(seed: int) -> Iterator[Shot]:
    """A cat or a dog on each photo."""
    return near_by({name: named(files) for name, files in PETS.items()}, seed)


def counter(seed: int) -> Iterator[Shot]:
    """Fruit to be counted; on every third photo apples alone, so that there are often many."""
    pictures = {name: named([f"fruit/{code}.webp" for code in codes]) for name, codes in COUNTED.items()}
    for number in itertools.count():
        chosen = {"apple": pictures["apple"]} if number % 3 == 2 else pictures
        made = scene(chosen, seed, number, most=MOST_COUNTED, shapes=SHAPES)
        yield Shot(made.picture, boxes=tuple(LabelledBox(thing.label, thing.xyxy) for thing in made.things))


def near_by(kinds: Mapping[str, Sequence[Image.Image]], seed: int) -> Iterator[Shot]:
    """Photos of one thing each, large in the picture; the kinds in turn."""
    order = sorted(kinds)
    for number in itertools.count():
        rng, label = np.random.default_rng([seed, number]), order[number % len(order)]
        choice = kinds[label]
        picture = ground(SIDE, SIDE, rng).astype(np.float32)
        picture, _ = laid(picture, [], label, choice[int(rng.integers(len(choice)))], rng, NEAR_BY)
        yield Shot(photographed(picture, rng), label)
