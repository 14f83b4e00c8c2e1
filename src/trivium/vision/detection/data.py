"""What a detector learns from: a project's photos with boxes, copied into the run when it is made.

`inputs/boxes.json` names photos and classes and holds every box, `inputs/pictures.zip` the photos as they are trained
on. A photo that somebody has looked at and found empty is learned from too: it shows what is none of the classes.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trivium.core import files
from trivium.core.run import Run
from trivium.core.runfolder import Content
from trivium.errors import BadConfig, BadFile
from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.classification.data import features_of
from trivium.vision.classification.split import Ints, stratified_folds
from trivium.vision.collect import duplicates
from trivium.vision.collect.store import PictureStore
from trivium.vision.labels.boxing import detection_photos
from trivium.vision.project import Project
from trivium.vision.tuning.pictures import PICTURES, pack_pictures

BOXES = "boxes.json"
EMPTY = -1  # in the place of a class: a photo on which nothing is
LEAST = 4  # photos with boxes; fewer can't be split


@dataclass(frozen=True)
class BoxedPhotos:
    """Photos with boxes, in the order of their hashes so that the order of arrival changes nothing."""

    project: str
    classes: list[str]
    sha256: list[str]
    names: list[str]
    boxes: list[Floats]  # N times (n, 4), shares of the photo
    labels: list[Ints]  # N times (n,)
    groups: Ints  # (N,) photos with the same number are near-copies

    @property
    def content_hash(self) -> str:
        """Tells two training sets apart: which photos, with which boxes."""
        return files.sha256_bytes(json.dumps(self.rows(), ensure_ascii=False).encode())

    def rows(self) -> list[dict[str, Any]]:
        """The photos as JSON."""
        return [{"sha256": sha256, "name": name, "group": int(group),
                 "boxes": [{"label": self.classes[label], "xyxy": [round(float(v), 6) for v in box]}
                           for box, label in zip(boxes, labels, strict=True)]}
                for sha256, name, group, boxes, labels in zip(self.sha256, self.names, self.groups, self.boxes,
                                                              self.labels, strict=True)]


def boxed_photos_of(project: Project, store: PictureStore) -> BoxedPhotos:
    """The photos of a project that somebody has looked at; BadConfig where nothing can be learned from them."""
    photos = detection_photos(project)
    counts = Counter(box.label for photo in photos for box in photo.boxes)
    classes = [name for name in project.classes if counts[name]]
    with_boxes = sum(bool(photo.boxes) for photo in photos)
    if with_boxes < LEAST:
        raise BadConfig(f"A detector needs photos with boxes, and {with_boxes or 'none'} of {len(project.items):,} "
                        f"{'has' if with_boxes == 1 else 'have'} any.",
                        "Draw boxes around the things on at least 60 photos; 200 are a good beginning.")
    items = [project.items[photo.sha256] for photo in photos]
    features = features_of(items, store)
    if features is None:
        raise BadFile("Some of these photos could not be looked at.", "Import them once more.")
    groups = duplicates.groups(len(items), duplicates.near_copies([item.dhash for item in items], features))
    return BoxedPhotos(project.name, classes, [photo.sha256 for photo in photos], [item.name for item in items],
                       [array_of([box.xyxy for box in photo.boxes]) for photo in photos],
                       [np.array([classes.index(box.label) for box in photo.boxes], np.int64) for photo in photos],
                       np.array(groups))


def array_of(boxes: Any) -> Floats:
    """(n, 4), also where there is none."""
    return np.array(boxes, np.float32).reshape(-1, 4)


def packed_inputs(photos: BoxedPhotos, store: PictureStore, scratch: Path) -> dict[str, Content]:
    """What a training's run folder takes along; the photos are packed in `scratch`."""
    card = {"project": photos.project, "classes": photos.classes, "photos": photos.rows(),
            "content_sha256": photos.content_hash}
    pack_pictures(photos.sha256, store, scratch / PICTURES)
    return {BOXES: json.dumps(card, ensure_ascii=False), PICTURES: scratch / PICTURES}


def boxed_photos_of_run(run: Run) -> BoxedPhotos:
    """The photos that were copied into a run when it was made."""
    return open_boxed_photos(run.input(BOXES))


def open_boxed_photos(path: Path) -> BoxedPhotos:
    """The photos in a run's inputs."""
    card = files.read_json(path)
    try:
        classes, rows = list(card["classes"]), card["photos"]
        photos = BoxedPhotos(card["project"], classes, [row["sha256"] for row in rows], [row["name"] for row in rows],
                             [array_of([box["xyxy"] for box in row["boxes"]]) for row in rows],
                             [np.array([classes.index(box["label"]) for box in row["boxes"]], np.int64)
                              for row in rows],
                             np.array([row["group"] for row in rows], np.int64))
        whole = photos.content_hash == card["content_sha256"]
    except (KeyError, TypeError, ValueError):
        whole = False
    if not whole:
        raise BadFile("The photos of this run are damaged.", "Start a new run.")
    return photos


def held_out(photos: BoxedPhotos, share: float, seed: int) -> Any:
    """(N,) bool: the photos that are never learned from; near-copies on one side, the classes' shares kept.

    A photo counts for the rarest class on it, so that no class is on one side alone if that can be had.
    """
    counts = np.bincount(np.concatenate(photos.labels), minlength=len(photos.classes))
    main = [int(min(labels, key=lambda k: (counts[k], k))) if len(labels) else EMPTY for labels in photos.labels]
    folds = stratified_folds(main, photos.groups.tolist(), max(2, round(1 / share)), seed)
    return np.asarray(folds == 0)
