"""What is kept of each moment of a clip: a map of what the backbone sees.

112 channels of the frozen EfficientNet-Lite0 at stride 16, 14 x 14 places: how such a map changes from one moment to
the next tells what moves, and where. Grey pictures whose differences went through convolutions of their own beside it
(two streams, as in arXiv 1406.2199) were tried: with 120 clips to learn from they were remembered instead of
understood, and of new clips 68 % were told with them, 81 % without (one seed each, 80 clips, maps of 7 x 7 places).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx

from trivium.vision.activity.sampling import RATE
from trivium.vision.backbone.efficientnet import SHA256, Floats, layers, pretrained
from trivium.vision.backbone.graph import Graph, add_normalised, each_layer
from trivium.vision.collect.pictures import Bytes

LAST = "blocks.10.project"  # of the convolutions, the last one that runs: stride 16
CHANNELS, SIDE = 112, 14
NUMBERS = CHANNELS * SIDE**2  # of a moment
LOOKS = "looks"  # the output, (B, NUMBERS)
KEY = f"efficientnet_lite0-{SHA256[:8]}-moments{RATE}-{SIDE}"  # features are cached under this


def frame_model() -> onnx.ModelProto:
    """Pictures (B, 224, 224, 3) to what is kept of them."""
    graph = Graph()
    last = 1 + [layer.name for layer in layers()].index(LAST)
    *_, seen = each_layer(graph, add_normalised(graph), pretrained(), last)
    graph.add("Flatten", seen, axis=1, output=LOOKS)
    return graph.model("trivium-vision-moments", {LOOKS: (NUMBERS,)})


def frame_bytes() -> bytes:
    """The same as a file."""
    return bytes(frame_model().SerializeToString())


def looked_at(session: Any, pictures: Bytes) -> Floats:
    """What is kept of pictures, (B, NUMBERS)."""
    found: Floats = session.run(pictures, LOOKS)
    return found


def unpacked(data: bytes) -> Any:
    """(T, NUMBERS) as they are cached, in half precision."""
    return np.frombuffer(data, "<f2").reshape(-1, NUMBERS)
