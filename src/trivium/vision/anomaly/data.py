"""What an anomaly model learns from: photos of the good class, and odd ones, if there are any, to be judged by.

The good class is the one called `good`, or else the project's first. Whatever has another class is odd, and is never
learned from.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trivium.core import files
from trivium.core.run import Run
from trivium.core.runfolder import Content
from trivium.errors import BadConfig, BadFile
from trivium.vision.backbone.efficientnet import SIZE
from trivium.vision.classification.data import PHOTOS, features_of, npz
from trivium.vision.classification.split import Ints
from trivium.vision.collect import duplicates
from trivium.vision.collect.pictures import Bytes, squashed
from trivium.vision.collect.store import PictureStore
from trivium.vision.project import Project
from trivium.vision.tasks import GOOD, ODD
from trivium.vision.tuning.pictures import PICTURES, opened, pack_pictures

CLASSES = [GOOD, ODD]  # of the model
LEAST = 8  # good photos
GROUPS = "groups.npz"
JUDGED = "odd.json"  # of a run: how odd each photo is, and where


@dataclass(frozen=True)
class GoodAndOdd:
    """Labelled photos, in the order of their hashes so that the order of arrival changes nothing."""

    project: str
    good_class: str
    sha256: list[str]
    names: list[str]
    labels: list[str]  # as the project calls them
    groups: Ints  # (N,) photos with the same number are near-copies

    @property
    def odd(self) -> Ints:
        """(N,) bool."""
        return np.array([label != self.good_class for label in self.labels])

    @property
    def content_hash(self) -> str:
        """Tells two training sets apart."""
        rows = [f"{sha256} {label}" for sha256, label in zip(self.sha256, self.labels, strict=True)]
        return files.sha256_bytes("\n".join([self.good_class, *rows]).encode())


def photos_of(project: Project, store: PictureStore) -> GoodAndOdd:
    """The project's labelled photos; BadConfig where nothing can be learned from them."""
    items = sorted(project.labelled(), key=lambda item: item.sha256)
    used = [name for name in project.classes if any(item.label == name for item in items)]
    good = GOOD if GOOD in used else used[0] if used else GOOD
    count = sum(item.label == good for item in items)
    if count < LEAST:
        raise BadConfig(f"There are {count} photos of the class '{good}', and it takes {LEAST} to know what is usual.",
                        "Add photos of good ones; 40 are a good beginning.")
    features = features_of(items, store)
    pairs = duplicates.near_copies([item.dhash for item in items], features)
    return GoodAndOdd(project.name, good, [item.sha256 for item in items], [item.name for item in items],
                      [item.label or "" for item in items], np.array(duplicates.groups(len(items), pairs)))


def inputs_of(photos: GoodAndOdd, store: PictureStore, scratch: Path) -> dict[str, Content]:
    """What a training's run folder takes along."""
    card = {"project": photos.project, "good_class": photos.good_class, "sha256": photos.sha256, "names": photos.names,
            "labels": photos.labels, "content_sha256": photos.content_hash}
    pack_pictures(photos.sha256, store, scratch / PICTURES)
    return {PHOTOS: json.dumps(card, ensure_ascii=False), GROUPS: npz(groups=photos.groups),
            PICTURES: scratch / PICTURES}


def photos_of_run(run: Run) -> GoodAndOdd:
    """The photos that were copied into a run when it was made."""
    card = files.read_json(run.input(PHOTOS))
    try:
        with np.load(run.input(GROUPS), allow_pickle=False) as stored:
            groups = stored["groups"].astype(np.int64)
        photos = GoodAndOdd(card["project"], card["good_class"], card["sha256"], card["names"], card["labels"], groups)
        whole = photos.content_hash == card["content_sha256"] and len(groups) == len(photos.sha256)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        whole = False
    if not whole:
        raise BadFile("The photos of this run are damaged.", "Start a new run.")
    return photos


def pictures_of_run(run: Run, photos: GoodAndOdd) -> Bytes:
    """(N, 224, 224, 3): the photos as the network sees them."""
    with zipfile.ZipFile(run.input(PICTURES)) as archive:
        return np.stack([squashed(opened(archive.read(sha256)), SIZE) for sha256 in photos.sha256])
