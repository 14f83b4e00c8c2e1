"""What leaves a training, whatever the task: RUN/model as a bundle, checked before it is handed out.

A bundle is the whole network as ONNX, a card, and pictures with the answers that the network gave when it was made.
They are asked for once more in the runtime that the model will be used in. What goes into a bundle is each task's own,
in its `deploy.py`.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from trivium.core import files
from trivium.errors import BadFile, NameTaken
from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.backbone.features import Session
from trivium.vision.backbone.graph import PROBABILITIES
from trivium.vision.classification.data import SAMPLES
from trivium.vision.collect.pictures import Bytes
from trivium.vision.finished import training

MODEL, WEIGHTS, CARD, LICENCE = "model.onnx", "weights.safetensors", "model.json", "backbone.LICENSE.txt"
HEAD = "head.onnx"  # of an activity model: what judges the moments that `MODEL` has looked at
PARITY = 1e-3  # largest difference in an answer that may go out; of familiarity, as a share where that is above 1
Answers = dict[str, Floats]  # what a model says of pictures, by output
MOMENT = (2020, 1, 1, 0, 0, 0)  # the same model makes the same zip


def deploy(run: Path | str, out: Path) -> dict[str, Any]:
    """Write the bundle as a zip, after trying the model once more on its stored pictures."""
    folder, _ = training(run, task=None)
    card, parts = read_bundle(folder)
    difference = check(parts)
    if out.exists():
        raise NameTaken(f"{out} is there already.", "Choose another name.")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in [(CARD, json.dumps(card, indent=1, ensure_ascii=False).encode()), *parts.items()]:
            archive.writestr(zipfile.ZipInfo(name, MOMENT), content, zipfile.ZIP_DEFLATED)
    files.atomic_write(out, packed.getvalue())
    return {"out": str(out), "run": str(folder), "classes": card["classes"], "bytes": out.stat().st_size,
            "sha256": files.sha256_file(out), "parity": difference, "accuracy": card["scores"].get("accuracy"),
            "map50": card["scores"].get("map50"), "miou": card["scores"].get("miou")}


def read_bundle(folder: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Card and files of RUN/model; BadFile if they are not those it was made of."""
    place = folder / files.MODEL
    card = files.read_json(place / CARD)
    try:
        parts = {name: files.read_file(files.inside(place, name)) for name in card["files"]}
        whole = all(files.sha256_bytes(content) == card["files"][name] for name, content in parts.items())
        whole = whole and {MODEL, SAMPLES} <= parts.keys()
    except (KeyError, TypeError, AttributeError):
        whole = False
    if not whole:
        raise BadFile(f"The model in {folder.name} is damaged.", "Train it again.")
    return card, parts


def check(parts: dict[str, bytes]) -> float:
    """Largest difference between what the model says of its stored pictures now and what it said when it was made."""
    with np.load(io.BytesIO(parts[SAMPLES]), allow_pickle=False) as stored:
        wanted = {name: stored[name] for name in stored.files}
    pictures, moments = wanted.pop("pictures"), wanted.pop("moments", None)
    difference = apart(answers_of(parts, pictures, moments), wanted)
    if not difference <= PARITY:
        raise BadFile(f"This machine gets other answers from the model than it was trained with (by {difference:.3g}).",
                      "Update onnxruntime, or train the model again on this machine.")
    return difference


def answers_of(parts: dict[str, bytes], pictures: Bytes, moments: Floats | None = None, threads: int = 1) -> Answers:
    """What a bundle's networks say of pictures, and of the moments of windows where it judges such."""
    found = Session(parts[MODEL], threads).outputs(pictures)
    if moments is None:
        return found
    head = Session(parts[HEAD], threads)
    return {**found, PROBABILITIES: head.said(PROBABILITIES, {"moments": moments.astype(np.float32)})}


def apart(found: Answers, wanted: Answers) -> float:
    """The largest difference between answers; not a number where one of them is none."""
    return float(np.max([(np.abs(found[name] - array) / np.maximum(1.0, np.abs(array))).max()
                         for name, array in wanted.items()]))
