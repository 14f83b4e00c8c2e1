"""An anomaly model as one ONNX graph: uint8 pictures in; how odd they are, and where, out.

`probabilities` holds (good, odd): how far the oddness is above or below the threshold, on a scale on which 0.5 is the
threshold itself. It is no probability in the strict sense, and the card says so; rules, votes and pages read it as one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx

from trivium.vision.anomaly.patches import CHANNELS, GRID, PLACES, Bank
from trivium.vision.backbone.efficientnet import Floats, layers
from trivium.vision.backbone.graph import ODD_MAP, ODDNESS, PROBABILITIES, Graph, add_normalised, each_layer

PATCHES = "patches"
FINE, COARSE = "blocks.4.project", "blocks.10.project"  # the last layers of the stages at strides 8 and 16


def after(name: str) -> int:
    """How many layers there are up to that one."""
    return 1 + next(k for k, layer in enumerate(layers()) if layer.name == name)


def add_patches(graph: Graph, weights: dict[str, Floats]) -> str:
    """Pictures to patches (B, 196, C)."""
    made = {layer.name: name for layer, name in
            zip(layers(), each_layer(graph, add_normalised(graph), weights, after(COARSE)), strict=False)}
    around: dict[str, Any] = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "strides": [1, 1], "count_include_pad": 0}
    fine = graph.add("AveragePool", made[FINE], **around)  # (B, 40, 28, 28)
    fine = graph.add("AveragePool", fine, kernel_shape=[2, 2], strides=[2, 2])
    coarse = graph.add("AveragePool", made[COARSE], **around)  # (B, 112, 14, 14)
    both = graph.add("Concat", fine, coarse, axis=1)
    flat = graph.add("Reshape", both, graph.constant("flat", np.array([0, CHANNELS, PLACES], np.int64)))
    return graph.add("Transpose", flat, perm=[0, 2, 1], output=PATCHES)


def patch_model(weights: dict[str, Floats]) -> onnx.ModelProto:
    """Pictures to patches."""
    graph = Graph()
    add_patches(graph, weights)
    return graph.model("trivium-vision-patches", {PATCHES: (PLACES, CHANNELS)})


def anomaly_model(weights: dict[str, Floats], bank: Bank, worst: int, threshold: float,
                  spread: float) -> onnx.ModelProto:
    """The whole."""
    graph = Graph()
    x = graph.add("Sub", add_patches(graph, weights), graph.constant("bank.mean", bank.mean))
    x = graph.add("Mul", x, graph.constant("bank.scale", bank.scale))  # (B, 196, C)
    kept = graph.constant("bank.kept", bank.kept)
    across = graph.add("MatMul", x, graph.add("Transpose", kept, perm=[1, 0]))  # (B, 196, M)
    apart = graph.add("Sub", graph.constant("bank.squares", (bank.kept**2).sum(1)), graph.add("Add", across, across))
    nearest = graph.add("Gather", kept, graph.add("ArgMin", apart, axis=2, keepdims=0), axis=0)  # (B, 196, C)
    # the distance by itself, not by those sums, which cancel each other out where it is small
    far = graph.add("ReduceL2", graph.add("Sub", x, nearest), axes=[2], keepdims=0)  # (B, 196)
    graph.add("Reshape", far, graph.constant("grid", np.array([0, GRID, GRID], np.int64)), output=ODD_MAP)
    graph.nodes.append(onnx.helper.make_node("TopK", [far, graph.constant("worst", np.array([worst], np.int64))],
                                             ["worst.values", "worst.places"], axis=1))
    odd = graph.add("ReduceMean", "worst.values", axes=[1], keepdims=1, output=ODDNESS)
    centred = graph.add("Div", graph.add("Sub", odd, graph.constant("threshold", np.float32(threshold))),
                        graph.constant("spread", np.float32(spread)))
    likely = graph.add("Sigmoid", centred)
    rest = graph.add("Sub", graph.constant("one", np.float32(1.0)), likely)
    graph.add("Concat", rest, likely, axis=1, output=PROBABILITIES)
    return graph.model("trivium-vision-anomaly", {PROBABILITIES: (2,), ODDNESS: (1,), ODD_MAP: (GRID, GRID)})
