"""Augmentation shown as pictures: photos of a project, each followed by the views that a fine-tuning would make."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from trivium.core import files
from trivium.errors import BadConfig, NameTaken
from trivium.vision.backbone.efficientnet import SIZE
from trivium.vision.collect.store import THUMBNAIL, PictureStore
from trivium.vision.project import Item, load
from trivium.vision.tuning.config import AugmentConfig
from trivium.vision.tuning.views import view

PHOTOS, VIEWS = 6, 7
GAP = 6  # pixels
PAPER = 255


def contact_sheet(data: Path, project: str, config: AugmentConfig, seed: int = 1, photos: int = PHOTOS,
                  views: int = VIEWS) -> tuple[bytes, list[str]]:
    """A PNG with a row for each photo, itself first, and the photos' names."""
    items = spread(load(data, project).labelled(), photos)
    if not items:
        raise BadConfig(f"{project} has no labelled photos yet.", "Import some first.")
    store, rows = PictureStore(data), []
    for number, item in enumerate(items):
        with Image.open(store.derived(THUMBNAIL, item.sha256), formats=("JPEG",)) as image:
            rows.append([view(image.convert("RGB"), k, config, seed, number) for k in range(1 + views)])
    return grid(rows), [item.name for item in items]


def spread(items: list[Item], count: int) -> list[Item]:
    """Some of them, of as many classes as there is room for."""
    of_class: dict[str | None, list[Item]] = {}
    for item in sorted(items, key=lambda item: item.sha256):
        of_class.setdefault(item.label, []).append(item)
    turns = [row[k] for k in range(count) for row in of_class.values() if k < len(row)]
    return turns[:count]


def grid(rows: list[list[Any]]) -> bytes:
    """Pictures (224, 224, 3) side by side and one below the other, as a PNG."""
    step = SIZE + GAP
    sheet = np.full((step * len(rows) + GAP, step * len(rows[0]) + GAP, 3), PAPER, np.uint8)
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            sheet[GAP + y * step:GAP + y * step + SIZE, GAP + x * step:GAP + x * step + SIZE] = picture
    out = io.BytesIO()
    Image.fromarray(sheet).save(out, "PNG")
    return out.getvalue()


def write_contact_sheet(data: Path, project: str, out: Path, config: AugmentConfig, seed: int = 1,
                        photos: int = PHOTOS, views: int = VIEWS) -> dict[str, Any]:
    """The sheet as a file: {"out", "photos", "views"}."""
    if out.exists():
        raise NameTaken(f"{out} is there already.", "Choose another name.")
    picture, names = contact_sheet(data, project, config, seed, photos, views)
    files.atomic_write(out, picture)
    return {"out": str(out), "photos": names, "views": views, "seed": seed, "augment": config.model_dump(mode="json")}
