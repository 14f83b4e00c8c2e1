"""An activity model that can be worked out by hand: a window of frames is `bright` or `dark`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from trivium.core import files
from trivium.core.runfolder import create_run
from trivium.vision.activity.config import ActivityConfig
from trivium.vision.activity.frame_network import NUMBERS
from trivium.vision.demo_data.clips import film
from trivium.vision.submit import ORIGIN
from trivium.vision.tasks import studio_for

CLASSES, SIZE, FPS = ["bright", "dark"], (64, 48), 16
WINDOW_S, STRIDE_S = 0.5, 0.25
STEEP = 40.0  # of the mean grey, 0..1, to a logit
SURE = 0.9  # below it, it does not know


def lit(*greys: int, seconds: float = 1.0) -> bytes:
    """A film that is as grey as that for so many seconds each, as MP4."""
    pictures = [np.full((*SIZE[::-1], 3), grey, np.uint8) for grey in greys for _ in range(round(seconds * FPS))]
    return film(pictures, SIZE, FPS)


def frames() -> bytes:
    """Pictures to their mean grey, 0..1, as often as a moment has numbers."""
    nodes = [helper.make_node("Cast", ["pictures"], ["x"], to=TensorProto.FLOAT),
             helper.make_node("ReduceMean", ["x"], ["m"], axes=[1, 2, 3], keepdims=0),
             helper.make_node("Reshape", ["m", "column"], ["c"]),
             helper.make_node("MatMul", ["c", "row"], ["looks"])]
    return saved(nodes, ("pictures", TensorProto.UINT8, ["B", 224, 224, 3]), ("looks", [NUMBERS]),
                 column=np.int64([-1, 1]), row=np.full((1, NUMBERS), 1 / 255, np.float32))


def head() -> bytes:
    """Windows to how likely they are bright or dark: both alike at a grey of a half."""
    nodes = [helper.make_node("ReduceMean", ["moments"], ["m"], axes=[1, 2], keepdims=0),
             helper.make_node("Reshape", ["m", "column"], ["c"]),
             helper.make_node("Gemm", ["c", "weight", "bias"], ["z"]),
             helper.make_node("Softmax", ["z"], ["probabilities"], axis=1)]
    return saved(nodes, ("moments", TensorProto.FLOAT, ["B", round(WINDOW_S * 8), NUMBERS]), ("probabilities", [2]),
                 column=np.int64([-1, 1]), weight=np.float32([[STEEP, 0]]), bias=np.float32([-STEEP / 2, 0]))


def saved(nodes: Any, taken: tuple[str, int, list[Any]], given: tuple[str, list[int]], **constants: Any) -> bytes:
    """An ONNX file of these nodes."""
    graph = helper.make_graph(
        nodes, "bright and dark", [helper.make_tensor_value_info(*taken)],
        [helper.make_tensor_value_info(given[0], TensorProto.FLOAT, ["B", *given[1]])],
        [numpy_helper.from_array(array, name) for name, array in constants.items()])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    made.ir_version = 9
    return bytes(onnx.shape_inference.infer_shapes(made).SerializeToString())


def finished(data: Path, project: str = "moves") -> Path:
    """The run folder of a training that ended with this model."""
    run = create_run(studio_for("activity"), "train", f"{project} 1", ActivityConfig(), data=data,
                     inputs={ORIGIN: json.dumps({"project": project, "photos": 3})})
    parts = {"model.onnx": frames(), "head.onnx": head(), "samples.npz": b"", "weights.safetensors": b""}
    (run / files.MODEL).mkdir(exist_ok=True)
    for name, content in parts.items():
        (run / files.MODEL / name).write_bytes(content)
    files.write_json(run / files.MODEL / "model.json", {
        "task": "activity", "classes": CLASSES, "project": project, "scores": {"accuracy": 1.0},
        "window": {"s": WINDOW_S, "stride_s": STRIDE_S, "moments_per_s": 8}, "rejection": {"threshold": SURE},
        "files": {name: files.sha256_bytes(content) for name, content in parts.items()}})
    (run / files.OUT).mkdir(exist_ok=True)
    files.write_json(run / files.OUT / "evaluation.json", {
        "task": "activity", "project": project, "classes": CLASSES, "accuracy": 1.0, "interval": [0.5, 1.0], "n": 3})
    return run
