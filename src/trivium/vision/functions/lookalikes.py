"""`awscam`, `mo`, `greengrasssdk` and LocalDisplay as a DeepLens function knows them, in front of our camera and model,
and `studio`, by which a function of ours publishes.

Written after the behaviour that the published samples rely on: labels are ints, probabilities plain floats, a status of
success is the literal 0, frames are BGR and 1520 x 2688 unless told otherwise, since some samples crop at fixed places.
"""

from __future__ import annotations

import io
import json
import sys
import threading
import types
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from PIL import Image

FRAME_SIZE = (2688, 1520)  # width, height of the device's camera
KINDS = ("classification", "ssd", "segmentation")
CLIENTS = ("iot-data", "lambda", "secretsmanager", "streammanager")
POLICIES = (None, "", "BestEffort", "AllOrException")


class Line(Protocol):
    """The function's line to the studio."""

    def frame(self) -> bytes | None:
        """The newest frame as a JPEG; None where there is none."""

    def publish(self, topic: str, payload: bytes) -> None:
        """Say something."""


class Camera:
    """`awscam`'s frames."""

    def __init__(self, line: Line, size: tuple[int, int] = FRAME_SIZE) -> None:
        self.line, self.size = line, size

    def get_last_frame(self) -> tuple[bool, Any]:
        """(ok, frame): uint8 (H, W, 3), BGR."""
        data = self.line.frame()
        if data is None:
            return False, None
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as opened:
            image = opened.convert("RGB").resize(self.size, Image.Resampling.BILINEAR)
        return True, np.ascontiguousarray(np.asarray(image)[..., ::-1])


def model_class(infer: Callable[[Any], list[float]] | None, side: int) -> type:
    """`awscam.Model` in front of a classifier: RGB (side, side, 3) uint8 to probabilities."""

    class Model:
        def __init__(self, path: str, options: Any = None, runtime: int = 0) -> None:
            self.runtime = runtime

        def doInference(self, frame: Any) -> dict[Any, Any]:
            """{output layer: float32 array}. uint8 is a BGR frame; floats are one divided by 255."""
            if infer is None:
                raise RuntimeError("No model was given to this function. Choose one (--run on the command line).")
            found = np.asarray(infer(to_picture(frame, side)), np.float32)
            return {0: found} if self.runtime == 1 else {"prob": found}

        def parseResult(self, kind: str, raw: Any) -> Any:
            """{kind: [{label, prob}]}, likeliest first."""
            if self.runtime == 1:
                return raw
            if kind not in KINDS:
                raise ValueError(f"There is no result of the kind {kind!r}. There are: {', '.join(KINDS)}.")
            if kind != "classification":
                raise ValueError(f"This model tells classes apart; it gives no {kind}.")
            values = np.asarray(next(iter(raw.values()))).reshape(-1)
            return {kind: [{"label": int(k), "prob": float(values[k])} for k in np.argsort(-values, kind="stable")]}

    return Model


def to_picture(frame: Any, side: int) -> Any:
    """A function's frame, BGR, as the model is shown one."""
    values = np.asarray(frame)
    if values.ndim == 4 and values.shape[0] == 1:
        values = values[0]
    if values.ndim != 3 or values.shape[2] != 3:
        raise ValueError(f"A frame has the shape (height, width, 3), this one {tuple(values.shape)}.")
    if values.dtype != np.uint8:
        values = np.clip(values * 255.0 if float(values.max(initial=0.0)) <= 1.0 else values, 0, 255).astype(np.uint8)
    image = Image.fromarray(np.ascontiguousarray(values[..., ::-1]))
    return np.asarray(image.resize((side, side), Image.Resampling.BILINEAR) if image.size != (side, side) else image)


class Client:
    """`greengrasssdk.client(...)`."""

    def __init__(self, line: Line) -> None:
        self.line = line

    def publish(self, *, topic: str | None = None, payload: Any = b"", queueFullPolicy: Any = None, **_: Any) -> None:
        """Say something on a topic."""
        if not topic:
            raise ValueError("topic must be given")
        if queueFullPolicy not in POLICIES:
            raise ValueError("queueFullPolicy must be BestEffort or AllOrException")
        if hasattr(payload, "read"):
            payload = payload.read()
        self.line.publish(str(topic), payload if isinstance(payload, bytes) else str(payload).encode())

    def get_thing_shadow(self, **_: Any) -> dict[str, bytes]:
        return {"payload": b"{}"}

    def update_thing_shadow(self, *, thingName: str, payload: Any = b"", **_: Any) -> dict[str, bytes]:
        self.publish(topic=f"$aws/things/{thingName}/shadow/update", payload=payload)
        return {"payload": b"{}"}

    def delete_thing_shadow(self, *, thingName: str, **_: Any) -> dict[str, bytes]:
        self.publish(topic=f"$aws/things/{thingName}/shadow/delete")
        return {"payload": b"{}"}


class LocalDisplay(threading.Thread):
    """The class that samples bring along to show frames through a pipe of files; frames go nowhere here, and block
    nobody.
    """

    def __init__(self, resolution: str = "480p") -> None:
        super().__init__(daemon=True)
        sizes = {"1080p": (1920, 1080), "720p": (1280, 720), "480p": (858, 480)}
        if resolution not in sizes:
            raise Exception("Invalid resolution")
        self.resolution = sizes[resolution]
        self.stop_request = threading.Event()

    def run(self) -> None:
        self.stop_request.wait()

    def set_frame_data(self, frame: Any) -> None:
        self.frame = frame

    def set_frame_data_padded(self, frame: Any) -> None:
        self.frame = frame

    def join(self, timeout: float | None = None) -> None:
        self.stop_request.set()
        super().join(timeout)


def install(line: Line, infer: Callable[[Any], list[float]] | None, side: int,
            size: tuple[int, int] = FRAME_SIZE) -> None:
    """Make the modules importable, in whatever order; `studio` is our own, the others are DeepLens's."""
    camera = Camera(line, size)

    def client(kind: str, **_: Any) -> Client:
        if kind not in CLIENTS:
            raise Exception(f"greengrasssdk has no client {kind!r}. It has: {', '.join(CLIENTS)}.")
        return Client(line)

    def optimize(model_name: str, input_width: int = 0, input_height: int = 0, platform: str = "mxnet",
                 aux_inputs: Any = None, **_: Any) -> tuple[int, str]:
        return 0, f"/opt/awscam/artifacts/{model_name}.xml"

    def publish(topic: str, payload: Any = "") -> None:
        if not isinstance(payload, str | bytes):
            payload = json.dumps(payload, ensure_ascii=False)
        line.publish(str(topic), payload if isinstance(payload, bytes) else payload.encode())

    module("studio", publish=publish)
    module("awscam", getLastFrame=camera.get_last_frame, getlastFrame=camera.get_last_frame,
           Model=model_class(infer, side))
    module("mo", optimize=optimize)
    module("greengrasssdk", client=client)
    module("local_display", LocalDisplay=LocalDisplay)


def module(name: str, **contents: Any) -> None:
    """A module that is there without a file."""
    made = types.ModuleType(name)
    vars(made).update(contents)
    sys.modules[name] = made
