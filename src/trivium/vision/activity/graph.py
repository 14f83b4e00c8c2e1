"""The temporal head as an ONNX graph: the moments of a window in, how likely each class is out.

Normalisations are folded into the convolutions, and the temperature into the last layer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx

from trivium.vision.activity.frame_network import CHANNELS, NUMBERS, SIDE
from trivium.vision.activity.shape import COARSE, DILATIONS, PLACES
from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.backbone.graph import PROBABILITIES, Graph

NORM_EPSILON = 1e-5  # of torch's BatchNorm2d
WINDOW = "moments"  # the input
Weights = Mapping[str, Floats]  # of `network.Moments`, by the names of its state


class Writer:
    """Writes the layers of `network.Moments` as nodes; `length` moments in a window."""

    def __init__(self, weights: Weights, length: int) -> None:
        self.graph, self.weights, self.length, self.constants = Graph(), weights, length, 0

    def numbers(self, *values: int) -> str:
        """A list of whole numbers."""
        self.constants += 1
        return self.graph.constant(f"n{self.constants}", np.array(values, np.int64))

    def shaped(self, x: str, *shape: int) -> str:
        return self.graph.add("Reshape", x, self.numbers(*shape))

    def cut(self, x: str, axis: int, first: int, last: int) -> str:
        return self.graph.add("Slice", x, self.numbers(first), self.numbers(last), self.numbers(axis))

    def joined(self, axis: int, *parts: str) -> str:
        return self.graph.add("Concat", *parts, axis=axis)

    def unit(self, x: str, name: str, stride: int = 1, dilation: int = 1) -> str:
        """`network.Unit`."""
        part = {key: self.weights[f"{name}.norm.{key}"] for key in ("weight", "bias", "running_mean", "running_var")}
        gain = part["weight"] / np.sqrt(part["running_var"] + NORM_EPSILON)
        weight = self.weights[f"{name}.conv.weight"] * gain[:, None, None, None]
        kernel = weight.shape[2:]
        pads = [(kernel[0] - 1) // 2 * dilation, (kernel[1] - 1) // 2] * 2
        made = self.graph.add("Conv", x, self.graph.constant(f"{name}.weight", weight),
                              self.graph.constant(f"{name}.bias", part["bias"] - part["running_mean"] * gain),
                              kernel_shape=list(kernel), strides=[stride] * 2, pads=pads, dilations=[dilation, 1])
        return self.graph.add("Relu", made)

    def changes(self, moments: str) -> str:
        """`network.Moments.changes`."""
        x = self.unit(self.shaped(moments, -1, CHANNELS, SIDE, SIDE), "seen")
        channels = len(self.weights["seen.norm.weight"])
        x = self.shaped(x, -1, self.length, channels, SIDE, SIDE)
        before = self.joined(1, self.cut(x, 1, 0, 1), self.cut(x, 1, 0, self.length - 1))
        both = self.joined(2, x, self.graph.add("Sub", x, before))
        return self.shaped(both, -1, 2 * channels, SIDE, SIDE)

    def over_time(self, x: str, name: str, dilation: int, channels: int) -> str:
        """`network.Moments.over_time`."""
        y = self.shaped(x, -1, self.length, channels, PLACES)
        y = self.unit(self.graph.add("Transpose", y, perm=[0, 2, 1, 3]), name, dilation=dilation)
        return self.shaped(self.graph.add("Transpose", y, perm=[0, 2, 1, 3]), -1, channels, COARSE, COARSE)

    def pooled(self, x: str) -> str:
        """The largest and the mean over places."""
        return self.joined(1, *(self.graph.add(kind, x, axes=[2, 3], keepdims=0) for kind in ("ReduceMax",
                                                                                             "ReduceMean")))


def head_model(weights: Weights, length: int, temperature: float) -> onnx.ModelProto:
    """Moments (B, T, NUMBERS) to probabilities (B, K)."""
    writer = Writer(weights, length)
    graph, channels = writer.graph, len(weights["mixed.norm.weight"])
    x = writer.unit(writer.changes(WINDOW), "mixed", stride=2)
    for k, dilation in enumerate(DILATIONS):
        x = graph.add("Add", x, writer.over_time(writer.unit(x, f"space.{k}"), f"time.{k}", dilation, channels))
    y = graph.add("Transpose", writer.shaped(writer.pooled(x), -1, length, 2 * channels, 1), perm=[0, 2, 1, 3])
    logits = graph.add("Gemm", writer.pooled(writer.unit(y, "last")),
                       graph.constant("out.weight", weights["out.weight"] / np.float32(temperature)),
                       graph.constant("out.bias", weights["out.bias"] / np.float32(temperature)), transB=1)
    graph.add("Softmax", logits, axis=1, output=PROBABILITIES)
    inputs: dict[str, Any] = {WINDOW: (length, NUMBERS)}
    return graph.model("trivium-vision-activity", {PROBABILITIES: (len(weights["out.bias"]),)}, inputs=inputs)
