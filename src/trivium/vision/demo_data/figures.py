"""A drawn figure: sixteen joints in space, turned, projected, and painted as limbs of one width each.

Lengths are shares of the figure's height. x is the figure's left, y up from the ground, z towards where it looks. Who
it is (proportions, clothes, hair, which way it stands) follows from its random numbers; what it does: `moves.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

Vector = np.ndarray[Any, np.dtype[np.float64]]
Joints = Mapping[str, Vector]  # name -> (x, y, z)

FINE = 2  # it is painted so many times larger, for smooth edges
SKINS = ((255, 219, 190), (236, 188, 150), (198, 144, 102), (141, 92, 60), (92, 58, 38))
SIDES = ((1.0, "left"), (-1.0, "right"))


@dataclass(frozen=True)
class Body:
    """Who it is."""

    leg: float  # from hip to ankle
    arm: float  # from shoulder to wrist
    shoulders: float  # half of their width
    hips: float
    stout: float  # how thick limbs are, 1 in the mean
    skin: tuple[int, ...]
    shirt: tuple[int, ...]
    trousers: tuple[int, ...]
    shoes: tuple[int, ...]
    hair: tuple[int, ...]
    long_hair: bool
    long_sleeves: bool
    yaw: float  # radians that it is turned away by

    @property
    def torso(self) -> float:
        """From hip to neck."""
        return 0.83 - self.leg - 0.04


def body(rng: np.random.Generator) -> Body:
    """Somebody."""
    def colour(low: int = 15, high: int = 240) -> tuple[int, ...]:
        return tuple(int(v) for v in rng.integers(low, high, 3))

    return Body(leg=rng.uniform(0.42, 0.5), arm=rng.uniform(0.29, 0.36), shoulders=rng.uniform(0.09, 0.13),
                hips=rng.uniform(0.05, 0.075), stout=rng.uniform(0.8, 1.35), skin=SKINS[int(rng.integers(len(SKINS)))],
                shirt=colour(), trousers=colour(), shoes=colour(10, 120), hair=colour(10, 150),
                long_hair=bool(rng.random() < 0.4), long_sleeves=bool(rng.random() < 0.5),
                yaw=float(rng.uniform(-1.0, 1.0)))


def bent(start: Vector, end: Vector, length: float, towards: Vector) -> Vector:
    """The joint between two bones of half `length` each that reach from start to end, bending `towards`."""
    span = end - start
    reach = float(np.linalg.norm(span))
    out = towards - span * (towards @ span) / max(reach, 1e-9) ** 2
    depth = np.sqrt(max(0.0, (length / 2) ** 2 - (reach / 2) ** 2))
    bend: Vector = start + span / 2 + out / max(float(np.linalg.norm(out)), 1e-9) * depth
    return bend


def turned(joints: Joints, yaw: float) -> dict[str, Vector]:
    """The same joints, seen from another side."""
    sine, cosine = np.sin(yaw), np.cos(yaw)
    return {name: np.array([x * cosine + z * sine, y, z * cosine - x * sine]) for name, (x, y, z) in joints.items()}


def limbs(who: Body, at: Joints) -> list[tuple[float, str, str, float, tuple[int, ...]]]:
    """(depth, from, to, width, colour), the farthest first."""
    found = []
    for _, side in SIDES:
        sleeve = who.shirt if who.long_sleeves else who.skin
        found += [(f"{side} hip", f"{side} knee", 0.085, who.trousers), (f"{side} knee", f"{side} ankle", 0.07,
                                                                         who.trousers),
                  (f"{side} ankle", f"{side} toe", 0.05, who.shoes), (f"{side} shoulder", f"{side} elbow", 0.06,
                                                                      who.shirt),
                  (f"{side} elbow", f"{side} wrist", 0.048, sleeve), (f"{side} wrist", f"{side} wrist", 0.06, who.skin)]
    rows = [(float(at[a][2] + at[b][2]) / 2, a, b, width * who.stout, colour) for a, b, width, colour in found]
    rows.append((float(at["neck"][2] + at["hip"][2]) / 2, "hip", "neck", 0.0, who.shirt))
    rows.append((float(at["head"][2]), "head", "head", 0.125, who.skin))
    return sorted(rows, key=lambda row: row[0])


def painted(who: Body, joints: Joints, size: tuple[int, int], height: float, foot: tuple[float, float]) -> Image.Image:
    """The figure, `height` pixels high, its place on the ground at `foot`, on an empty RGBA picture."""
    width, high = size
    picture = Image.new("RGBA", (width * FINE, high * FINE))
    draw, at = ImageDraw.Draw(picture), turned(joints, who.yaw)
    scale = height * FINE

    def point(name: str) -> tuple[float, float]:
        return foot[0] * FINE + float(at[name][0]) * scale, foot[1] * FINE - float(at[name][1]) * scale

    for _, a, b, thick, colour in limbs(who, at):
        if a == "head":
            head(draw, who, point("head"), thick * scale)
        elif b == "neck":
            torso(draw, who, [point(name) for name in ("left shoulder", "right shoulder", "right hip", "left hip")],
                  0.07 * who.stout * scale)
        else:
            bone(draw, point(a), point(b), thick * scale, colour)
    return picture.resize(size, Image.Resampling.BOX)


def bone(draw: ImageDraw.ImageDraw, start: tuple[float, float], end: tuple[float, float], thick: float,
         colour: tuple[int, ...]) -> None:
    """A limb with round ends."""
    draw.line([start, end], fill=colour, width=max(1, round(thick)))
    for x, y in (start, end):
        draw.ellipse([x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2], fill=colour)


def torso(draw: ImageDraw.ImageDraw, who: Body, corners: list[tuple[float, float]], thick: float) -> None:
    """Shoulders to hips."""
    draw.polygon(corners, fill=who.shirt)
    for start, end in zip(corners, [*corners[1:], corners[0]], strict=True):
        bone(draw, start, end, thick, who.shirt)


def head(draw: ImageDraw.ImageDraw, who: Body, middle: tuple[float, float], wide: float) -> None:
    """A head with its hair."""
    x, y = middle
    if who.long_hair:
        draw.ellipse([x - 0.6 * wide, y - 0.62 * wide, x + 0.6 * wide, y + 0.95 * wide], fill=who.hair)
    draw.ellipse([x - 0.45 * wide, y - 0.55 * wide, x + 0.45 * wide, y + 0.55 * wide], fill=who.skin)
    draw.pieslice([x - 0.5 * wide, y - 0.62 * wide, x + 0.5 * wide, y + 0.45 * wide], 185, 355, fill=who.hair)
