"""What leaves a segmentation training: RUN/model with the whole network as ONNX, what was learned, a card, pictures.

The graph takes pictures as they come, RGB 0..255, squashed to 320 x 320. It is compared with the PyTorch network before
it is written; `trivium.vision.deploy.check` compares it with the stored answers before it is handed out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

import trivium
from trivium.core.run import Run
from trivium.vision.backbone import efficientnet
from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.backbone.features import Session
from trivium.vision.backbone.graph import LIKELIHOODS
from trivium.vision.collect.pictures import Bytes
from trivium.vision.demo_data.project import is_synthetic
from trivium.vision.detection.deploy import samples, taps_by_torch, weights_of, write_model
from trivium.vision.detection.geometry import SIZE
from trivium.vision.segmentation.config import SegmentConfig
from trivium.vision.segmentation.data import MaskedPhotos
from trivium.vision.segmentation.graph import segmenter_model
from trivium.vision.segmentation.network import GRID, PLACES, Segmenter

SCORES = ("miou", "interval", "pixel_accuracy", "border_accuracy", "baseline", "n", "how")


def preload(threads: int) -> None:
    """Import and try out everything heavy, while files can still be found."""
    from safetensors.numpy import save

    network, blank = Segmenter(2, 16).eval(), np.zeros((1, SIZE, SIZE, 3), np.uint8)
    save(weights_of(network))
    Session(segmenter_model(weights_of(network)).SerializeToString(), threads).outputs(blank)
    by_torch(network, blank)


@torch.inference_mode()
def by_torch(network: nn.Module, pictures: Bytes) -> dict[str, Floats]:
    """Likelihoods (B, K, 80, 80) by the PyTorch networks: independent of graph and runtime."""
    return {LIKELIHOODS: network(taps_by_torch(pictures, PLACES)).softmax(1).numpy()}


def bundle(config: SegmentConfig, run: Run, photos: MaskedPhotos, network: nn.Module, aside: Any,
           report: dict[str, Any]) -> None:
    """Write RUN/model, checked."""
    pictures = samples(run, photos.sha256, aside)
    model = segmenter_model(weights_of(network)).SerializeToString()
    write_model(run, model, weights_of(network), pictures, by_torch(network, pictures),
                card_of(config, run, photos, report))


def card_of(config: SegmentConfig, run: Run, photos: MaskedPhotos, report: dict[str, Any]) -> dict[str, Any]:
    """What somebody must know to use the model."""
    per_class = {name: {key: row[key] for key in ("n", "iou")} for name, row in report["per_class"].items()}
    return {
        "Description": f"Says where {len(photos.classes)} kinds of thing are, pixel by pixel: "
                       f"{', '.join(photos.classes)[:300]}.",
        "Inputs": f"pictures: uint8 (B, {SIZE}, {SIZE}, 3), RGB 0..255",
        "Outputs": f"likelihoods (B, 1 + classes, {GRID}, {GRID}): how likely background and each class are at each "
                   "place. To be smoothed to the picture's size (bilinear); each pixel is of the likeliest class",
        "task": "segmentation", "classes": photos.classes,
        "preprocessing": {"size": SIZE, "rule": "squash", "filter": "bilinear, antialiased (Pillow's BILINEAR)",
                          "colour": "RGB", "normalisation": "inside the graph"},
        "postprocessing": {"rule": "bilinear to the size wanted, then the likeliest class"},
        "backbone": efficientnet.SOURCE, "data_sha256": photos.content_hash,
        "synthetic_photos": sum(is_synthetic(name) for name in photos.names), "project": photos.project,
        "run": run.spec.id, "seed": run.seed, "config": config.model_dump(mode="json"),
        "scores": {**{name: report[name] for name in SCORES}, "per_class": per_class},
        "trivium": trivium.__version__,
        "Source and licence": "What was learned: by the owner of this run, theirs to license. The backbone: "
                              "Apache-2.0; it has learned from ImageNet, whose pictures have owners of their own."}
