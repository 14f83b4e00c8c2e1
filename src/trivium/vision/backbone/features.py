"""Features of pictures: what the pretrained backbone says of them, computed by ONNX Runtime on one or more threads.

ONNX Runtime is about three times as fast as eager PyTorch at this, and it is what a deployed model runs in.
"""

from __future__ import annotations

import os

import numpy as np

from trivium.vision.backbone.efficientnet import SHA256, SIZE, Floats, pretrained
from trivium.vision.backbone.graph import EMBEDDING, PICTURES, backbone_model
from trivium.vision.collect.pictures import Bytes

# Features are cached under this: another backbone, another size or another way to the square is another key.
KEY = f"efficientnet_lite0-{SHA256[:8]}-squash{SIZE}"


class Session:
    """A network in ONNX Runtime."""

    def __init__(self, model: bytes, threads: int = 1) -> None:
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read while it is imported; without it reports go to Microsoft
        import onnxruntime

        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 3
        # a thread that waits sleeps, so that two networks on the same cores do not slow each other down
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    @property
    def side(self) -> int:
        """The pixels of a side of the pictures that it takes."""
        return int(self.session.get_inputs()[0].shape[1])

    def run(self, pictures: Bytes, output: str) -> Floats:
        """Pictures (B, 224, 224, 3) to the named output (B, ...)."""
        found: Floats = self.session.run([output], {PICTURES: pictures})[0]
        return found

    def said(self, output: str, inputs: dict[str, Floats]) -> Floats:
        """The named output of a network that takes other things than pictures."""
        found: Floats = self.session.run([output], inputs)[0]
        return found

    def outputs(self, pictures: Bytes) -> dict[str, Floats]:
        """All outputs by name, at once."""
        names = [output.name for output in self.session.get_outputs()]
        return dict(zip(names, self.session.run(names, {PICTURES: pictures}), strict=True))


class Extractor(Session):
    """Pictures (B, 224, 224, 3) to features (B, 1280)."""

    def __call__(self, pictures: Bytes) -> Floats:
        return self.run(pictures, EMBEDDING)


def backbone_bytes() -> bytes:
    """The backbone as an ONNX file."""
    return bytes(backbone_model(pretrained()).SerializeToString())


def unpacked(data: bytes) -> Floats:
    """Features as they are cached: half the digits do, and half the room."""
    return np.frombuffer(data, "<f2").astype(np.float32)


def packed(features: Floats) -> bytes:
    return features.astype("<f2").tobytes()
