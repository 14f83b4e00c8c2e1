"""What a ready-made detector is judged on: the project's boxed photos, of which it has learned none."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from trivium.core.runfolder import Content
from trivium.vision.collect.store import PictureStore
from trivium.vision.detection.data import BOXES, BoxedPhotos, array_of
from trivium.vision.project import Project
from trivium.vision.ready_made.nanodet import stored
from trivium.vision.tuning.pictures import PICTURES, pack_pictures

MOST = 400  # photos that it is judged on


def judged_photos(project: Project, classes: Sequence[str]) -> BoxedPhotos:
    """The photos that somebody has looked at, with their boxes of these classes; maybe none."""
    items = sorted((item for item in project.items.values() if item.boxes is not None), key=lambda item: item.sha256)
    items, known = items[:MOST], list(classes)
    kept = [[box for box in item.boxes or () if box.label in known] for item in items]
    return BoxedPhotos(project.name, known, [item.sha256 for item in items], [item.name for item in items],
                       [array_of([box.xyxy for box in boxes]) for boxes in kept],
                       [np.array([known.index(box.label) for box in boxes], np.int64) for boxes in kept],
                       np.arange(len(items)))


def inputs_of(project: Project, classes: Sequence[str], store: PictureStore, scratch: Path) -> dict[str, Content]:
    """What its run folder takes along: its own files, and the photos to judge it on."""
    photos = judged_photos(project, classes)
    pack_pictures(photos.sha256, store, scratch / PICTURES)
    card = {"project": photos.project, "classes": photos.classes, "photos": photos.rows(),
            "content_sha256": photos.content_hash}
    return {**stored(), BOXES: json.dumps(card, ensure_ascii=False), PICTURES: scratch / PICTURES}
