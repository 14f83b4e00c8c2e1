"""What leaves an activity training: RUN/model with two ONNX graphs, what was learned, a card, and samples.

`model.onnx` says what is kept of a frame; it runs so many times a second as the card says. `head.onnx` takes what was
kept of the last moments and says what is being done. Both are compared with the PyTorch networks before they are
written; before they are handed out, `trivium.vision.deploy.check` compares them with the stored answers.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch

import trivium
from trivium.core import files
from trivium.core.run import Run
from trivium.vision.activity.config import ActivityConfig
from trivium.vision.activity.data import Clips
from trivium.vision.activity.frame_network import CHANNELS, LAST, LOOKS, NUMBERS, SIDE, frame_bytes
from trivium.vision.activity.graph import WINDOW, head_model
from trivium.vision.activity.learner import Learner
from trivium.vision.activity.network import Moments
from trivium.vision.activity.sampling import RATE, SIZE
from trivium.vision.activity.windows import plain_windows
from trivium.vision.backbone import efficientnet
from trivium.vision.backbone.efficientnet import Floats, layers
from trivium.vision.backbone.features import Session
from trivium.vision.backbone.graph import PROBABILITIES
from trivium.vision.classification.data import SAMPLES, npz
from trivium.vision.collect.pictures import Bytes
from trivium.vision.demo_data.project import is_synthetic
from trivium.vision.deploy import CARD, HEAD, LICENCE, MODEL, PARITY, WEIGHTS, answers_of, apart
from trivium.vision.models import pretrained_backbone

SAMPLE_WINDOWS = 2
TIMES = 20  # windows that the latency is measured on


def preload(config: ActivityConfig, threads: int) -> None:
    """Import and try out everything heavy, while files can still be found."""
    from safetensors.numpy import save

    network, blank = Moments(2, 16).eval(), np.zeros((1, SIZE, SIZE, 3), np.uint8)
    save(weights_of(network))
    parts = {MODEL: frame_bytes(), HEAD: head_bytes(network, config.window, 1.0)}
    answers_of(parts, blank, np.zeros((1, config.window, NUMBERS), np.float32), threads)
    by_torch(network, blank, np.zeros((1, config.window, NUMBERS), np.float32), 1.0)


def weights_of(network: Moments) -> dict[str, Floats]:
    """What was learned, by name."""
    return {name: value.detach().contiguous().numpy() for name, value in network.state_dict().items()
            if value.is_floating_point()}


def head_bytes(network: Moments, window: int, temperature: float) -> bytes:
    """The temporal head as an ONNX file."""
    return bytes(head_model(weights_of(network), window, temperature).SerializeToString())


@torch.inference_mode()
def by_torch(network: Moments, pictures: Bytes, moments: Floats, temperature: float) -> dict[str, Floats]:
    """What both graphs say, by the PyTorch networks: independent of graph and runtime."""
    pixels = torch.from_numpy(pictures).float()
    last = 1 + next(k for k, layer in enumerate(layers()) if layer.name == LAST)
    seen = pretrained_backbone().run((pixels.permute(0, 3, 1, 2) - efficientnet.MEAN) / efficientnet.SCALE, 0, last)
    said = (network(torch.from_numpy(moments)) / temperature).softmax(1)
    return {LOOKS: seen.flatten(1).numpy(), PROBABILITIES: said.numpy()}


def bundle(config: ActivityConfig, run: Run, clips: Clips, aside: Any, learner: Learner,
           report: dict[str, Any]) -> None:
    """Write RUN/model, checked."""
    from safetensors.numpy import save

    network, temperature = learner.average, report["temperature"]
    with np.load(run.input(SAMPLES), allow_pickle=False) as stored:
        pictures = stored["pictures"]
    moments = windows_of(config, clips, aside)
    parts = {MODEL: frame_bytes(), HEAD: head_bytes(network, config.window, temperature)}
    wanted = by_torch(network, pictures, moments, temperature)
    difference = apart(answers_of(parts, pictures, moments, run.threads), wanted)
    if not difference <= PARITY:
        raise RuntimeError(f"the ONNX model differs from the network by {difference:g}")
    parts |= {WEIGHTS: save(weights_of(network)),
              SAMPLES: npz(pictures=pictures, moments=moments.astype(np.float16), **wanted)}
    if (efficientnet.WEIGHTS.with_suffix(".LICENSE.txt")).is_file():
        parts[LICENCE] = efficientnet.WEIGHTS.with_suffix(".LICENSE.txt").read_bytes()
    for name, content in parts.items():
        files.atomic_write(run.model(name), content)
    card = {**card_of(config, run, clips, report), "onnx_parity": difference,
            "latency": {"ms": latency_ms(parts, pictures, moments, run.threads), "threads": run.threads,
                        "how": "one frame and one window through the networks, the median, on the machine that "
                               "trained it"},
            "files": {name: files.sha256_bytes(content) for name, content in parts.items()}}
    files.write_json(run.model(CARD), card)


def windows_of(config: ActivityConfig, clips: Clips, aside: Any) -> Floats:
    """(2, T, NUMBERS): windows of clips that were held out."""
    chosen = [int(k) for k in np.flatnonzero(aside)[:SAMPLE_WINDOWS]]
    return np.stack([clips.of(k, plain_windows(int(clips.lengths[k]), config.window, config.stride)[0])
                     for k in chosen])


def latency_ms(parts: dict[str, bytes], pictures: Bytes, moments: Floats, threads: int) -> float:
    """Milliseconds for one frame and one window, the median of some."""
    frames, head, took = Session(parts[MODEL], threads), Session(parts[HEAD], threads), []
    for _ in range(TIMES):
        begin = time.perf_counter()
        frames.run(pictures[:1], LOOKS)
        head.said(PROBABILITIES, {WINDOW: moments[:1]})
        took.append(time.perf_counter() - begin)
    return round(float(np.median(took)) * 1e3, 1)


def card_of(config: ActivityConfig, run: Run, clips: Clips, report: dict[str, Any]) -> dict[str, Any]:
    """What somebody must know to use the model."""
    scores = {name: report[name] for name in ("accuracy", "interval", "n", "macro_recall", "baseline", "per_class",
                                              "calibration_error", "how")}
    return {
        "Description": f"Tells {len(clips.classes)} activities apart: {', '.join(clips.classes)[:300]}.",
        "Inputs": f"model.onnx: pictures, uint8 (B, {SIZE}, {SIZE}, 3), RGB 0..255. head.onnx: moments, float32 (B, "
                  f"{config.window}, {NUMBERS}), what model.onnx has said of the last {config.window} moments, the "
                  "oldest first",
        "Outputs": f"model.onnx: looks (B, {NUMBERS}), {CHANNELS} channels of {SIDE} x {SIDE} places. head.onnx: "
                   "probabilities (B, classes)",
        "task": "activity", "classes": clips.classes,
        "preprocessing": {"size": SIZE, "rule": "squash", "filter": "bilinear, antialiased (Pillow's BILINEAR)",
                          "colour": "RGB", "normalisation": "inside the graph"},
        "window": {"s": config.window_s, "stride_s": config.stride_s, "moments_per_s": RATE,
                   "rule": "at each moment the newest frame counts; before the first one, that one"},
        "backbone": efficientnet.SOURCE, "rejection": report["rejection"], "temperature": report["temperature"],
        "data_sha256": clips.content_hash, "synthetic_clips": sum(is_synthetic(name) for name in clips.names),
        "project": clips.project, "run": run.spec.id, "seed": run.seed, "config": config.model_dump(mode="json"),
        "scores": scores, "trivium": trivium.__version__,
        "Source and licence": "What was learned: by the owner of this run, theirs to license. The backbone: "
                              "Apache-2.0; it has learned from ImageNet, whose pictures have owners of their own."}
