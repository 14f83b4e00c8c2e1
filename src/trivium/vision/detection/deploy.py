"""What leaves a detector's training: RUN/model with the whole network as ONNX, what was learned, a card, pictures.

The graph takes pictures as they come, RGB 0..255, squashed to 320 x 320. It is compared with the PyTorch network before
it is written; before it is handed out, `trivium.vision.deploy.check` compares it with the stored answers.
"""

from __future__ import annotations

import time
import zipfile
from typing import Any

import numpy as np
import torch
from torch import nn

import trivium
from trivium.core import files
from trivium.core.run import Run
from trivium.vision import backbone
from trivium.vision.backbone import Floats
from trivium.vision.data import SAMPLES, npz
from trivium.vision.demo_data.project import is_synthetic
from trivium.vision.deploy import CARD, LICENCE, MODEL, PARITY, WEIGHTS
from trivium.vision.detection.config import DetectConfig
from trivium.vision.detection.data import BoxedPhotos
from trivium.vision.detection.geometry import MOST_BOXES, OVERLAP, POINTS, SIZE
from trivium.vision.detection.graph import detector_model
from trivium.vision.detection.network import Detector
from trivium.vision.detection.taps import ENDS, after
from trivium.vision.features import Session
from trivium.vision.graph import BOXES, SCORES
from trivium.vision.models import pretrained_backbone
from trivium.vision.pictures import Bytes, squashed
from trivium.vision.tuning.pictures import PICTURES, opened

SAMPLE_COUNT = 4
USUAL_THRESHOLD = 0.3  # where no held-out photo shows a class
TIMES = 20  # pictures that the latency is measured on


def preload(threads: int) -> None:
    """Import and try out everything heavy, while files can still be found."""
    from safetensors.numpy import save

    network, blank = Detector(2, 16).eval(), np.zeros((1, SIZE, SIZE, 3), np.uint8)
    save(weights_of(network))
    Session(detector_model(weights_of(network)).SerializeToString(), threads).outputs(blank)
    by_torch(network, blank)


def weights_of(network: nn.Module) -> dict[str, Floats]:
    """What was learned, by name."""
    return {name: value.detach().contiguous().numpy() for name, value in network.state_dict().items()
            if value.is_floating_point()}


@torch.inference_mode()
def by_torch(network: nn.Module, pictures: Bytes) -> dict[str, Floats]:
    """Boxes (B, A, 4) and scores (B, A, K) by the PyTorch networks: independent of graph and runtime."""
    whole, taps, at = pretrained_backbone(), [], 0
    x = (torch.from_numpy(pictures).float().permute(0, 3, 1, 2) - backbone.MEAN) / backbone.SCALE
    for end in ENDS:
        x, at = whole.run(x, at, after(end)), after(end)
        taps.append(x)
    logits, boxes = network(taps)
    return {BOXES: boxes.numpy(), SCORES: logits.sigmoid().numpy()}


def bundle(config: DetectConfig, run: Run, photos: BoxedPhotos, network: nn.Module, aside: Any,
           report: dict[str, Any]) -> None:
    """Write RUN/model, checked."""
    from safetensors.numpy import save

    pictures = samples(run, photos, aside)
    model = detector_model(weights_of(network)).SerializeToString()
    session, wanted = Session(model, run.threads), by_torch(network, pictures)
    said = session.outputs(pictures)
    difference = max(float(np.abs(said[name] - wanted[name]).max()) for name in (BOXES, SCORES))
    if not difference <= PARITY:
        raise RuntimeError(f"the ONNX model differs from the network by {difference:g}")
    parts = {MODEL: model, WEIGHTS: save(weights_of(network)), SAMPLES: npz(pictures=pictures, **wanted)}
    if (backbone.WEIGHTS.with_suffix(".LICENSE.txt")).is_file():
        parts[LICENCE] = backbone.WEIGHTS.with_suffix(".LICENSE.txt").read_bytes()
    for name, content in parts.items():
        files.atomic_write(run.model(name), content)
    card = {**card_of(config, run, photos, report), "onnx_parity": difference,
            "latency": {"ms": latency_ms(session, pictures), "threads": run.threads,
                        "how": "one picture through the network, the median, on the machine that trained it"},
            "files": {name: files.sha256_bytes(content) for name, content in parts.items()}}
    files.write_json(run.model(CARD), card)


def samples(run: Run, photos: BoxedPhotos, aside: Any) -> Bytes:
    """(4, 320, 320, 3): some of the photos that were held out."""
    chosen = np.flatnonzero(aside)[:SAMPLE_COUNT]
    with zipfile.ZipFile(run.input(PICTURES)) as archive:
        return np.stack([squashed(opened(archive.read(photos.sha256[k])), SIZE) for k in chosen])


def latency_ms(session: Session, pictures: Bytes) -> float:
    """Milliseconds for one picture, the median of some."""
    took = []
    for _ in range(TIMES):
        begin = time.perf_counter()
        session.outputs(pictures[:1])
        took.append(time.perf_counter() - begin)
    return round(float(np.median(took)) * 1e3, 1)


def thresholds_of(report: dict[str, Any]) -> dict[str, float]:
    """From what score on a box of each class counts: where F1 was highest on the held-out photos."""
    return {name: row["best"]["threshold"] if row["best"] else USUAL_THRESHOLD
            for name, row in report["per_class"].items()}


def card_of(config: DetectConfig, run: Run, photos: BoxedPhotos, report: dict[str, Any]) -> dict[str, Any]:
    """What somebody must know to use the model."""
    per_class = {name: {key: row[key] for key in ("n", "ap50", "ap50_95")} for name, row in report["per_class"].items()}
    scores = {**{name: report[name] for name in ("map50", "map50_95", "interval", "n", "boxes", "how")},
              "per_class": per_class}
    return {
        "Description": f"Finds {len(photos.classes)} kinds of thing: {', '.join(photos.classes)[:300]}.",
        "Inputs": f"pictures: uint8 (B, {SIZE}, {SIZE}, 3), RGB 0..255",
        "Outputs": f"boxes (B, {POINTS}, 4): left, top, right, bottom as shares of the picture; scores (B, {POINTS}, "
                   "classes). Boxes of one class that overlap are still to be put out",
        "task": "detection", "classes": photos.classes,
        "preprocessing": {"size": SIZE, "rule": "squash", "filter": "bilinear, antialiased (Pillow's BILINEAR)",
                          "colour": "RGB", "normalisation": "inside the graph"},
        "postprocessing": {"thresholds": report["thresholds"], "overlap": OVERLAP, "most": MOST_BOXES,
                           "rule": "greedy non-maximum suppression, each class by itself"},
        "backbone": backbone.SOURCE, "data_sha256": photos.content_hash,
        "synthetic_photos": sum(is_synthetic(name) for name in photos.names), "project": photos.project,
        "run": run.spec.id, "seed": run.seed, "config": config.model_dump(mode="json"), "scores": scores,
        "trivium": trivium.__version__,
        "Source and licence": "What was learned: by the owner of this run, theirs to license. The backbone: "
                              "Apache-2.0; it has learned from ImageNet, whose pictures have owners of their own."}
