"""The networks as ONNX graphs, written node by node: what computes features, and what deploys.

The graph takes pictures as they come, uint8 RGB (B, 224, 224, 3), and holds the normalisation, so that it cannot be
forgotten or done twice.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import trivium
from trivium.vision.backbone.efficientnet import FEATURES, MEAN, SCALE, SIZE, Floats, entering, layers, same_padding
from trivium.vision.classification.head import Head
from trivium.vision.classification.rejection import Familiarity

OPSET = 17
IR_VERSION = 9  # what runtimes of 2023 and later read
PICTURES, EMBEDDING, PROBABILITIES = "pictures", "features", "probabilities"
FAMILIARITY = "familiarity"
BOXES, SCORES = "boxes", "scores"  # of a detector
LIKELIHOODS = "likelihoods"  # of a segmentation model
ODDNESS, ODD_MAP = "oddness", "odd_map"  # of an anomaly model
ACTIVATIONS = "activations"  # what enters a stage
MAP = "map"  # what is averaged into the features


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

    def model(self, name: str, outputs: dict[str, tuple[int, ...]], size: int = SIZE,
              inputs: dict[str, tuple[int, ...]] | None = None) -> onnx.ModelProto:
        """The whole; `outputs` maps each output to its shape, without the batch. `size`: the pictures' side; `inputs`
        are numbers that it takes in their place."""
        pictures = helper.make_tensor_value_info(PICTURES, TensorProto.UINT8, ["B", size, size, 3])
        graph = helper.make_graph(
            self.nodes, name,
            [helper.make_tensor_value_info(k, TensorProto.FLOAT, ["B", *shape]) for k, shape in inputs.items()]
            if inputs else [pictures],
            [helper.make_tensor_value_info(k, TensorProto.FLOAT, ["B", *shape]) for k, shape in outputs.items()],
            self.weights)
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="trivium",
                                 producer_version=trivium.__version__)
        made.ir_version = IR_VERSION
        onnx.checker.check_model(made)
        return made


def add_normalised(graph: Graph) -> str:
    """Pictures as the backbone wants them, (B, 3, H, W)."""
    x = graph.add("Cast", PICTURES, to=TensorProto.FLOAT)
    x = graph.add("Transpose", x, perm=[0, 3, 1, 2])
    x = graph.add("Sub", x, graph.constant("mean", np.float32(MEAN)))
    return graph.add("Mul", x, graph.constant("scale", np.float32(1.0 / SCALE)))


def add_layers(graph: Graph, x: str, weights: dict[str, Floats], last: int | None = None) -> str:
    """The backbone's first `last` convolutions, all without; returns the name of what they make (B, C, H, W)."""
    *_, made = each_layer(graph, x, weights, last)
    return made


def each_layer(graph: Graph, x: str, weights: dict[str, Floats], last: int | None = None,
               size: int = SIZE) -> Iterator[str]:
    """The backbone's convolutions one after the other; the name of what each makes, which the next one takes."""
    low, high = graph.constant("zero", np.float32(0.0)), graph.constant("six", np.float32(6.0))
    block_input = x
    for layer in itertools.islice(layers(), last):
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
        yield x


def add_backbone(graph: Graph, weights: dict[str, Floats]) -> str:
    """Pictures to features; returns the name of the features (B, 1280)."""
    x = graph.add("GlobalAveragePool", add_layers(graph, add_normalised(graph), weights))  # (B, 1280, 1, 1)
    return graph.add("Flatten", x, axis=1, output=EMBEDDING)


def trunk_model(weights: dict[str, Floats], stage: int) -> onnx.ModelProto:
    """Pictures to what enters a stage of the backbone: all that is computed once where the later stages learn."""
    first, *shape = entering(stage)
    graph = Graph()
    graph.add("Identity", add_layers(graph, add_normalised(graph), weights, first), output=ACTIVATIONS)
    return graph.model("trivium-vision-trunk", {ACTIVATIONS: tuple(shape)})


def backbone_model(weights: dict[str, Floats]) -> onnx.ModelProto:
    """Pictures to features."""
    graph = Graph()
    add_backbone(graph, weights)
    return graph.model("trivium-vision-backbone", {EMBEDDING: (FEATURES,)})


def classifier_model(weights: dict[str, Floats], head: Head,
                     familiarity: Familiarity | None = None) -> onnx.ModelProto:
    """Pictures to probabilities, to the features that they were told by, and to how familiar they are."""
    graph = Graph()
    features = add_backbone(graph, weights)
    logits = graph.add("Gemm", features, graph.constant("head.weight", head.weight),
                       graph.constant("head.bias", head.bias))
    graph.add("Softmax", logits, axis=1, output=PROBABILITIES)
    outputs: dict[str, tuple[int, ...]] = {PROBABILITIES: (len(head.bias),), EMBEDDING: (FEATURES,)}
    if familiarity is not None:
        add_familiarity(graph, features, logits, familiarity)
        outputs[FAMILIARITY] = (1,)
    return graph.model("trivium-vision", outputs)


def add_familiarity(graph: Graph, features: str, logits: str, familiarity: Familiarity) -> None:
    """`Familiarity.of`, node by node."""
    span = familiarity.span
    x = graph.add("Sub", features, graph.constant("span.mean", span.mean[None]))
    x = graph.add("LpNormalization", x, axis=1, p=2)
    axes = graph.constant("span.axes", span.axes.astype(np.float16))  # exact, for they were rounded to such
    x = graph.add("MatMul", x, graph.add("Cast", axes, to=TensorProto.FLOAT))  # (B, D)
    close = graph.add("ReduceL2", x, axes=[1], keepdims=1)
    sure = graph.add("ReduceMax", logits, axes=[1], keepdims=1)
    sure = graph.add("Min", sure, graph.constant("scale.most", np.float32(familiarity.scales.most)))
    sure = graph.add("Div", sure, graph.constant("scale.sure", np.float32(familiarity.scales.sure)))
    close = graph.add("Div", close, graph.constant("scale.close", np.float32(familiarity.scales.close)))
    graph.add("Add", sure, close, output=FAMILIARITY)


def with_map(model: bytes) -> bytes:
    """The same network with one more output: the last feature map (B, 1280, 7, 7), whose mean the features are."""
    made = onnx.load_from_string(model)
    pool = next(node for node in made.graph.node if node.op_type == "GlobalAveragePool")
    made.graph.node.append(helper.make_node("Identity", [pool.input[0]], [MAP]))
    made.graph.output.append(helper.make_tensor_value_info(MAP, TensorProto.FLOAT, ["B", FEATURES, None, None]))
    return bytes(made.SerializeToString())
