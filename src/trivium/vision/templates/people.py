"""Photos of drawn figures, one to three of them, and where they are: to see what a detector makes of drawings."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from trivium.vision.demo_data.figures import body, painted
from trivium.vision.demo_data.grounds import ground
from trivium.vision.demo_data.moves import MOVES, joints
from trivium.vision.demo_data.scenes import photographed, shaded
from trivium.vision.labels.boxes import LabelledBox
from trivium.vision.templates.subjects import LATEST_S, SHAPES
from trivium.vision.templates.table import Shot

MOST = 3  # on one photo, side by side
HEIGHTS = (0.55, 0.9)  # of a figure, as shares of the photo's
PERSON = "person"


def people(seed: int) -> Iterator[Shot]:
    """One, two, three figures, and so on."""
    for number in itertools.count():
        rng = np.random.default_rng([seed, number])
        width, height = SHAPES[int(rng.integers(len(SHAPES)))]
        picture, boxes = ground(width, height, rng).astype(np.float32), list[LabelledBox]()
        count = 1 + number % MOST
        for place in range(count):
            who, moves = body(rng), sorted(MOVES)
            pose = MOVES[moves[int(rng.integers(len(moves)))]](who, rng)(float(rng.uniform(0, LATEST_S)))
            high = height * rng.uniform(*HEIGHTS) * (1.0 if count == 1 else 0.8)
            foot = (width * (place + rng.uniform(0.4, 0.6)) / count, height * rng.uniform(0.9, 0.97))
            shape = np.asarray(painted(who, joints(who, pose), (width, height), float(high), foot), np.float32)
            alpha = shape[..., 3:] / 255
            picture = shaded(picture, alpha[..., 0], rng) * (1 - alpha) + shape[..., :3] * alpha
            boxes.append(LabelledBox(PERSON, around(alpha[..., 0] > 0.5)))
        yield Shot(photographed(picture, rng), boxes=tuple(boxes))


def around(there: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> tuple[float, float, float, float]:
    """The box around a shape (H, W), as shares of the picture."""
    rows, columns = np.flatnonzero(there.any(1)), np.flatnonzero(there.any(0))
    height, width = there.shape
    return (float(columns[0] / width), float(rows[0] / height), float((columns[-1] + 1) / width),
            float((rows[-1] + 1) / height))
