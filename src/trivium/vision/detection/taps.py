"""What the backbone makes of views at several resolutions: computed once by ONNX Runtime, kept in half precision.

The backbone stays as it is, so what it makes of a view never changes. For a detector a view is 140,800 numbers, 282 KB,
so they lie in a file that is mapped into memory and the system keeps as much of it there as there is room for.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from trivium.vision.backbone.efficientnet import Floats, layers, pretrained
from trivium.vision.backbone.features import Session
from trivium.vision.backbone.graph import PICTURES, Graph, add_normalised, each_layer
from trivium.vision.classification.split import Ints
from trivium.vision.collect.pictures import Bytes
from trivium.vision.detection.geometry import GRIDS, SIZE

ROWS_BYTES = 422_400_000  # of a file


@dataclass(frozen=True)
class Places:
    """Where the backbone is tapped: after which layers, how many channels there are, and how wide the grid is."""

    ends: tuple[str, ...]
    channels: tuple[int, ...]
    grids: tuple[int, ...]

    @property
    def names(self) -> list[str]:
        """Of the graph's outputs."""
        return [f"tap{SIZE // grid}" for grid in self.grids]

    @property
    def shapes(self) -> list[tuple[int, int, int]]:
        return [(channels, grid, grid) for channels, grid in zip(self.channels, self.grids, strict=True)]

    @property
    def numbers(self) -> int:
        """That a view is."""
        return sum(int(np.prod(shape)) for shape in self.shapes)


# for a detector, after the last layers of stages 3, 5 and 7
DETECTION = Places(("blocks.4.project", "blocks.10.project", "blocks.15.project"), (40, 112, 320), GRIDS)


def add_taps(graph: Graph, weights: dict[str, Floats], places: Places = DETECTION) -> list[str]:
    """The backbone at 320 pixels; the names of what it makes at each resolution."""
    found = {layer.name: made for layer, made in
             zip(layers(), each_layer(graph, add_normalised(graph), weights, after(places.ends[-1]), SIZE),
                 strict=False)}
    return [found[end] for end in places.ends]


def after(name: str) -> int:
    """How many layers there are up to that one."""
    return 1 + next(k for k, layer in enumerate(layers()) if layer.name == name)


def tap_model(places: Places = DETECTION) -> onnx.ModelProto:
    """Pictures to taps."""
    graph = Graph()
    for name, tap in zip(places.names, add_taps(graph, pretrained(), places), strict=True):
        graph.add("Identity", tap, output=name)
    return graph.model("trivium-vision-taps", dict(zip(places.names, places.shapes, strict=True)), SIZE)


def looked_at(session: Session, pictures: Bytes, places: Places = DETECTION) -> list[Floats]:
    """The taps (B, C, H, W) of pictures (B, 320, 320, 3)."""
    return list(session.session.run(places.names, {PICTURES: pictures}))


class Taps:
    """Taps of many views, one row each, in files of some hundred rows."""

    def __init__(self, count: int, folder: Path, places: Places = DETECTION) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.places, self.rows = places, ROWS_BYTES // (places.numbers * 2)
        self.files: list[Any] = [
            np.memmap(folder / f"taps{k}.bin", np.float16, "w+", shape=(min(self.rows, count - at), places.numbers))
            for k, at in enumerate(range(0, count, self.rows))]

    def put(self, row: int, pictures: Bytes, session: Session) -> None:
        """Look at pictures (B, 320, 320, 3); they become the rows from `row` on."""
        taps = looked_at(session, pictures, self.places)
        flat = np.concatenate([each.reshape(len(pictures), -1) for each in taps], 1)
        for k, values in enumerate(flat, row):
            self.files[k // self.rows][k % self.rows] = values

    def pick(self, rows: Ints) -> list[Floats]:
        """The taps (B, C, H, W) of these rows."""
        found = np.stack([self.files[k // self.rows][k % self.rows] for k in rows.tolist()]).astype(np.float32)
        return apart(found, self.places)


def apart(found: Floats, places: Places = DETECTION) -> list[Floats]:
    """Rows (B, numbers) as taps (B, C, H, W)."""
    taps, at = [], 0
    for shape in places.shapes:
        taps.append(found[:, at:at + int(np.prod(shape))].reshape(-1, *shape))
        at += int(np.prod(shape))
    return taps
