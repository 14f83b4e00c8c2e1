"""What the backbone makes of views at three resolutions: computed once by ONNX Runtime, kept in half precision.

The backbone stays as it is, so what it makes of a view never changes. A view is 140,800 numbers, 282 KB, so they lie in
a file that is mapped into memory and the system keeps as much of it there as there is room for.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx

from trivium.vision.backbone import Floats, layers, pretrained
from trivium.vision.detection.geometry import GRIDS, SIZE
from trivium.vision.features import Session
from trivium.vision.graph import PICTURES, Graph, add_normalised, each_layer
from trivium.vision.pictures import Bytes
from trivium.vision.split import Ints

NAMES = ("tap8", "tap16", "tap32")
ENDS = ("blocks.4.project", "blocks.10.project", "blocks.15.project")  # the last layer of stages 3, 5 and 7
CHANNELS = (40, 112, 320)
SHAPES = tuple((channels, grid, grid) for channels, grid in zip(CHANNELS, GRIDS, strict=True))
ROWS = 1500  # in a file, 422 MB
NUMBERS = sum(int(np.prod(shape)) for shape in SHAPES)


def add_taps(graph: Graph, weights: dict[str, Floats]) -> list[str]:
    """The backbone at 320 pixels; the names of what it makes at each resolution."""
    found = {layer.name: made for layer, made in
             zip(layers(), each_layer(graph, add_normalised(graph), weights, after(ENDS[-1]), SIZE), strict=False)}
    return [found[end] for end in ENDS]


def after(name: str) -> int:
    """How many layers there are up to that one."""
    return 1 + next(k for k, layer in enumerate(layers()) if layer.name == name)


def tap_model() -> onnx.ModelProto:
    """Pictures to taps."""
    graph = Graph()
    for name, tap in zip(NAMES, add_taps(graph, pretrained()), strict=True):
        graph.add("Identity", tap, output=name)
    return graph.model("trivium-vision-taps", dict(zip(NAMES, SHAPES, strict=True)), SIZE)


def looked_at(session: Session, pictures: Bytes) -> list[Floats]:
    """The three taps (B, C, H, W) of pictures (B, 320, 320, 3)."""
    return list(session.session.run(list(NAMES), {PICTURES: pictures}))


class Taps:
    """Taps of many views, one row each, in files of `ROWS` rows."""

    def __init__(self, count: int, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.files: list[Any] = [
            np.memmap(folder / f"taps{k}.bin", np.float16, "w+", shape=(min(ROWS, count - at), NUMBERS))
            for k, at in enumerate(range(0, count, ROWS))]

    def put(self, row: int, pictures: Bytes, session: Session) -> None:
        """Look at pictures (B, 320, 320, 3); they become the rows from `row` on."""
        flat = np.concatenate([each.reshape(len(pictures), -1) for each in looked_at(session, pictures)], 1)
        for k, values in enumerate(flat, row):
            self.files[k // ROWS][k % ROWS] = values

    def pick(self, rows: Ints) -> list[Floats]:
        """The three taps (B, C, H, W) of these rows."""
        found = np.stack([self.files[k // ROWS][k % ROWS] for k in rows.tolist()]).astype(np.float32)
        return apart(found)


def apart(found: Floats) -> list[Floats]:
    """Rows (B, NUMBERS) as taps (B, C, H, W)."""
    taps, at = [], 0
    for shape in SHAPES:
        taps.append(found[:, at:at + int(np.prod(shape))].reshape(-1, *shape))
        at += int(np.prod(shape))
    return taps
