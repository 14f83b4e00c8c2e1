"""What leaves a training: RUN/model with the network as ONNX, its weights as safetensors, and a card.

The ONNX graph takes the camera's picture as it comes (uint8 values 0..255 as float32, 120 x 160, channel last) and
holds every step that training had, the 2 x 2 mean with its rounding included, so what was measured is what runs. It is
written node by node, which keeps it small and readable, and checked against the network before it goes out.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from torch import nn

import trivium
from trivium.core import files
from trivium.core.run import Run
from trivium.racing import camera
from trivium.racing.camera import HEIGHT, WIDTH
from trivium.racing.config import TrainConfig
from trivium.racing.model_card import model_card
from trivium.racing.models import ActorCritic
from trivium.racing.ppo import load_network

OPSET = 17
PARITY = 1e-4  # largest difference between ONNX and network that may go out


class Graph:
    """A chain of ONNX nodes; `value` is the name of what the last one gave."""

    def __init__(self, value: str) -> None:
        self.value = value
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def constant(self, array: np.ndarray) -> str:
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        output = output or f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, [self.value, *inputs], [output], **attributes))
        self.value = output
        return output

    def layers(self, modules: nn.Module) -> None:
        for module in modules if isinstance(modules, nn.Sequential) else [modules]:
            if isinstance(module, nn.Conv2d):
                self.add("Conv", *self._parameters(module), strides=list(module.stride),
                         kernel_shape=list(module.kernel_size))
            elif isinstance(module, nn.Linear):
                self.add("Gemm", *self._parameters(module), transB=1)
            elif isinstance(module, nn.ReLU):
                self.add("Relu")
            elif isinstance(module, nn.Flatten):
                self.add("Flatten", axis=1)

    def _parameters(self, module: nn.Conv2d | nn.Linear) -> tuple[str, str]:
        assert module.bias is not None  # every layer of ours has one
        return self.constant(module.weight.detach().numpy()), self.constant(module.bias.detach().numpy())


def to_onnx(network: ActorCritic) -> onnx.ModelProto:
    """camera (1, 120, 160, 1) float32 0..255 -> policy (1, A) probabilities, or (1, 2) means [steering, speed]."""
    graph = Graph("camera")
    graph.add("Transpose", perm=[0, 3, 1, 2])
    if network.picture_shape != (HEIGHT, WIDTH):  # the simulator's 2 x 2 mean, rounded half up
        graph.add("AveragePool", kernel_shape=[2, 2], strides=[2, 2])
        graph.add("Add", graph.constant(np.array(0.5, np.float32)))
        graph.add("Floor")
    graph.add("Mul", graph.constant(np.array(1.0 / 255.0, np.float32)))
    graph.layers(network.policy_trunk)
    graph.layers(network.policy_head)
    if network.discrete:
        graph.add("Softmax", axis=1, output="policy")
    else:
        graph.add("Identity", output="policy")
    outputs = network.policy_head.weight.shape[0]
    model = helper.make_model(helper.make_graph(
        graph.nodes, "trivium-racing",
        [helper.make_tensor_value_info("camera", TensorProto.FLOAT, [1, HEIGHT, WIDTH, 1])],
        [helper.make_tensor_value_info("policy", TensorProto.FLOAT, [1, outputs])], graph.weights),
        opset_imports=[helper.make_opsetid("", OPSET)], producer_name="trivium", producer_version=trivium.__version__)
    model.ir_version = 9  # what runtimes of 2023 and later read
    onnx.checker.check_model(model)
    return model


def parity(model: onnx.ModelProto, network: ActorCritic, pictures: np.ndarray) -> float:
    """Largest difference between the ONNX graph's and the network's policy on pictures (k, 120 * 160) uint8.

    The graph is run by onnx's own reference evaluator: slow, independent, and never more than a few pictures.
    """
    answer: Any = ReferenceEvaluator(model).run
    shown = pictures
    if network.picture_shape != (HEIGHT, WIDTH):
        shown = np.empty((len(pictures), HEIGHT * WIDTH // 4), np.uint8)
        for picture, out in zip(pictures, shown, strict=True):
            camera.pool(picture, out)
    with torch.no_grad():
        ours, _ = network(torch.from_numpy(shown))
        ours = ours.softmax(dim=1) if network.discrete else ours
    theirs = [answer(None, {"camera": p.astype(np.float32).reshape(1, HEIGHT, WIDTH, 1)})[0][0]
              for p in pictures]
    return float(np.abs(ours.numpy() - np.stack(theirs)).max())


def bundle(config: TrainConfig, run: Run) -> Path:
    """Write the best checkpoint as RUN/model and return its card's path."""
    best = run.load_best()
    assert best is not None, "bundle is called after the first checkpoint"
    network = ActorCritic(config.car)
    load_network(network, best.tensors)
    network.eval()
    model = to_onnx(network)
    pictures = np.random.default_rng(0).integers(0, 256, (4, HEIGHT * WIDTH), dtype=np.uint8)  # (4, 19200)
    difference = parity(model, network, pictures)
    if not math.isfinite(difference) or difference > PARITY:
        raise RuntimeError(f"the ONNX model differs from the network by {difference:g}")
    from safetensors.numpy import save

    weights = {k.removeprefix("network."): v for k, v in best.tensors.items() if k.startswith("network.")}
    files.atomic_write(run.model("model.onnx"), model.SerializeToString())
    files.atomic_write(run.model("weights.safetensors"), save(weights))
    card = model_card(config, run, best.step, difference)
    for name in ("model.onnx", "weights.safetensors"):
        card["files"][name] = files.sha256_file(run.model(name))
    path = run.model("model.json")
    files.atomic_write(path, json.dumps(card, indent=1, ensure_ascii=False))
    return path
