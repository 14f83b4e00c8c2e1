"""The ready-made detector as one ONNX graph of the form that every detector of the studio has: uint8 pictures in, a box
and a score for each class at each point out. What overlaps is put out afterwards, as ever.

TensorFlow lays pictures out as (batch, height, width, channels) and ONNX convolves (batch, channels, height, width), so
there is a turn before and after each convolution; the runtime takes out those that undo each other. Weights stay in
half precision, in which they come; the runtime widens them once, when it loads the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto

from trivium.vision.backbone.graph import BOXES, PICTURES, SCORES, Graph
from trivium.vision.ready_made.nanodet import BINS, GRIDS, KINDS, MEAN, POINTS, SIZE, SPREAD, STRIDES
from trivium.vision.ready_made.tensorflow_js import Network, Operation

TO_ONNX, TO_TENSORFLOW = [0, 3, 1, 2], [0, 2, 3, 1]
KERNEL = [3, 2, 0, 1]  # (height, width, in, out) to (out, in, height, width)


def whole(numbers: Any) -> Any:
    """Whole numbers, as ONNX wants them for shapes and places."""
    return np.array(numbers, np.int64)


class Writer:
    """Writes TensorFlow's operations as ONNX nodes, each when it is first asked for."""

    def __init__(self, graph: Graph, network: Network, pictures: str) -> None:
        self.graph, self.network, self.made = graph, network, dict[str, str]()
        self.pictures, self.held_count = pictures, 0

    def held(self, array: Any) -> str:
        """A constant; half-precision numbers widened in the graph."""
        self.held_count += 1
        name = self.graph.constant(f"k{self.held_count}", array)
        return self.graph.add("Cast", name, to=TensorProto.FLOAT) if array.dtype == np.float16 else name

    def value(self, name: str) -> str:
        """What an operation gives."""
        if name not in self.made:
            own = name.partition(":")[0]
            if own in self.network.constants:
                self.made[own] = self.held(self.network.constants[own])
            else:
                self.write(self.network.operations[own])
        return self.made[name]

    def write(self, step: Operation) -> None:
        given, known = step.inputs, self.network.constant
        if step.kind == "Placeholder":
            found = self.pictures
        elif step.kind == "Identity":
            found = self.value(given[0])
        elif step.kind == "SplitV":
            first, second = f"{step.name}/0", f"{step.name}/1"
            self.graph.nodes.append(onnx.helper.make_node(
                "Split", [self.value(given[0]), self.held(whole(known(given[1])))], [first, second],
                axis=int(known(given[2]))))
            self.made[f"{step.name}:1"], found = second, first
        elif step.kind in ("Conv2D", "MaxPool", "ResizeBilinear"):
            x = self.graph.add("Transpose", self.value(given[0]), perm=TO_ONNX)
            found = self.graph.add("Transpose", self.over_pictures(step, x), perm=TO_TENSORFLOW)
        else:
            found = self.plain(step)
        self.made[step.name] = found

    def over_pictures(self, step: Operation, x: str) -> str:
        """What looks at neighbours, as (batch, channels, height, width)."""
        if step.kind == "ResizeBilinear":
            height, width = self.network.constant(step.inputs[1]).tolist()
            batch = self.graph.add("Slice", self.graph.add("Shape", x), self.held(whole([0])),
                                   self.held(whole([2])))
            shape = self.graph.add("Concat", batch, self.held(whole([height, width])), axis=0)
            return self.graph.add("Resize", x, "", "", shape, mode="linear",
                                  coordinate_transformation_mode="half_pixel")
        if step.text("padding") != "VALID":
            raise NotImplementedError(f"{step.name} pads")  # our file pads in operations of its own
        if step.kind == "MaxPool":
            return self.graph.add("MaxPool", x, kernel_shape=step.sides("ksize"), strides=step.sides("strides"))
        kernel = self.network.constant(step.inputs[1])
        return self.graph.add("Conv", x, self.held(kernel.transpose(KERNEL)), kernel_shape=list(kernel.shape[:2]),
                              strides=step.sides("strides"))

    def plain(self, step: Operation) -> str:
        """What has its like in ONNX."""
        given, known = step.inputs, self.network.constant
        if step.kind in ("Pad", "PadV2"):
            fill = np.float32(known(given[2])) if step.kind == "PadV2" else np.float32(0.0)
            return self.graph.add("Pad", self.value(given[0]), self.held(whole(known(given[1]).T.ravel())),
                                  self.held(fill))
        if step.kind == "Transpose":
            return self.graph.add("Transpose", self.value(given[0]), perm=known(given[1]).tolist())
        if step.kind in ("Add", "AddV2"):
            return self.graph.add("Add", *map(self.value, given))
        if step.kind == "LeakyRelu":
            return self.graph.add("LeakyRelu", self.value(given[0]), alpha=step.number("alpha"))
        if step.kind == "ConcatV2":
            return self.graph.add("Concat", *map(self.value, given[:-1]), axis=int(known(given[-1])))
        if step.kind == "Sigmoid":
            return self.graph.add("Sigmoid", self.value(given[0]))
        if step.kind == "Reshape":
            shape = whole(known(given[1]))
            shape[0] = 0  # however many pictures there are
            return self.graph.add("Reshape", self.value(given[0]), self.held(shape))
        raise NotImplementedError(step.kind)


def detector_model(network: Network, kinds: Sequence[str] = KINDS) -> onnx.ModelProto:
    """Pictures (B, 416, 416, 3) to `boxes` (B, A, 4), corners as shares of the picture, and `scores` (B, A, K) of these
    kinds."""
    graph = Graph()
    writer = Writer(graph, network, normalised(graph))
    by_shape = {shape[1:]: name for name, shape in network.outputs.items()}
    scores, reaches = (graph.add("Concat", *(writer.value(by_shape[grid * grid, columns]) for grid in GRIDS), axis=1)
                       for columns in (len(KINDS), 4 * BINS))
    chosen = graph.constant("kinds", whole([KINDS.index(kind) for kind in kinds]))
    graph.add("Gather", scores, chosen, axis=2, output=SCORES)
    add_boxes(graph, reaches)
    return graph.model("trivium-vision-ready-made", {BOXES: (POINTS, 4), SCORES: (POINTS, len(kinds))}, SIZE)


def normalised(graph: Graph) -> str:
    """Pictures as it wants them: (B, 3, H, W), blue first."""
    x = graph.add("Transpose", graph.add("Cast", PICTURES, to=TensorProto.FLOAT), perm=TO_ONNX)
    x = graph.add("Gather", x, graph.constant("blue_first", whole([2, 1, 0])), axis=1)
    x = graph.add("Sub", x, graph.constant("mean", np.array(MEAN, np.float32)[:, None, None]))
    return graph.add("Div", x, graph.constant("spread", np.array(SPREAD, np.float32)[:, None, None]))


def add_boxes(graph: Graph, reaches: str) -> None:
    """How far each side lies from its point is told as a distribution over distances; its mean counts."""
    x = graph.add("Reshape", reaches, graph.constant("sides", whole([0, 0, 4, BINS])))
    x = graph.add("MatMul", graph.add("Softmax", x, axis=3), graph.constant("bins", np.arange(BINS, dtype=np.float32)))
    centres, strides = points()
    signs = np.array([-1, -1, 1, 1], np.float32)
    x = graph.add("Mul", x, graph.constant("strides", signs * strides[:, None]))
    graph.add("Add", x, graph.constant("centres", np.tile(centres, 2)), output=BOXES)


def points() -> tuple[Any, Any]:
    """(A, 2) centres x, y and (A,) strides, as shares of the picture's side; grid by grid, row by row."""
    centres = [np.stack(np.meshgrid(*[(np.arange(grid) + 0.5) / grid] * 2), -1).reshape(-1, 2) for grid in GRIDS]
    strides = [np.full(grid * grid, stride / SIZE) for stride, grid in zip(STRIDES, GRIDS, strict=True)]
    return np.concatenate(centres).astype(np.float32), np.concatenate(strides).astype(np.float32)
