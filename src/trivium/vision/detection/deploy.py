"""What leaves a detector's training: RUN/model with the whole network as ONNX, what was learned, a card, pictures.

The graph takes pictures as they come, RGB 0..255, squashed to 320 x 320. It is compared with the PyTorch network before
it is written; `trivium.vision.deploy.check` compares it with the stored answers before it is handed out.
"""

from __future__ import annotations

import time
import zipfile
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

import trivium
from trivium.core import files
from trivium.core.run import Run
from trivium.vision.backbone import efficientnet
from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.backbone.features import Session
from trivium.vision.backbone.graph import BOXES, SCORES
from trivium.vision.classification.data import SAMPLES, npz
from trivium.vision.collect.pictures import Bytes, squashed
from trivium.vision.demo_data.project import is_synthetic
from trivium.vision.deploy import CARD, LICENCE, MODEL, PARITY, WEIGHTS
from trivium.vision.detection.config import DetectConfig
from trivium.vision.detection.data import BoxedPhotos
from trivium.vision.detection.geometry import MOST_BOXES, OVERLAP, POINTS, SIZE
from trivium.vision.detection.graph import detector_model
from trivium.vision.detection.network import Detector
from trivium.vision.detection.taps import DETECTION, Places, after
from trivium.vision.models import pretrained_backbone
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
    logits, boxes = network(taps_by_torch(pictures, DETECTION))
    return {BOXES: boxes.numpy(), SCORES: logits.sigmoid().numpy()}


@torch.inference_mode()
def taps_by_torch(pictures: Bytes, places: Places) -> list[torch.Tensor]:
    """Taps (B, C, H, W) of pictures by the PyTorch backbone."""
    whole, taps, at = pretrained_backbone(), [], 0
    x = (torch.from_numpy(pictures).float().permute(0, 3, 1, 2) - efficientnet.MEAN) / efficientnet.SCALE
    for end in places.ends:
        x, at = whole.run(x, at, after(end)), after(end)
        taps.append(x)
    return taps


def bundle(config: DetectConfig, run: Run, photos: BoxedPhotos, network: nn.Module, aside: Any,
           report: dict[str, Any]) -> None:
    """Write RUN/model, checked."""
    pictures = samples(run, photos.sha256, aside)
    model = detector_model(weights_of(network)).SerializeToString()
    write_model(run, model, weights_of(network), pictures, by_torch(network, pictures),
                card_of(config, run, photos, report))


def write_model(run: Run, model: bytes, weights: dict[str, Floats], pictures: Bytes, wanted: dict[str, Floats],
                card: dict[str, Any]) -> None:
    """Write RUN/model, once the graph says of these pictures what the PyTorch network says."""
    from safetensors.numpy import save

    session = Session(model, run.threads)
    said = session.outputs(pictures)
    difference = max(float(np.abs(said[name] - answer).max()) for name, answer in wanted.items())
    if not difference <= PARITY:
        raise RuntimeError(f"the ONNX model differs from the network by {difference:g}")
    parts = {MODEL: model, WEIGHTS: save(weights), SAMPLES: npz(pictures=pictures, **wanted)}
    if (efficientnet.WEIGHTS.with_suffix(".LICENSE.txt")).is_file():
        parts[LICENCE] = efficientnet.WEIGHTS.with_suffix(".LICENSE.txt").read_bytes()
    for name, content in parts.items():
        files.atomic_write(run.model(name), content)
    files.write_json(run.model(CARD), {
        **card, "onnx_parity": difference,
        "latency": {"ms": latency_ms(session, pictures), "threads": run.threads,
                    "how": "one picture through the network, the median, on the machine that trained it"},
        "files": {name: files.sha256_bytes(content) for name, content in parts.items()}})


def samples(run: Run, sha256: Sequence[str], aside: Any) -> Bytes:
    """(4, 320, 320, 3): some of the photos that were held out."""
    chosen = np.flatnonzero(aside)[:SAMPLE_COUNT]
    with zipfile.ZipFile(run.input(PICTURES)) as archive:
        return np.stack([squashed(opened(archive.read(sha256[k])), SIZE) for k in chosen])


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
        "backbone": efficientnet.SOURCE, "data_sha256": photos.content_hash,
        "synthetic_photos": sum(is_synthetic(name) for name in photos.names), "project": photos.project,
        "run": run.spec.id, "seed": run.seed, "config": config.model_dump(mode="json"), "scores": scores,
        "trivium": trivium.__version__,
        "Source and licence": "What was learned: by the owner of this run, theirs to license. The backbone: "
                              "Apache-2.0; it has learned from ImageNet, whose pictures have owners of their own."}
