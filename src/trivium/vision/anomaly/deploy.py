"""What leaves an anomaly model's training: RUN/model with everything as ONNX, the kept patches, a card, pictures.

Before it is written the graph is compared with the PyTorch backbone and NumPy, which know nothing of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import trivium
from trivium.core import files
from trivium.core.run import Run
from trivium.vision.anomaly.config import AnomalyConfig
from trivium.vision.anomaly.data import CLASSES, GoodAndOdd
from trivium.vision.anomaly.graph import COARSE, FINE, after, anomaly_model, patch_model
from trivium.vision.anomaly.patches import GRID, Bank, bank_of, oddness
from trivium.vision.backbone import efficientnet
from trivium.vision.backbone.efficientnet import SIZE, Floats
from trivium.vision.backbone.features import Session
from trivium.vision.backbone.graph import ODD_MAP, ODDNESS, PROBABILITIES
from trivium.vision.classification.data import SAMPLES, npz
from trivium.vision.collect.pictures import Bytes
from trivium.vision.demo_data.project import is_synthetic
from trivium.vision.deploy import CARD, LICENCE, MODEL, PARITY, WEIGHTS, Answers, apart

SAMPLE_COUNT = 8


def preload(config: AnomalyConfig, threads: int) -> Session:
    """Import and try out everything heavy, while files can still be found; the network that makes patches."""
    from safetensors.numpy import save

    network = Session(patch_model(efficientnet.pretrained()).SerializeToString(), threads)
    blank = np.zeros((1, SIZE, SIZE, 3), np.uint8)
    bank = bank_of(patches_by_torch(blank), 2, np.random.default_rng(0))
    model = anomaly_model(efficientnet.pretrained(), bank, config.worst, 1.0, 1.0).SerializeToString()
    Session(model, threads).outputs(blank)
    save({"kept": bank.kept})
    return network


def patches_by_torch(pictures: Bytes) -> Floats:
    """Patches (B, 196, C) by PyTorch: independent of graph and runtime."""
    import torch
    from torch.nn.functional import avg_pool2d

    from trivium.vision.models import pretrained_backbone

    with torch.inference_mode():
        network = pretrained_backbone()
        x = (torch.from_numpy(pictures).float().permute(0, 3, 1, 2) - efficientnet.MEAN) / efficientnet.SCALE
        fine = network.run(x, 0, after(FINE))
        coarse = network.run(fine, after(FINE), after(COARSE))
        both = torch.cat([avg_pool2d(avg_pool2d(fine, 3, 1, 1, count_include_pad=False), 2),
                          avg_pool2d(coarse, 3, 1, 1, count_include_pad=False)], 1)
    found: Floats = both.flatten(2).transpose(1, 2).numpy()
    return found


def by_hand(pictures: Bytes, bank: Bank, worst: int, threshold: float, spread: float) -> Answers:
    """What the graph is to say."""
    far = bank.distances(patches_by_torch(pictures))
    odd = oddness(far, worst)
    likely = 1.0 / (1.0 + np.exp(-(odd - threshold) / spread))
    return {PROBABILITIES: np.stack([1.0 - likely, likely], 1).astype(np.float32), ODDNESS: odd[:, None],
            ODD_MAP: far.reshape(-1, GRID, GRID)}


def bundle(config: AnomalyConfig, run: Run, photos: GoodAndOdd, pictures: Bytes, bank: Bank, spread: float,
           report: dict[str, Any]) -> None:
    """Write RUN/model, checked."""
    from safetensors.numpy import save

    chosen = np.linspace(0, len(pictures) - 1, min(SAMPLE_COUNT, len(pictures))).astype(int)
    samples, threshold = pictures[chosen], float(report["threshold"])
    model = anomaly_model(efficientnet.pretrained(), bank, config.worst, threshold, spread).SerializeToString()
    wanted = by_hand(samples, bank, config.worst, threshold, spread)
    difference = apart(Session(model, run.threads).outputs(samples), wanted)
    if not difference <= PARITY:
        raise RuntimeError(f"the ONNX model differs from the network by {difference:g}")
    tensors = {"kept": bank.kept, "mean": bank.mean, "scale": bank.scale}
    parts = {MODEL: model, WEIGHTS: save(tensors), SAMPLES: npz(pictures=samples, **wanted)}
    if (efficientnet.WEIGHTS.with_suffix(".LICENSE.txt")).is_file():
        parts[LICENCE] = efficientnet.WEIGHTS.with_suffix(".LICENSE.txt").read_bytes()
    for name, content in parts.items():
        files.atomic_write(run.model(name), content)
    card = {**card_of(config, run, photos, bank, report), "onnx_parity": difference,
            "files": {name: files.sha256_bytes(content) for name, content in parts.items()}}
    files.write_json(run.model(CARD), card)


def card_of(config: AnomalyConfig, run: Run, photos: GoodAndOdd, bank: Bank, report: dict[str, Any]) -> dict[str, Any]:
    """What somebody must know to use the model."""
    scores = {name: report[name] for name in ("auroc", "interval", "n", "good", "odd", "found", "alarms", "how")}
    return {
        "Description": f"Tells what is unlike the photos of the class '{photos.good_class}', and where.",
        "Inputs": f"pictures: uint8 (B, {SIZE}, {SIZE}, 3), RGB 0..255",
        "Outputs": f"probabilities (B, 2): good, odd, 0.5 at the threshold (a scale, not frequencies); oddness (B, 1); "
                   f"odd_map (B, {GRID}, {GRID}), where it is odd",
        "task": "anomaly", "classes": CLASSES,
        "preprocessing": {"size": SIZE, "rule": "squash", "filter": "bilinear, antialiased (Pillow's BILINEAR)",
                          "colour": "RGB", "normalisation": "inside the graph"},
        "threshold": report["threshold"], "patches": len(bank.kept), "good_class": photos.good_class,
        "backbone": efficientnet.SOURCE, "data_sha256": photos.content_hash,
        "synthetic_photos": sum(is_synthetic(name) for name in photos.names), "project": photos.project,
        "run": run.spec.id, "seed": run.seed, "config": config.model_dump(mode="json"), "scores": scores,
        "trivium": trivium.__version__,
        "Source and licence": "The patches that are kept: by the owner of this run, theirs to license. The backbone: "
                              "Apache-2.0; it has learned from ImageNet, whose pictures have owners of their own."}
