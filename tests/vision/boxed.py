"""Boxed photos for tests, drawn: discs and boxes in various places, with their exact corners; and answers to score."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from trivium.vision.collect import importing
from trivium.vision.detection import scoring
from trivium.vision.labels.boxes import LabelledBox
from trivium.vision.labels.boxing import BoxChange, rebox
from trivium.vision.project import DETECTION, Project, load

KINDS = ("box", "disc")


def drawing(number: int, side: int = 160) -> tuple[Image.Image, list[LabelledBox]]:
    """One to three things that do not touch, on noisy paper."""
    rng = np.random.default_rng([77, number])
    image = Image.new("RGB", (side, side * 3 // 4), tuple(int(v) for v in rng.integers(150, 255, 3)))
    width, height = image.size
    draw, found = ImageDraw.Draw(image), list[LabelledBox]()
    for place in rng.permutation(3)[:rng.integers(1, 4)]:
        half = rng.uniform(0.1, 0.16) * width
        x, y = (place + rng.uniform(0.45, 0.55)) * width / 3, rng.uniform(half, height - half)
        corners = (x - half, y - half, x + half, y + half)
        kind, ink = KINDS[int(rng.integers(2))], tuple(int(v) for v in rng.integers(0, 110, 3))
        (draw.ellipse if kind == "disc" else draw.rectangle)(corners, fill=ink)
        found.append(LabelledBox(kind, (corners[0] / width, corners[1] / height, corners[2] / width,
                                        corners[3] / height)))
    noise = Image.fromarray(rng.integers(0, 40, (height, width, 3)).astype(np.uint8))
    return Image.blend(image.filter(ImageFilter.GaussianBlur(0.6)), noise, 0.15), found


def project_of_drawings(data: Path, folder: Path, name: str, count: int, first: int = 0) -> Project:
    """A detection project with so many of them."""
    folder.mkdir(parents=True, exist_ok=True)
    for k in range(first, first + count):
        out = io.BytesIO()
        drawing(k)[0].save(out, "PNG")
        (folder / f"{k}.png").write_bytes(out.getvalue())
    made, _ = importing.import_photos(data, folder, name, DETECTION)
    rebox(made, [BoxChange(sha256, drawing(int(item.name.split("/")[-1].split(".")[0]))[1])
                 for sha256, item in made.items.items()])
    return load(data, name)


def scenes(seed: int, photos: int = 12, classes: int = 3) -> list[scoring.Said]:
    """Boxes that are partly right, some twice, some of the wrong class, and photos with nothing."""
    rng, found = np.random.default_rng(seed), []
    for k in range(photos):
        there = int(rng.integers(0, 6)) if k else 0
        corners = rng.uniform(0, 0.7, (there, 2))
        true = np.concatenate([corners, corners + rng.uniform(0.05, 0.3, (there, 2))], 1)
        labels = rng.integers(0, classes, there)
        said = np.concatenate([true + rng.normal(0, 0.012, true.shape), true[:2], rng.uniform(0, 1, (3, 4))])
        said = np.concatenate([np.minimum(said[:, :2], said[:, 2:]), np.maximum(said[:, :2], said[:, 2:])], 1)
        called = np.concatenate([labels, labels[:2], rng.integers(0, classes, 3)])
        found.append(scoring.Said(said.astype(np.float32), called, rng.uniform(0, 1, len(said)).astype(np.float32),
                                  true.astype(np.float32), labels))
    return found
