"""Films of a square that goes to and fro or up and down: two activities that no single frame tells apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from trivium.vision.collect.pictures import Bytes
from trivium.vision.demo_data.clips import film

SIDE, FPS = 64, 16
KINDS = ("across", "up")


def pictures(kind: str, number: int, seconds: float = 1.5) -> list[Bytes]:
    """The frames of one film: where the square begins, how large it is and what colours there are are its own."""
    rng = np.random.default_rng([KINDS.index(kind), number])
    ground, colour = rng.integers(0, 90, 3), rng.integers(150, 256, 3)
    half, phase, rate = int(rng.integers(6, 10)), rng.uniform(0, 7), rng.uniform(0.8, 1.3)
    found = []
    for k in range(round(seconds * FPS)):
        away = round(20 * np.sin(phase + 2 * np.pi * rate * k / FPS))
        x, y = (32 + away, 32) if kind == "across" else (32, 32 + away)
        picture = np.empty((SIDE, SIDE, 3), np.uint8)
        picture[:] = ground
        picture[y - half:y + half, x - half:x + half] = colour
        found.append(picture)
    return found


def moving(kind: str, number: int, seconds: float = 1.5) -> bytes:
    """One of them as an MP4 file."""
    return film(pictures(kind, number, seconds), (SIDE, SIDE), FPS)


def write_films(folder: Path, each: int) -> Path:
    """So many of both kinds, a folder for each."""
    for kind in KINDS:
        (folder / kind).mkdir(parents=True)
        for number in range(each):
            (folder / kind / f"{number}.mp4").write_bytes(moving(kind, number))
    return folder
