"""A model that can be worked out by hand (red, green or blue, by the mean colour), and films for it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from trivium.core import files

CLASSES = ["red", "green", "blue"]
PAINT = {"red": (200, 40, 40), "green": (40, 200, 40), "blue": (40, 40, 200), "grey": (120, 120, 120)}
SHARPNESS = 24.0  # grey levels


def by_hand(picture: Any) -> Any:
    """What the model says, without ONNX."""
    mean = np.asarray(picture, np.float64).reshape(-1, 3).mean(0) / SHARPNESS
    weights = np.exp(mean - mean.max())
    return weights / weights.sum()


def network() -> bytes:
    """The model as ONNX."""
    nodes = [helper.make_node("Cast", ["pictures"], ["x"], to=TensorProto.FLOAT),
             helper.make_node("ReduceMean", ["x"], ["m"], axes=[1, 2], keepdims=0),
             helper.make_node("Div", ["m", "sharpness"], ["z"]),
             helper.make_node("Softmax", ["z"], ["probabilities"], axis=1)]
    graph = helper.make_graph(nodes, "colours",
                              [helper.make_tensor_value_info("pictures", TensorProto.UINT8, ["B", 224, 224, 3])],
                              [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["B", 3])],
                              [numpy_helper.from_array(np.float32(SHARPNESS), "sharpness")])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    made.ir_version = 9
    return bytes(onnx.shape_inference.infer_shapes(made).SerializeToString())


def bundle(path: Path, note: str = "", wrong: float = 0.0, **card: Any) -> Path:
    """A bundle as `trivium vision deploy` writes it; `note` makes another version, `wrong` spoils its answers."""
    pictures = np.stack([np.broadcast_to(np.uint8(PAINT[name]), (224, 224, 3)) for name in CLASSES])
    stored, model = io.BytesIO(), onnx.load_from_string(network())
    model.doc_string = note
    answers = np.stack([by_hand(each) for each in pictures]).astype(np.float32) + np.float32(wrong)
    np.savez(stored, pictures=pictures, probabilities=answers)
    parts = {"model.onnx": model.SerializeToString(), "samples.npz": stored.getvalue(), "weights.safetensors": b""}
    written = {"task": "classification", "classes": CLASSES, "project": "colours", "scores": {"accuracy": 1.0}, **card,
               "files": {name: files.sha256_bytes(content) for name, content in parts.items()}}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in [("model.json", json.dumps(written).encode()), *parts.items()]:
            archive.writestr(name, content)
    return path


def film(path: Path, colours: Sequence[str], size: tuple[int, int] = (64, 48), fps: int = 10, codec: str = "mpeg4",
         options: dict[str, str] | None = None) -> Path:
    """A film of plain frames, one for each name."""
    import av

    with av.open(str(path), "w", options=options or {}) as container:
        stream: Any = container.add_stream(codec, rate=fps)
        stream.width, stream.height = size
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for name in colours:
            plain = np.broadcast_to(np.uint8(PAINT[name]), (size[1], size[0], 3))
            for packet in stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(plain), format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path
