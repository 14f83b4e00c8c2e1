"""What a segmentation model's answer comes to: a class for each pixel, areas, and masks as events have them.

The network says how likely each class is at 80 x 80 places. These are smoothed to whatever size is asked for, and each
pixel is of the likeliest class there; so the same answer serves a photo of any size, and what is measured on masks of
full size is what runs.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.events.event import Mask
from trivium.vision.labels.planes import Plane, packed

EVENT_SIDE = 160  # pixels a side of a mask in an event, to be stretched over the frame
LEAST_SHARE = 0.002  # of a frame; less of a class counts as none
MOST_BYTES = 48_000  # of all masks of an event together; beyond it the smaller areas come without theirs


def enlarged(likelihoods: Floats, width: int, height: int) -> Floats:
    """(K, height, width) of likelihoods (K, h, w), smooth between the places."""
    return np.stack([np.asarray(Image.fromarray(each).resize((width, height), Image.Resampling.BILINEAR))
                     for each in np.asarray(likelihoods, np.float32)])


def class_map(likelihoods: Floats, width: int, height: int, least: float | None = None) -> Plane:
    """(height, width): the likeliest class of each pixel; background where none is as likely as `least`."""
    found = enlarged(likelihoods, width, height)
    said: Plane = found.argmax(0).astype(np.uint8)
    if least is not None:
        said[found.max(0) < least] = 0
    return said


@dataclass(frozen=True)
class Patch:
    """A class in a picture: its number, the share of the picture that it has, how likely it is there in the mean."""

    class_id: int
    share: float
    confidence: float


def patches(likelihoods: Floats, said: Plane) -> list[Patch]:
    """The classes of a map, the largest first; background and specks are none."""
    height, width = said.shape
    pixels = np.bincount(said.ravel(), minlength=len(likelihoods))
    found = []
    for k in (int(k) for k in np.flatnonzero(pixels / said.size >= LEAST_SHARE) if k):
        likely = np.asarray(Image.fromarray(np.asarray(likelihoods[k], np.float32)).resize(
            (width, height), Image.Resampling.BILINEAR))
        found.append(Patch(k, float(pixels[k] / said.size), float(likely[said == k].mean())))
    return sorted(found, key=lambda patch: (-patch.share, patch.class_id))


def masks_in(classes: Sequence[str], likelihoods: Floats, least: float | None = None) -> list[tuple[Mask, float]]:
    """The masks in an answer (K, 80, 80), the largest first, as events have them, each with its mean likelihood."""
    said, found, room = class_map(likelihoods, EVENT_SIDE, EVENT_SIDE, least), list[tuple[Mask, float]](), MOST_BYTES
    for patch in patches(likelihoods, said):
        png = base64.b64encode(packed(np.where(said == patch.class_id, 255, 0).astype(np.uint8))).decode("ascii")
        room -= len(png)
        mask = Mask(label=classes[patch.class_id - 1], share=min(1.0, round(patch.share, 5)),
                    png=png if room >= 0 else None)
        found.append((mask, min(1.0, round(patch.confidence, 5))))
    return found


def told(likelihoods: Floats) -> list[dict[str, Any]]:
    """What a model says of one picture as JSON: [{"class_id", "share", "confidence"}], the largest first."""
    said = class_map(likelihoods, EVENT_SIDE, EVENT_SIDE)
    return [{"class_id": patch.class_id, "share": round(patch.share, 5), "confidence": round(patch.confidence, 5)}
            for patch in patches(likelihoods, said)]


def areas_of(card: dict[str, Any], facts: dict[str, Any]) -> list[dict[str, Any]]:
    """The same with names, of what the process that reads photos has told."""
    return [{"label": card["classes"][row["class_id"] - 1], "share": row["share"], "confidence": row["confidence"]}
            for row in facts["areas"]]
