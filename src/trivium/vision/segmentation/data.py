"""What a segmentation model learns from: a project's photos with masks, copied into the run when it is made.

`inputs/masks.json` names photos and classes, `inputs/masks.zip` holds each mask in the numbers of these classes, and
`inputs/pictures.zip` the photos as they are trained on.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trivium.core import files
from trivium.core.run import Run
from trivium.core.runfolder import Content
from trivium.errors import BadConfig, BadFile
from trivium.vision.classification.data import features_of
from trivium.vision.classification.split import Ints, stratified_folds
from trivium.vision.collect import duplicates
from trivium.vision.collect.store import PictureStore
from trivium.vision.labels.masks import UNLABELLED
from trivium.vision.labels.painting import plane_of
from trivium.vision.labels.planes import Plane, packed, unpacked
from trivium.vision.project import Project
from trivium.vision.tuning.pictures import PICTURES, pack_pictures

MASKS, PLANES = "masks.json", "masks.zip"
LEAST = 4  # photos with masks; fewer can't be split
FRESH_SEED = 7919  # so that who is kept aside to choose by is drawn apart from who is held out


@dataclass(frozen=True)
class MaskedPhotos:
    """Photos with masks, in the order of their hashes so that the order of arrival changes nothing."""

    project: str
    classes: list[str]
    sha256: list[str]
    names: list[str]
    pixels: Ints  # (N, K + 1) of each class, background first
    masks: list[str]  # sha256 of each mask's file
    groups: Ints  # (N,) photos with the same number are near-copies

    @property
    def content_hash(self) -> str:
        """Tells two training sets apart: which photos, with which masks."""
        return files.sha256_bytes(json.dumps([self.classes, self.rows()], ensure_ascii=False).encode())

    def rows(self) -> list[dict[str, Any]]:
        """The photos as JSON."""
        return [{"sha256": sha256, "name": name, "mask": mask, "group": int(group), "pixels": pixels.tolist()}
                for sha256, name, mask, group, pixels in
                zip(self.sha256, self.names, self.masks, self.groups, self.pixels, strict=True)]


def masked_photos_of(project: Project, store: PictureStore) -> tuple[MaskedPhotos, dict[str, bytes]]:
    """The photos of a project that have masks, and each one's mask as a file; BadConfig where nothing can be learned
    from them."""
    items = sorted((item for item in project.items.values() if item.mask is not None), key=lambda item: item.sha256)
    if len(items) < LEAST:
        raise BadConfig(f"A segmentation model needs photos with masks, and {len(items) or 'none'} of "
                        f"{len(project.items):,} {'has' if len(items) == 1 else 'have'} one.",
                        "Paint masks on at least 30 photos; 100 are a good beginning.")
    there = {label for item in items for label in item.shown}
    classes = [name for name in project.classes if name in there]
    if not classes:
        raise BadConfig("Every mask is background, so there is nothing to learn.", "Paint what should be found.")
    features = features_of(items, store)
    if features is None:
        raise BadFile("Some of these photos could not be looked at.", "Import them once more.")
    groups = duplicates.groups(len(items), duplicates.near_copies([item.dhash for item in items], features))
    table = np.zeros(256, np.uint8)  # from the project's numbers to those of the classes that are there
    table[UNLABELLED] = UNLABELLED
    for k, name in enumerate(project.classes, 1):
        table[k] = classes.index(name) + 1 if name in there else 0
    planes, pixels = dict[str, bytes](), list[Any]()
    for item in items:
        plane = table[plane_of(project, item)]
        planes[item.sha256] = packed(plane)
        pixels.append(np.bincount(plane.ravel(), minlength=256)[:len(classes) + 1])
    photos = MaskedPhotos(project.name, classes, [item.sha256 for item in items], [item.name for item in items],
                          np.stack(pixels), [files.sha256_bytes(planes[item.sha256]) for item in items],
                          np.array(groups))
    return photos, planes


def packed_inputs(photos: MaskedPhotos, planes: dict[str, bytes], store: PictureStore,
                  scratch: Path) -> dict[str, Content]:
    """What a training's run folder takes along; the photos are packed in `scratch`."""
    card = {"project": photos.project, "classes": photos.classes, "photos": photos.rows(),
            "content_sha256": photos.content_hash}
    pack_pictures(photos.sha256, store, scratch / PICTURES)
    with zipfile.ZipFile(scratch / PLANES, "w", zipfile.ZIP_STORED) as archive:
        for sha256 in photos.sha256:
            archive.writestr(zipfile.ZipInfo(sha256), planes[sha256])
    return {MASKS: json.dumps(card, ensure_ascii=False), PICTURES: scratch / PICTURES, PLANES: scratch / PLANES}


def masked_photos_of_run(run: Run) -> MaskedPhotos:
    """The photos that were copied into a run when it was made."""
    return open_masked_photos(run.input(MASKS))


def open_masked_photos(path: Path) -> MaskedPhotos:
    """The photos in a run's inputs."""
    card = files.read_json(path)
    try:
        rows = card["photos"]
        photos = MaskedPhotos(card["project"], list(card["classes"]), [row["sha256"] for row in rows],
                              [row["name"] for row in rows], np.array([row["pixels"] for row in rows], np.int64),
                              [row["mask"] for row in rows], np.array([row["group"] for row in rows], np.int64))
        whole = photos.content_hash == card["content_sha256"]
    except (KeyError, TypeError, ValueError):
        whole = False
    if not whole:
        raise BadFile("The photos of this run are damaged.", "Start a new run.")
    return photos


class Planes:
    """The masks in a run's inputs, each compared with its sha256."""

    def __init__(self, archive: zipfile.ZipFile, photos: MaskedPhotos) -> None:
        self.archive, self.photos = archive, photos

    def __getitem__(self, which: int) -> Plane:
        try:
            content = self.archive.read(self.photos.sha256[which])
        except (KeyError, zipfile.BadZipFile):
            content = b""
        if files.sha256_bytes(content) != self.photos.masks[which]:
            raise BadFile("The masks of this run are damaged.", "Start a new run.")
        return unpacked(content)


def held_out(photos: MaskedPhotos, share: float, seed: int, within: Any = None) -> Any:
    """(N,) bool: a share of the photos (of those `within`); near-copies on one side, the classes' shares kept.

    A photo counts for the rarest class on it, so that no class is on one side alone if that can be had.
    """
    chosen = np.arange(len(photos.sha256)) if within is None else np.flatnonzero(within)
    shown = photos.pixels[chosen, 1:] > 0
    rarity = shown.sum(0)
    main = [int(min(np.flatnonzero(row), key=lambda k: (rarity[k], k))) if row.any() else -1 for row in shown]
    folds = stratified_folds(main, photos.groups[chosen].tolist(), max(2, round(1 / share)),
                             seed if within is None else seed + FRESH_SEED)
    aside = np.zeros(len(photos.sha256), bool)
    aside[chosen[folds == 0]] = True
    return aside
