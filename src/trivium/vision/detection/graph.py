"""The whole detector as one ONNX graph: uint8 pictures in, a box and a score for each class at each anchor point out.

Normalisation is folded into the convolutions. What overlaps is put out afterwards (`geometry.picked`), in plain NumPy,
so that a threshold can be chosen without another model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx

from trivium.vision.backbone.efficientnet import Floats, pretrained
from trivium.vision.backbone.graph import BOXES, SCORES, Graph
from trivium.vision.detection.geometry import FURTHEST, POINTS, SIZE, anchor_points
from trivium.vision.detection.taps import add_taps

NORM_EPSILON = 1e-5  # of torch's BatchNorm2d
Weights = Mapping[str, Floats]  # of `network.Detector`, by the names of its state


class Writer:
    """Writes the layers of `network.Detector` as nodes."""

    def __init__(self, graph: Graph, weights: Weights) -> None:
        self.graph, self.weights = graph, weights
        self.held_names: set[str] = set()

    def held(self, name: str, array: Any) -> str:
        """A constant; the same one for every grid that uses it."""
        if name not in self.held_names:
            self.held_names.add(name)
            self.graph.constant(name, array)
        return name

    def convolved(self, x: str, name: str, norm: str | None = None, stride: int = 1, relu: bool = False) -> str:
        """A convolution, the normalisation after it folded in."""
        weight, bias, own = self.weights[f"{name}.weight"], self.weights.get(f"{name}.bias"), norm or name
        if norm is not None:
            mean, spread = self.weights[f"{norm}.running_mean"], self.weights[f"{norm}.running_var"]
            gain = self.weights[f"{norm}.weight"] / np.sqrt(spread + NORM_EPSILON)
            weight, bias = weight * gain[:, None, None, None], self.weights[f"{norm}.bias"] - mean * gain
        inputs = [self.held(f"{own}.weight", weight)] + ([] if bias is None else [self.held(f"{own}.bias", bias)])
        kernel = weight.shape[2]
        made = self.graph.add("Conv", x, *inputs, kernel_shape=[kernel] * 2, strides=[stride] * 2,
                              group=len(weight) if kernel > 1 else 1, pads=[kernel // 2] * 4)
        return self.graph.add("Relu", made) if relu else made

    def separable(self, x: str, name: str, stride: int = 1, grid: int = 0) -> str:
        """`network.Separable`."""
        x = self.convolved(x, f"{name}.depthwise", stride=stride)
        return self.convolved(x, f"{name}.pointwise", f"{name}.norms.{grid}", relu=True)

    def enlarged(self, x: str) -> str:
        """Twice as wide and high."""
        return self.graph.add("Resize", x, "", self.held("double", np.array([1, 1, 2, 2], np.float32)), mode="nearest",
                              nearest_mode="floor", coordinate_transformation_mode="asymmetric")

    def pyramid(self, taps: list[str]) -> list[str]:
        """`network.Detector.pyramid`."""
        maps = [self.convolved(tap, f"lateral.{k}.conv", f"lateral.{k}.norm", relu=True) for k, tap in enumerate(taps)]
        for k in (1, 0):
            maps[k] = self.separable(self.graph.add("Add", maps[k], self.enlarged(maps[k + 1])), f"down.{k}")
        for k in (0, 1):
            smaller = self.separable(maps[k], f"shrink.{k}", stride=2)
            maps[k + 1] = self.separable(self.graph.add("Add", maps[k + 1], smaller), f"up.{k}")
        return maps

    def said(self, x: str, name: str, grid: int) -> str:
        """What one of the two towers says of each point, (B, H * W, C)."""
        y = self.convolved(self.separable(x, f"{name}_tower", grid=grid), f"{name}_out")
        columns = len(self.weights[f"{name}_out.bias"])
        flat = self.graph.add("Reshape", y, self.held(f"{name}.shape", np.array([0, columns, -1], np.int64)))
        return self.graph.add("Transpose", flat, perm=[0, 2, 1])


def detector_model(weights: Weights) -> onnx.ModelProto:
    """Pictures (B, 320, 320, 3) to `boxes` (B, A, 4), corners as shares of the picture, and `scores` (B, A, K)."""
    graph = Graph()
    writer = Writer(graph, weights)
    towers = [writer.separable(x, "tower", grid=grid)
              for grid, x in enumerate(writer.pyramid(add_taps(graph, pretrained())))]
    logits, reaches = ([writer.said(x, name, grid) for grid, x in enumerate(towers)] for name in ("class", "box"))
    graph.add("Sigmoid", graph.add("Concat", *logits, axis=1), output=SCORES)
    add_boxes(graph, graph.add("Concat", *reaches, axis=1))
    return graph.model("trivium-vision-detector",
                       {BOXES: (POINTS, 4), SCORES: (POINTS, len(weights["class_out.bias"]))}, SIZE)


def add_boxes(graph: Graph, reaches: str) -> None:
    """`network.Detector.boxes`."""
    centres, strides = anchor_points()
    x = graph.add("Clip", reaches, graph.constant("nearest", np.float32(-FURTHEST)),
                  graph.constant("furthest", np.float32(FURTHEST)))
    signs = np.array([-1, -1, 1, 1], np.float32)
    x = graph.add("Mul", graph.add("Exp", x), graph.constant("strides", signs * strides[:, None]))
    graph.add("Add", x, graph.constant("centres", np.tile(centres, 2)), output=BOXES)
