"""Drawings of our own making: six things in a few strokes, each time by an unsteady hand.

Strokes are lines in a square from -1 to 1, y down. Paper is nearly white and ink nearly black, as on the page's canvas.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from trivium.vision.templates.table import Shot

SIDE = 280  # pixels
FINE = 3  # drawn so much larger, for soft edges
Strokes = list[Any]  # each (N, 2)
Rng = np.random.Generator


def drawings(seed: int) -> Iterator[Shot]:
    """The six in turn."""
    names = sorted(THINGS)
    for number in itertools.count():
        name = names[number % len(names)]
        yield Shot(drawn(THINGS[name], np.random.default_rng([seed, number])), name)


def drawn(thing: Callable[[Rng], Strokes], rng: Rng) -> Any:
    """(280, 280, 3): the thing somewhere on the paper, turned, stretched and wobbly."""
    paper, ink = int(rng.integers(238, 256)), int(rng.integers(0, 70))
    image = Image.new("L", (SIDE * FINE, SIDE * FINE), paper)
    pen, width = ImageDraw.Draw(image), int(rng.uniform(3, 9) * FINE)
    angle, scale = rng.normal(0, 0.13), rng.uniform(0.28, 0.45) * SIDE * FINE
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    stretch = scale * rng.uniform(0.8, 1.2, 2)
    centre = SIDE * FINE * rng.uniform(0.44, 0.56, 2)
    for stroke in thing(rng):
        points = wobbly(np.asarray(stroke, float), rng) @ turn.T * stretch + centre
        pen.line([tuple(point) for point in points.tolist()], fill=ink, width=width, joint="curve")
        for x, y in points[[0, -1]].tolist():
            pen.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=ink)
    return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BOX).convert("RGB"))


def wobbly(points: Any, rng: Rng) -> Any:
    """The line with points between, moved a bit, smoothly."""
    steps = np.linspace(0, len(points) - 1, 12 * (len(points) - 1) + 1 if len(points) < 12 else len(points))
    fine = np.stack([np.interp(steps, np.arange(len(points)), points[:, axis]) for axis in (0, 1)], 1)
    rough = rng.normal(0, rng.uniform(0.01, 0.05), (max(3, len(fine) // 8), 2))
    places = np.linspace(0, len(rough) - 1, len(fine))
    return fine + np.stack([np.interp(places, np.arange(len(rough)), rough[:, axis]) for axis in (0, 1)], 1)


def arc(x: float, y: float, rx: float, ry: float, begin: float = 0.0, end: float = 2 * np.pi) -> Any:
    """Part of an ellipse."""
    angles = np.linspace(begin, end, 40)
    return np.stack([x + rx * np.cos(angles), y + ry * np.sin(angles)], 1)


def fish(rng: Rng) -> Strokes:
    facing = 1 if rng.random() < 0.5 else -1
    body, tail = arc(-0.15, 0, 0.7, rng.uniform(0.35, 0.5)), rng.uniform(0.3, 0.45)
    strokes = [body, [(0.5, 0), (1, -tail), (1, tail), (0.5, 0)], arc(-0.5, -0.1, 0.05, 0.05)]
    if rng.random() < 0.5:
        strokes.append([(-0.1, -0.4), (0.1, -0.65), (0.25, -0.35)])
    return [np.asarray(stroke, float) * (facing, 1) for stroke in strokes]


def flower(rng: Rng) -> Strokes:
    count, turn = int(rng.integers(5, 8)), rng.uniform(0, 1)
    petals = [arc(0.42 * np.cos(a), -0.4 + 0.42 * np.sin(a), 0.21, 0.21)
              for a in 2 * np.pi * (np.arange(count) + turn) / count]
    strokes = [arc(0, -0.4, 0.2, 0.2), *petals, [(0, 0.2), (rng.uniform(-0.1, 0.1), 1)]]
    if rng.random() < 0.7:
        strokes.append(arc(0.25, 0.65, 0.22, 0.1))
    return strokes


def house(rng: Rng) -> Strokes:
    top, wide = rng.uniform(-0.25, 0), rng.uniform(0.65, 0.9)
    strokes: Strokes = [[(-wide, top), (-wide, 0.9), (wide, 0.9), (wide, top), (-wide, top)],
                        [(-wide - 0.1, top), (0, top - rng.uniform(0.6, 0.85)), (wide + 0.1, top)]]
    door = rng.uniform(-0.4, 0.1)
    strokes.append([(door, 0.9), (door, 0.4), (door + 0.3, 0.4), (door + 0.3, 0.9)])
    if rng.random() < 0.7:
        strokes.append([(0.3, 0.1), (0.6, 0.1), (0.6, 0.4), (0.3, 0.4), (0.3, 0.1)])
    if rng.random() < 0.4:
        strokes.append([(0.35, top - 0.4), (0.35, top - 0.8), (0.55, top - 0.8), (0.55, top - 0.25)])
    return strokes


def star(rng: Rng) -> Strokes:
    if rng.random() < 0.5:  # in one go
        angles = -np.pi / 2 + 4 * np.pi / 5 * np.arange(6)
        return [np.stack([np.cos(angles), np.sin(angles)], 1)]
    angles = -np.pi / 2 + np.pi / 5 * np.arange(11)
    reach = np.where(np.arange(11) % 2, rng.uniform(0.38, 0.5), 1.0)
    return [np.stack([reach * np.cos(angles), reach * np.sin(angles)], 1)]


def sun(rng: Rng) -> Strokes:
    count, inner = int(rng.integers(8, 15)), rng.uniform(0.4, 0.55)
    rays = [[((inner + 0.12) * np.cos(a), (inner + 0.12) * np.sin(a)), (np.cos(a), np.sin(a))]
            for a in 2 * np.pi * np.arange(count) / count]
    face = [arc(-0.15, -0.12, 0.04, 0.04), arc(0.15, -0.12, 0.04, 0.04), arc(0, 0.05, 0.2, 0.15, 0.3, np.pi - 0.3)]
    return [arc(0, 0, inner, inner), *rays, *(face if rng.random() < 0.4 else [])]


def tree(rng: Rng) -> Strokes:
    if rng.random() < 0.4:  # a fir
        return [[(0, -1), (-0.45, -0.3), (0.45, -0.3), (0, -1)], [(0, -0.5), (-0.65, 0.5), (0.65, 0.5), (0, -0.5)],
                [(-0.12, 0.5), (-0.12, 1), (0.12, 1), (0.12, 0.5)]]
    bumps = 0.5 + 0.07 * np.sin(np.linspace(0, 2 * np.pi * rng.integers(5, 9), 60))
    angles = np.linspace(0, 2 * np.pi, 60)
    crown = np.stack([1.25 * bumps * np.cos(angles), -0.4 + bumps * np.sin(angles)], 1)
    return [crown, [(-0.13, 0.1), (-0.16, 1)], [(0.13, 0.1), (0.16, 1)]]


THINGS = {"fish": fish, "flower": flower, "house": house, "star": star, "sun": sun, "tree": tree}
