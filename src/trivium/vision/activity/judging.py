"""A finished activity model on the clips of another project, taken at another time or place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from trivium.core import files
from trivium.errors import BadConfig
from trivium.vision.activity.data import CLIPS, Clips, clips_of
from trivium.vision.activity.graph import WINDOW
from trivium.vision.activity.windows import plain_windows
from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.backbone.features import Session
from trivium.vision.backbone.graph import PROBABILITIES
from trivium.vision.classification.head import log_softmax
from trivium.vision.classification.scores import report_of
from trivium.vision.collect.store import PictureStore
from trivium.vision.deploy import HEAD, read_bundle
from trivium.vision.project import load

HOW = "Clips of another project, judged by the finished model; those of its own training's videos left out."
LEAST = 1e-9  # of a probability, before its logarithm


def on_project(folder: Path, name: str, data: Path) -> dict[str, Any]:
    """The report of a training's model on another project."""
    card, parts = read_bundle(folder)
    other = clips_of(load(data, name), PictureStore(data))
    unknown = sorted(set(other.classes) - set(card["classes"]))
    if unknown:
        raise BadConfig(f"The model does not know the class '{unknown[0]}' of {name}.",
                        f"It knows: {', '.join(card['classes'])}.")
    learned = {row["sha256"] for row in files.read_json(folder / files.INPUTS / CLIPS)["clips"]}
    fresh = [k for k, sha256 in enumerate(other.sha256) if sha256 not in learned]
    if not fresh:
        raise BadConfig(f"The model has learned from every clip of {name}.", "Give clips that it has not seen.")
    said = np.stack([said_of(card, Session(parts[HEAD]), other, k) for k in fresh])
    labels = np.array([card["classes"].index(other.classes[other.labels[k]]) for k in fresh])
    return {**report_of(card["classes"], labels, said), "task": "activity", "how": HOW, "project": name,
            "left_out": len(other.sha256) - len(fresh)}


def said_of(card: dict[str, Any], head: Session, clips: Clips, k: int) -> Floats:
    """Probabilities (K,) of one clip: as in training, of the mean of its windows' logits."""
    per_s = card["window"]["moments_per_s"]
    window, stride = (round(card["window"][name] * per_s) for name in ("s", "stride_s"))
    moments = np.stack([clips.of(k, places) for places in plain_windows(int(clips.lengths[k]), window, stride)])
    logs = np.log(np.maximum(head.said(PROBABILITIES, {WINDOW: moments}), LEAST)).mean(0, keepdims=True)
    found: Floats = np.exp(log_softmax(logs))[0].astype(np.float32)
    return found
