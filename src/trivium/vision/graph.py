"""The networks as ONNX graphs, written node by node: what computes features, and what deploys.

The graph takes pictures as they come, uint8 RGB (B, 224, 224, 3), and holds the normalisation, so that it cannot be
forgotten or done twice.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import trivium
from trivium.vision.backbone import FEATURES, MEAN, SCALE, SIZE, Floats, layers, same_padding
from trivium.vision.head import Head

OPSET = 17
IR_VERSION = 9  # what runtimes of 2023 and later read
PICTURES, EMBEDDING, PROBABILITIES = "pictures", "features", "probabilities"


class Graph:
    """ONNX nodes and weights, written one after the other."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def constant(self, name: str, array: Any) -> str:
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        output = output or f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def model(self, name: str, outputs: dict[str, int]) -> onnx.ModelProto:
        """The whole; `outputs` maps each output to its width."""
        graph = helper.make_graph(
            self.nodes, name,
            [helper.make_tensor_value_info(PICTURES, TensorProto.UINT8, ["B", SIZE, SIZE, 3])],
            [helper.make_tensor_value_info(k, TensorProto.FLOAT, ["B", width]) for k, width in outputs.items()],
            self.weights)
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="trivium",
                                 producer_version=trivium.__version__)
        made.ir_version = IR_VERSION
        onnx.checker.check_model(made)
        return made


def add_backbone(graph: Graph, weights: dict[str, Floats]) -> str:
    """Pictures to features; returns the name of the features (B, 1280)."""
    low, high = graph.constant("zero", np.float32(0.0)), graph.constant("six", np.float32(6.0))
    x = graph.add("Cast", PICTURES, to=TensorProto.FLOAT)
    x = graph.add("Transpose", x, perm=[0, 3, 1, 2])  # (B, 3, 224, 224)
    x = graph.add("Sub", x, graph.constant("mean", np.float32(MEAN)))
    x = graph.add("Mul", x, graph.constant("scale", np.float32(1.0 / SCALE)))
    size, block_input = SIZE, x
    for layer in layers():
        if layer.begins_block:
            block_input = x
        before, after = same_padding(size, layer.kernel, layer.stride)
        x = graph.add("Conv", x, *(graph.constant(f"{layer.name}.{part}", weights[f"{layer.name}.{part}"])
                                   for part in ("weight", "bias")),
                      kernel_shape=[layer.kernel] * 2, strides=[layer.stride] * 2, group=layer.groups,
                      pads=[before, before, after, after])
        size = -(-size // layer.stride)
        if layer.relu:
            x = graph.add("Clip", x, low, high)
        if layer.adds_input:
            x = graph.add("Add", x, block_input)
    x = graph.add("GlobalAveragePool", x)  # (B, 1280, 1, 1)
    return graph.add("Flatten", x, axis=1, output=EMBEDDING)


def backbone_model(weights: dict[str, Floats]) -> onnx.ModelProto:
    """Pictures to features."""
    graph = Graph()
    add_backbone(graph, weights)
    return graph.model("trivium-vision-backbone", {EMBEDDING: FEATURES})


def classifier_model(weights: dict[str, Floats], head: Head) -> onnx.ModelProto:
    """Pictures to probabilities, and to the features that they were told by."""
    graph = Graph()
    features = add_backbone(graph, weights)
    logits = graph.add("Gemm", features, graph.constant("head.weight", head.weight),
                       graph.constant("head.bias", head.bias))
    graph.add("Softmax", logits, axis=1, output=PROBABILITIES)
    return graph.model("trivium-vision", {PROBABILITIES: len(head.bias), EMBEDDING: FEATURES})
