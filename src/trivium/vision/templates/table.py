"""The templates, one entry each: the gallery, the command and the demo camera are made from this table.

A template's `shots` is a function (seed) -> its photos, one after the other and without end; the same seed gives the
same photos. A task whose data are not photos with a class or boxes names a maker of its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from trivium.core.studio import resolve
from trivium.errors import NotFound
from trivium.vision.collect.pictures import Bytes
from trivium.vision.demo_data.clip_project import HOW as DRAWN
from trivium.vision.demo_data.cutouts import SOURCE
from trivium.vision.labels.boxes import LabelledBox
from trivium.vision.labels.planes import Plane
from trivium.vision.project import ACTIVITY, ANOMALY, CLASSIFICATION, DETECTION, SEGMENTATION

PLACE = "trivium.vision.templates."
COMPOSED = f"Synthetic: drawn by Trivium, with cut-outs ({SOURCE})."
FIGURES = "Synthetic: figures drawn by Trivium."
TILES = 6  # photos that the gallery shows of one


@dataclass(frozen=True)
class Shot:
    """A composed photo, and what is on it: a class, or boxes, or a mask."""

    picture: Bytes  # (H, W, 3)
    label: str | None = None
    boxes: tuple[LabelledBox, ...] | None = None
    mask: Plane | None = None  # (H, W): 0 background, k the k-th class of the template


@dataclass(frozen=True)
class Template:
    """A project to begin with."""

    id: str
    title: str
    teaches: str  # one sentence
    task: str
    classes: tuple[str, ...]
    photos: int
    minutes: float  # from the press to a trained model, about, on two cores
    then: str  # what to do next
    shots: str  # "module:function"
    rules: tuple[dict[str, Any], ...] = ()  # for when the model watches
    draws: bool = False  # whether it is tried by drawing
    make: str = PLACE + "making:photos"  # "module:function" that fills the project
    how: str = COMPOSED
    ready: bool = False  # whether the ready-made detector belongs to it
    live: str | None = None  # "module:function" that draws its demo camera; without one the camera shows its photos

    def photos_of(self, seed: int) -> Iterator[Shot]:
        """Its photos."""
        found: Iterator[Shot] = resolve(self.shots)(seed)
        return found


TEMPLATES: tuple[Template, ...] = (
    Template(
        "trash", "Trash sorter", "How a camera learns to tell three kinds of thing apart, and what it takes for what.",
        CLASSIFICATION, ("compost", "landfill", "recycling"), 120, 1.0,
        "Train it, then hold things before your own camera in Try it; replace the composed photos by your own.",
        PLACE + "things:trash",
        rules=({"name": "recycling lies there", "label": "recycling", "for_s": 2, "again_s": 10},)),
    Template(
        "two-kinds", "Cat or dog", "The smallest classifier: two kinds, some photos of each, and an honest score.",
        CLASSIFICATION, ("cat", "dog"), 60, 0.5,
        "Train it, look under Understand at what it is sure of, then make the two classes your own.",
        PLACE + "things:two_kinds"),
    Template(
        "counter", "Object counter", "How a detector finds and counts things, and how a rule acts on the number.",
        DETECTION, ("apple", "banana", "orange"), 120, 8.0,
        "Train it, then watch its demo camera with the rule “more than 3 apples for 2 s”.",
        PLACE + "things:counter",
        rules=({"name": "many apples", "when": "more", "label": "apple", "count": 3, "for_s": 2, "again_s": 10},)),
    Template(
        "person", "Person detector", "What a detector finds that others have trained, before you have drawn a box.",
        DETECTION, ("person",), 24, 0.2,
        "Try it on photos of people, or watch with it; on the drawn figures of this project it does worse. Let it draw "
        "the first boxes on photos of your own.",
        PLACE + "people:people", ready=True, how=FIGURES,
        rules=({"name": "somebody is there", "label": "person", "for_s": 1, "again_s": 10},)),
    Template(
        "background", "Background removal", "How a model tells each pixel of somebody, or of a thing, from what is "
        "behind.", SEGMENTATION, ("person", "thing"), 120, 6.0,
        "Train it, then cut somebody out of a photo, a film or your camera's picture in Try it; paint masks on photos "
        "of your own, for these figures are drawn.",
        PLACE + "subjects:subjects",
        rules=({"name": "somebody is there", "label": "person", "for_s": 1, "again_s": 10},)),
    Template(
        "drawings", "Drawing guesser", "That a model of photos also reads drawings, and what it makes of your hand.",
        CLASSIFICATION, ("fish", "flower", "house", "star", "sun", "tree"), 180, 1.0,
        "Train it, then draw one of the six in Try it and watch it guess while you draw.",
        PLACE + "drawings:drawings", draws=True),
    Template(
        "unlike", "Not like the others", "How to find what is wrong when nobody has photos of everything that can be.",
        ANOMALY, ("good", "odd"), 80, 1.0,
        "Train it: it learns from the good ones alone. Then see under Understand which odd ones it finds, and where.",
        PLACE + "inspection:cans",
        rules=({"name": "something is odd", "label": "odd", "for_s": 1, "again_s": 5},)),
    Template(
        "activity", "Activity", "How a model looks at two seconds at a time and says what somebody does.",
        ACTIVITY, ("hand wave", "jump", "sit", "stand"), 120, 4.0,
        "Train it, then watch its demo camera, or do one of the four before your own and see what it makes of you.",
        PLACE + "moving:moments", rules=({"name": "somebody waves", "label": "hand wave", "for_s": 1, "again_s": 10},),
        make=PLACE + "moving:clips", how=DRAWN, live=PLACE + "moving:live"),
)


def template(name: str) -> Template:
    """The template of that id."""
    found = next((each for each in TEMPLATES if each.id == name), None)
    if found is None:
        raise NotFound(f"There is no template called {name[:64]!r}.",
                       f"There are: {', '.join(each.id for each in TEMPLATES)}.")
    return found


def sheet(name: str, seed: int = 0, side: int = 160) -> Bytes:
    """(2 S, 3 S, 3): six of a template's photos, one of each class first: what the gallery shows."""
    shots, chosen = list(itertools.islice(template(name).photos_of(seed), 2 * TILES)), list[Shot]()
    for shot in shots:
        if len(chosen) < TILES and shot.label not in {each.label for each in chosen if each.label is not None}:
            chosen.append(shot)
    chosen += [shot for shot in shots[::-1] if all(shot is not each for each in chosen)][:TILES - len(chosen)]
    tiles = [np.asarray(ImageOps.fit(Image.fromarray(shot.picture), (side, side))) for shot in chosen]
    rows = [np.concatenate(tiles[at:at + 3], axis=1) for at in (0, 3)]
    return np.concatenate(rows, axis=0)
