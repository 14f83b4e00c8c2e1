"""Photos for tests, drawn: round and square things on paper of many colours, and scenes of soft patches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter


def drawing(kind: str, number: int, side: int = 96) -> Image.Image:
    """A disc, a box or a triangle, its size, place and colours drawn from its number."""
    rng = np.random.default_rng([number, len(kind)])
    paper, ink = (tuple(int(v) for v in rng.integers(low, high, 3)) for low, high in ((150, 255), (0, 110)))
    image = Image.new("RGB", (side, side), paper)
    x, y, r = (*rng.uniform(0.35, 0.65, 2) * side, rng.uniform(0.15, 0.3) * side)
    box = (x - r, y - r, x + r, y + r)
    draw = ImageDraw.Draw(image)
    if kind == "disc":
        draw.ellipse(box, fill=ink)
    elif kind == "triangle":
        draw.polygon([(x, y - r), (x + r, y + r), (x - r, y + r)], fill=ink)
    else:
        draw.rectangle(box, fill=ink)
    noise = Image.fromarray(rng.integers(0, 40, (side, side, 3)).astype(np.uint8))
    return Image.blend(image.filter(ImageFilter.GaussianBlur(0.6)), noise, 0.15)


def scene(number: int, side: int = 200) -> Image.Image:
    """Soft patches of colour all over."""
    rough = np.random.default_rng(number).integers(0, 256, (5, 5, 3)).astype(np.uint8)
    return Image.fromarray(rough).resize((side, side), Image.Resampling.BICUBIC)


def write_photos(folder: Path, count: int, kinds: tuple[str, ...] = ("box", "disc"), first: int = 0) -> Path:
    """`count` PNG drawings of each kind, in a folder for each."""
    for kind in kinds:
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for k in range(first, first + count):
            drawing(kind, k).save(folder / kind / f"{kind}{k}.png")
    return folder
