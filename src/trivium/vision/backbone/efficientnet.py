"""The pretrained backbone as plain numbers: EfficientNet-Lite0, ImageNet-1k (Tan and Le, 2019; the Lite form, 2020).

A list of convolutions with their shapes, and their weights from the file that set-up has put into the package
(`tools/weights.py`). Batch normalisation is folded into the convolutions here, once, so neither the PyTorch network
(`models.py`) nor the ONNX graph (`graph.py`) has any; its statistics stay frozen when the network is trained further.
Lite means: ReLU6 in place of swish, no squeeze-and-excitation.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trivium.core import files
from trivium.errors import BadFile, NotFound

Floats = np.ndarray[Any, np.dtype[np.float32]]

WEIGHTS = Path(__file__).parent / "weights" / "efficientnet_lite0.safetensors"
SHA256 = "e6b8ccf113a141afefd05d98eac97a4dd0d03997acc84bfb6882ad77d6e4e3f5"
NAME = "EfficientNet-Lite0"
SOURCE = "EfficientNet-Lite0, trained on ImageNet-1k; weights under Apache-2.0, (c) 2020 ML Illustrated"

SIZE = 224  # pixels, the side of the square picture that it looks at
MEAN, SCALE = 127.0, 128.0  # (value - MEAN) / SCALE, of 0..255
FEATURES = 1280  # numbers that describe a picture
BN_EPSILON = 1e-3

STEM, TOP = 32, FEATURES  # channels of the first and the last convolution
# repeats, kernel, stride of the first, expansion, channels
STAGES = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192),
          (1, 3, 1, 6, 320))


@dataclass(frozen=True)
class Conv:
    """One convolution; `source` and `norm` are the names that the weights file gives it and its normalisation."""

    name: str
    source: str
    norm: str
    inputs: int
    outputs: int
    kernel: int = 1
    stride: int = 1
    groups: int = 1
    relu: bool = True
    begins_block: bool = False
    adds_input: bool = False  # the block's input is added to what this gives


def layers() -> Iterator[Conv]:
    """Every convolution, in order."""
    yield Conv("stem", "_conv_stem", "_bn0", 3, STEM, 3, 2)
    channels, number = STEM, 0
    for repeats, kernel, first_stride, expansion, outputs in STAGES:
        for repeat in range(repeats):
            stride = first_stride if repeat == 0 else 1
            own, theirs = f"blocks.{number}", f"_blocks.{number}"
            wide = channels * expansion
            if expansion > 1:
                yield Conv(f"{own}.expand", f"{theirs}._expand_conv", f"{theirs}._bn0", channels, wide,
                           begins_block=True)
            yield Conv(f"{own}.depthwise", f"{theirs}._depthwise_conv", f"{theirs}._bn1", wide, wide, kernel, stride,
                       groups=wide, begins_block=expansion == 1)
            yield Conv(f"{own}.project", f"{theirs}._project_conv", f"{theirs}._bn2", wide, outputs, relu=False,
                       adds_input=stride == 1 and channels == outputs)
            channels, number = outputs, number + 1
    yield Conv("top", "_conv_head", "_bn1", channels, TOP)


def entering(stage: int) -> tuple[int, int, int, int]:
    """What enters a stage, 1 the first: (number of its first convolution, channels, height, width)."""
    block = sum(repeats for repeats, *_ in STAGES[:stage - 1])
    first = next(k for k, layer in enumerate(layers())
                 if layer.begins_block and layer.name.startswith(f"blocks.{block}."))
    side = SIZE // 2
    for _, _, stride, _, _ in STAGES[:stage - 1]:
        side = -(-side // stride)
    return first, STAGES[stage - 2][4] if stage > 1 else STEM, side, side


@functools.cache
def pretrained() -> dict[str, Floats]:
    """{"stem.weight", "stem.bias", ..., "imagenet.weight", "imagenet.bias"}, normalisation folded in."""
    return folded(stored())


def stored() -> dict[str, Floats]:
    """The weights as the file has them; refused where they are missing or are not the chosen ones."""
    from safetensors.numpy import load

    if not WEIGHTS.is_file():
        raise NotFound(f"The pretrained backbone ({NAME}, 19 MB) is not in this installation.",
                       "Put it there with: make setup, or install Trivium from its wheel.")
    data = WEIGHTS.read_bytes()
    if files.sha256_bytes(data) != SHA256:
        raise BadFile(f"The pretrained backbone, {WEIGHTS.name}, is damaged.", "Delete it and run: make setup")
    return load(data)


def folded(weights: dict[str, Floats]) -> dict[str, Floats]:
    """w' = w g / sqrt(v + e), b' = b - m g / sqrt(v + e): what convolution and normalisation do together."""
    found: dict[str, Floats] = {}
    for layer in layers():
        gain = weights[f"{layer.norm}.weight"] / np.sqrt(weights[f"{layer.norm}.running_var"] + BN_EPSILON)
        found[f"{layer.name}.weight"] = weights[f"{layer.source}.weight"] * gain[:, None, None, None]
        found[f"{layer.name}.bias"] = weights[f"{layer.norm}.bias"] - weights[f"{layer.norm}.running_mean"] * gain
    found["imagenet.weight"], found["imagenet.bias"] = weights["_fc.weight"], weights["_fc.bias"]
    return found


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """(before, after) as TensorFlow pads: the output has ceil(size / stride), an odd pixel goes to the end."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2
