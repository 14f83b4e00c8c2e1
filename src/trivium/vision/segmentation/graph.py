"""The whole segmentation model as one ONNX graph: uint8 pictures in, how likely each class is at each place out."""

from __future__ import annotations

import onnx

from trivium.vision.backbone.efficientnet import pretrained
from trivium.vision.backbone.graph import LIKELIHOODS, Graph
from trivium.vision.detection.geometry import SIZE
from trivium.vision.detection.graph import Weights, Writer
from trivium.vision.detection.taps import add_taps
from trivium.vision.segmentation.network import GRID, PLACES


def segmenter_model(weights: Weights) -> onnx.ModelProto:
    """Pictures (B, 320, 320, 3) to `likelihoods` (B, K, 80, 80), background first."""
    graph = Graph()
    writer = Writer(graph, weights)
    taps = add_taps(graph, pretrained(), PLACES)
    maps = [writer.convolved(tap, f"lateral.{k}.conv", f"lateral.{k}.norm", relu=True) for k, tap in enumerate(taps)]
    gate = graph.add("Sigmoid", writer.convolved(graph.add("GlobalAveragePool", taps[-1]), "gate"))
    x = graph.add("Mul", maps[-1], gate)
    for k in (2, 1, 0):
        x = writer.separable(graph.add("Add", maps[k], writer.enlarged(x)), f"down.{k}")
    logits = writer.convolved(writer.separable(x, "tower"), "out")
    graph.add("Softmax", logits, axis=1, output=LIKELIHOODS)
    return graph.model("trivium-vision-segmenter", {LIKELIHOODS: (len(weights["out.bias"]), GRID, GRID)}, SIZE)
