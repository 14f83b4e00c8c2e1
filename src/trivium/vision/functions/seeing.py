"""What a function of ours is shown: a frame, and `seen`, what the model says of it.

`seen` has `label` (None: the model does not know), `confidence`, `top` (pairs of label and probability), `boxes` (each
with `label`, `confidence`, `xyxy` as shares of the frame; None of a model that finds no things), `counts`, `time` and
`event`, the whole event as a dictionary where it was judged before.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from trivium.vision.collect.pictures import Bytes, squashed

if TYPE_CHECKING:  # a function without a model needs none of its runtime
    from trivium.vision.stream.model import Model

SIDE, TOP = 224, 5


class NoPicture(Exception):
    """What was given as a frame is none; the function is not to blame."""


def model_of(path: Path, card: dict[str, Any]) -> Model | None:
    """The model, tried once, so that everything which it loads is loaded; None where there is none."""
    if not path.is_file():
        return None
    from trivium.vision.backbone.features import Session
    from trivium.vision.stream.model import Model

    model = Model(card, Session(path.read_bytes()), "")
    model.look(np.zeros((model.side, model.side, 3), np.uint8), TOP)
    return model


def classifier(model: Model) -> Callable[[Any], list[float]]:
    """The model as `awscam` knows one: a picture's probabilities."""
    from trivium.vision.backbone.graph import PROBABILITIES

    def infer(picture: Any) -> list[float]:
        said = model.session.outputs(picture[None])
        if PROBABILITIES not in said:
            raise ValueError("awscam's models tell classes apart, and this one does something else. "
                             "Use on_frame(frame, seen).")
        found: list[float] = said[PROBABILITIES][0].tolist()
        return found

    return infer


def picture_of(view: bytes | None) -> Bytes | None:
    """A frame as (height, width, 3) uint8, RGB; None where only its event was kept."""
    if view is None:
        return None
    try:
        with Image.open(io.BytesIO(view), formats=("JPEG",)) as opened:
            return np.asarray(opened.convert("RGB"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise NoPicture("This frame is no JPEG, or it is damaged.") from None


def seen(model: Model | None, frame: Bytes | None) -> SimpleNamespace:
    """What the model says of a frame now."""
    if model is None or frame is None:
        return told({"time": time.time()}, None)
    from trivium.vision.stream.verdicts import label_of

    said = model.look(squashed(Image.fromarray(frame), model.side), TOP)
    best = said.top[0] if said.top else None
    whole = said.boxes is not None or said.masks is not None  # their thresholds have been applied
    label = None if best is None else best.label if whole else label_of(best, model.threshold) if said.known else None
    counts = None if said.boxes is None else counted([box.label for box in said.boxes])
    return SimpleNamespace(label=label, confidence=None if best is None else best.probability,
                           top=[(guess.label, guess.probability) for guess in said.top],
                           boxes=None if said.boxes is None else [SimpleNamespace(**box.model_dump())
                                                                  for box in said.boxes],
                           counts=counts, time=time.time(), event=None)


def told(event: dict[str, Any], whole: dict[str, Any] | None) -> SimpleNamespace:
    """The same of a moment that was judged before, `whole`; else of one of which only the time is known."""
    boxes = event.get("boxes")
    counts = event.get("counts")
    if counts is None and boxes is not None:
        counts = counted([box["label"] for box in boxes])
    return SimpleNamespace(label=event.get("label"), confidence=event.get("confidence"),
                           top=[(each["label"], each["probability"]) for each in event.get("top") or []],
                           boxes=None if boxes is None else [SimpleNamespace(**box) for box in boxes],
                           counts=counts, time=event.get("time"), event=whole)


def counted(labels: list[str]) -> dict[str, int]:
    """How many of each."""
    return {label: labels.count(label) for label in dict.fromkeys(labels)}
