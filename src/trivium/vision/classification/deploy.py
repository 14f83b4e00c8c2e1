"""What leaves a training: RUN/model with the whole network as ONNX, its head, a card, and pictures to check it on.

The graph takes pictures as they come, RGB 0..255, squashed to 224 x 224, and holds every later step, so what was
measured is what runs. It is checked against the PyTorch network before it is written, and once more, in the runtime
that it will be used in, before it is handed out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import trivium
from trivium.core import files
from trivium.core.run import Run
from trivium.vision.backbone import efficientnet
from trivium.vision.backbone.efficientnet import SIZE, Floats
from trivium.vision.backbone.features import Session
from trivium.vision.backbone.graph import FAMILIARITY, PROBABILITIES, classifier_model
from trivium.vision.classification.config import TrainConfig
from trivium.vision.classification.data import SAMPLES, Photos, npz
from trivium.vision.classification.head import Head, log_softmax
from trivium.vision.classification.rejection import Familiarity, Span
from trivium.vision.collect.pictures import Bytes
from trivium.vision.deploy import CARD, LICENCE, MODEL, PARITY, WEIGHTS, Answers, apart, read_bundle

if TYPE_CHECKING:
    import torch


def preload(threads: int) -> None:
    """Import and try out everything heavy, while files can still be found."""
    import torch

    from trivium.vision.models import pretrained_backbone

    torch.set_num_threads(threads)
    blank = np.zeros((1, SIZE, SIZE, 3), np.uint8)
    head = Head(np.zeros((efficientnet.FEATURES, 2), np.float32), np.zeros(2, np.float32))
    Session(classifier_model(efficientnet.pretrained(), head).SerializeToString()).run(blank, PROBABILITIES)
    by_torch(pretrained_backbone(), head, None, blank)


def by_torch(network: torch.nn.Module, head: Head, familiarity: Familiarity | None, pictures: Bytes) -> Answers:
    """Probabilities (B, K) and familiarity (B, 1) by the PyTorch network: independent of graph and runtime."""
    import torch

    with torch.inference_mode():
        features = network(torch.from_numpy(pictures).float()).numpy()
    logits = head.logits(features)
    found: Answers = {PROBABILITIES: np.exp(log_softmax(logits)).astype(np.float32)}
    return found if familiarity is None else {**found, FAMILIARITY: familiarity.of(features, logits)[:, None]}


@dataclass(frozen=True)
class Classifier:
    """What a training has made."""

    changed: dict[str, Floats]  # the backbone's weights that differ from the pretrained ones
    head: Head
    span: Span
    familiarity: Familiarity | None = None

    @property
    def weights(self) -> dict[str, Floats]:
        """The whole backbone's."""
        return {**efficientnet.pretrained(), **self.changed}

    def calibrated(self, temperature: float, familiarity: Familiarity) -> Classifier:
        return replace(self, head=self.head.cooled(temperature), familiarity=familiarity)


def bundle(config: TrainConfig, run: Run, photos: Photos, made: Classifier, report: dict[str, Any]) -> None:
    """Write RUN/model, checked."""
    from safetensors.numpy import save

    from trivium.vision.models import Backbone, load_backbone

    with np.load(run.input(SAMPLES), allow_pickle=False) as stored:
        pictures = stored["pictures"]
    model = classifier_model(made.weights, made.head, made.familiarity).SerializeToString()
    wanted = by_torch(load_backbone(Backbone(), made.weights).eval(), made.head, made.familiarity, pictures)
    difference = apart(Session(model, run.threads).outputs(pictures), wanted)
    if not difference <= PARITY:
        raise RuntimeError(f"the ONNX model differs from the network by {difference:g}")
    tensors = {"head.weight": made.head.weight, "head.bias": made.head.bias,
               **{f"backbone.{name}": array for name, array in made.changed.items()}}
    parts = {MODEL: model, WEIGHTS: save(tensors), SAMPLES: npz(pictures=pictures, **wanted)}
    if (efficientnet.WEIGHTS.with_suffix(".LICENSE.txt")).is_file():
        parts[LICENCE] = efficientnet.WEIGHTS.with_suffix(".LICENSE.txt").read_bytes()
    for name, content in parts.items():
        files.atomic_write(run.model(name), content)
    card = {**card_of(config, run, photos, report, difference),
            "files": {name: files.sha256_bytes(content) for name, content in parts.items()}}
    files.write_json(run.model(CARD), card)


def card_of(config: TrainConfig, run: Run, photos: Photos, report: dict[str, Any], difference: float) -> dict[str, Any]:
    """What somebody must know to use the model."""
    scores = {name: report[name] for name in ("accuracy", "interval", "n", "macro_recall", "baseline", "per_class",
                                              "calibration_error", "how")}
    return {
        "Description": f"Tells {len(photos.classes)} classes apart: {', '.join(photos.classes)[:300]}.",
        "Inputs": f"pictures: uint8 (B, {SIZE}, {SIZE}, 3), RGB 0..255",
        "Outputs": "probabilities (B, classes); features (B, 1280) of the backbone; familiarity (B, 1)",
        "task": "classification", "classes": photos.classes,
        "preprocessing": {"size": SIZE, "rule": "squash", "filter": "bilinear, antialiased (Pillow's BILINEAR)",
                          "colour": "RGB", "normalisation": "inside the graph"},
        "backbone": efficientnet.SOURCE, "fine_tuned": report["fine_tuned"], "rejection": report["rejection"],
        "temperature": report["temperature"], "data_sha256": photos.content_hash, "project": photos.project,
        "run": run.spec.id, "seed": run.seed, "config": config.model_dump(mode="json"), "scores": scores,
        "onnx_parity": difference, "trivium": trivium.__version__,
        "Source and licence": "The head: by the owner of this run, theirs to license. The backbone: Apache-2.0; it has "
                              "learned from ImageNet, whose pictures have owners of their own."}


def head_of(folder: Path) -> Head:
    """The head in RUN/model."""
    from safetensors.numpy import load

    _, parts = read_bundle(folder)
    tensors = load(parts[WEIGHTS])
    return Head(tensors["head.weight"], tensors["head.bias"])


