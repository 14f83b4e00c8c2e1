"""What a training learns from: a project's labelled photos as features, copied into the run when it is made.

`inputs/features.npz` holds features, labels and groups as plain arrays (no pickle), `inputs/photos.json` names photos
and classes, `inputs/samples.npz` a few pictures on which the finished model is checked.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trivium.core import files
from trivium.core.run import Run
from trivium.core.runfolder import Content
from trivium.errors import BadConfig, BadFile
from trivium.vision.backbone.efficientnet import FEATURES, SIZE, Floats
from trivium.vision.classification.advice import warnings
from trivium.vision.classification.split import Ints
from trivium.vision.collect import duplicates
from trivium.vision.collect.pictures import Bytes
from trivium.vision.collect.store import PictureStore
from trivium.vision.project import Item, Project

ARRAYS, PHOTOS, SAMPLES = "features.npz", "photos.json", "samples.npz"
SAMPLE_COUNT = 8
BLURRED = 12.0  # of `pictures.sharpness`; photos of TrashNet in focus have 15 to 6,000


@dataclass(frozen=True)
class Photos:
    """Labelled photos, in the order of their hashes so that the order of arrival changes nothing."""

    project: str
    classes: list[str]
    sha256: list[str]
    names: list[str]
    features: Floats  # (N, 1280)
    labels: Ints  # (N,) indices into classes
    groups: Ints  # (N,) photos with the same number are near-copies

    @property
    def content_hash(self) -> str:
        """Tells two training sets apart: which photos, with which labels."""
        rows = [f"{sha256} {self.classes[label]}" for sha256, label in zip(self.sha256, self.labels, strict=True)]
        return files.sha256_bytes("\n".join(rows).encode())


def photos_of(project: Project, store: PictureStore) -> Photos:
    """The project's labelled photos with their cached features; BadConfig where nothing can be learned from them."""
    items = sorted(project.labelled(), key=lambda item: item.sha256)
    counts = Counter(item.label for item in items)
    classes = [name for name in project.classes if counts[name]]
    if len(classes) < 2:
        have = f"only '{classes[0]}' has photos" if classes else "no photo has a class yet"
        raise BadConfig(f"A classifier needs at least two classes, and {have}.", "Add photos of another kind of thing.")
    lonely = [name for name in classes if counts[name] < 2]
    if lonely:
        raise BadConfig(f"The class '{lonely[0]}' has a single photo, so nothing would be left to test on.",
                        "Add photos of it; 20 are a good beginning.")
    features = features_of(items, store)
    if features is None:
        raise BadFile("Some of these photos could not be looked at.", "Import them once more.")
    pairs = duplicates.near_copies([item.dhash for item in items], features)
    groups = duplicates.groups(len(items), pairs)
    return Photos(project.name, classes, [item.sha256 for item in items], [item.name for item in items], features,
                  np.array([classes.index(item.label or "") for item in items]), np.array(groups))


def features_of(items: Sequence[Item], store: PictureStore) -> Floats | None:
    """The cached features (N, 1280) of pictures, None where one has none."""
    from trivium.vision.backbone.features import KEY, unpacked

    cached = [store.features(KEY, item.sha256) for item in items]
    found = [unpacked(each) for each in cached if each is not None]
    return np.stack(found) if items and len(found) == len(items) else None


def inputs_of(photos: Photos, store: PictureStore) -> dict[str, Content]:
    """What a training's run folder takes along."""
    card = {"project": photos.project, "classes": photos.classes, "sha256": photos.sha256, "names": photos.names,
            "content_sha256": photos.content_hash}
    return {ARRAYS: npz(features=photos.features.astype(np.float16), labels=photos.labels, groups=photos.groups),
            PHOTOS: json.dumps(card, ensure_ascii=False), SAMPLES: npz(pictures=samples(photos, store))}


def samples(photos: Photos, store: PictureStore) -> Bytes:
    """(8, 224, 224, 3): thumbnails, which are JPEGs of our own, squashed as the network sees them."""
    from PIL import Image

    from trivium.vision.collect.pictures import squashed
    from trivium.vision.collect.store import THUMBNAIL

    chosen = np.linspace(0, len(photos.sha256) - 1, min(SAMPLE_COUNT, len(photos.sha256))).astype(int)
    found = []
    for k in chosen:
        with Image.open(store.derived(THUMBNAIL, photos.sha256[k]), formats=("JPEG",)) as image:
            found.append(squashed(image, SIZE))
    return np.stack(found)


def npz(**arrays: np.ndarray[Any, Any]) -> bytes:
    out = io.BytesIO()
    np.savez(out, allow_pickle=False, **arrays)
    return out.getvalue()


def photos_of_run(run: Run) -> Photos:
    """The photos that were copied into a run when it was made."""
    return open_photos(run.input(ARRAYS), run.input(PHOTOS))


def open_photos(arrays: Path, card_path: Path) -> Photos:
    """The photos in a run's inputs."""
    card = files.read_json(card_path)
    try:
        with np.load(arrays, allow_pickle=False) as stored:
            features, labels, groups = (stored[name] for name in ("features", "labels", "groups"))
        photos = Photos(card["project"], card["classes"], card["sha256"], card["names"], features.astype(np.float32),
                        labels.astype(np.int64), groups.astype(np.int64))
        whole = (features.shape == (len(photos.sha256), FEATURES) and len(labels) == len(groups) == len(features)
                 and photos.content_hash == card["content_sha256"])
    except (OSError, ValueError, KeyError, TypeError, IndexError, zipfile.BadZipFile):
        whole = False
    if not whole:
        raise BadFile("The photos of this run are damaged.", "Start a new run.")
    return photos


def report(project: Project, store: PictureStore) -> dict[str, Any]:
    """What a person should know of a project's photos before training: counts, balance, copies, blur."""
    items = list(project.items.values())
    features = features_of(items, store)
    per_class = counts_of(project)
    pairs = list(duplicates.near_copies([item.dhash for item in items], features)) if items else []
    return {"photos": len(items), "labelled": len(project.labelled()), "classes": per_class,
            "near_copies": [[items[i].name, items[j].name] for i, j in pairs],
            "blurred": [item.name for item in items if is_blurred(item)],
            "doubtful": [{"file": item.name, "message": text} for item in items for text in item.doubts],
            "warnings": warnings(project)}


def counts_of(project: Project) -> dict[str, int]:
    """How many photos each class has."""
    return project.counts()


def is_blurred(item: Item) -> bool:
    """Whether a photo is perhaps out of focus; plain things look so too, so it is only a hint."""
    return item.sharpness < BLURRED
