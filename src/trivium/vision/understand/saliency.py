"""What the model looks at: a class activation map (Zhou et al., 2016) of the last feature map and the head's weights.

The head is linear and the features are the mean of the map over its 7 x 7 places, so the map of a class,
M[y, x] = sum_c weight[c] map[c, y, x] + bias, has the class's logit as its mean: each place's exact share of the score.
What a place says comes from more of the photo than its own square, so where it is bright is roughly where.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from trivium.errors import NotFound
from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.backbone.graph import with_map
from trivium.vision.classification.deploy import head_of
from trivium.vision.classification.head import Head
from trivium.vision.collect.store import PictureStore
from trivium.vision.deploy import MODEL, read_bundle
from trivium.vision.finished import training
from trivium.vision.understand.look import Look, looked_at
from trivium.vision.understand.seen import index_of, photos_of_run_folder

COOL, WARM = np.array([20, 40, 120], np.float32), np.array([255, 200, 40], np.float32)
STRENGTH = 0.6  # of the colour over the photo


def saliency(run: Path | str, photo: str | None = None, source: Path | None = None, label: str | None = None,
             against: str | None = None, data: Path | None = None) -> tuple[dict[str, Any], bytes]:
    """({"label", "map", "logit", "probabilities", ...}, the overlay as a PNG) of a photo of the training, or of a file.

    `label` is the class asked about, the likeliest where none is named; with `against`, what speaks for it rather than
    for that one.
    """
    folder, _ = training(run)
    card, parts = read_bundle(folder)
    place = source if source is not None else file_of(folder, photo or "", data)
    look = looked_at(place, with_map(parts[MODEL]))
    found = explained(look, head_of(folder), card["classes"], label, against)
    shown = photo if source is None else str(source)
    return {"run": str(folder), "photo": shown, **found}, overlay(look.thumbnail, np.array(found["map"], np.float32))


def file_of(folder: Path, photo: str, data: Path | None) -> Path:
    """Where a photo of the training lies in the data folder."""
    photos = photos_of_run_folder(folder)
    assert data is not None
    path = PictureStore(data).view(photos.sha256[index_of(photos, photo)])
    if not path.is_file():
        raise NotFound(f"The photo {photo[:80]} is no longer in the data folder.", "Import it once more.")
    return path


def explained(look: Look, head: Head, classes: list[str], label: str | None, against: str | None) -> dict[str, Any]:
    """The map of a class, whose mean is the class's logit."""
    assert look.map is not None
    maps = class_maps(look.map, head)
    logits = maps.mean((1, 2))
    asked = classes[int(logits.argmax())] if label is None else label
    for name in (asked, against):
        if name is not None and name not in classes:
            raise NotFound(f"The model has no class '{name}'.", f"It has: {', '.join(classes)}.")
    shown, score = maps[classes.index(asked)], float(logits[classes.index(asked)])
    if against is not None:
        shown, score = shown - maps[classes.index(against)], score - float(logits[classes.index(against)])
    return {"label": asked, "against": against, "logit": round(score, 5), "height": shown.shape[0],
            "width": shown.shape[1], "map": [[round(float(v), 5) for v in row] for row in shown],
            "logits": {name: round(float(v), 5) for name, v in zip(classes, logits, strict=True)},
            "probabilities": dict(zip(classes, look.facts["probabilities"], strict=True)),
            "how": "Class activation map; its mean is the logit, so it is exact for a linear head."}


def class_maps(last: Floats, head: Head) -> Floats:
    """(K, H, W) of a map (C, H, W): every class's logit at each place."""
    maps: Floats = np.einsum("chw,ck->khw", last, head.weight) + head.bias[:, None, None]
    return maps


def overlay(thumbnail: bytes, shown: Floats) -> bytes:
    """The photo with the map over it, as a PNG: warm speaks for the class, cool against it."""
    with Image.open(io.BytesIO(thumbnail), formats=("JPEG",)) as image:
        photo = np.asarray(image.convert("RGB")).astype(np.float32)
    most = max(float(np.abs(shown).max()), 1e-9)
    smooth = np.asarray(Image.fromarray(shown / most).resize(photo.shape[1::-1], Image.Resampling.BICUBIC))
    share = (np.abs(smooth).clip(0, 1) * STRENGTH)[..., None]
    colour = np.where(smooth[..., None] > 0, WARM, COOL)
    grey = photo.mean(2, keepdims=True)  # so that its own colours are not taken for the map's
    out = io.BytesIO()
    Image.fromarray((grey * (1 - share) + colour * share).clip(0, 255).astype(np.uint8)).save(out, "PNG")
    return out.getvalue()

