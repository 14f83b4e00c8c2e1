"""Clips of a drawn figure that does something, before a drawn background in which other things move as well.

Who it is, how large, where, how fast, when it begins, the light, a camera that shakes, what passes behind or before it:
all of it follows from (seed, number) alone.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from trivium.vision.collect.pictures import Bytes
from trivium.vision.demo_data.figures import Body, body, painted
from trivium.vision.demo_data.grounds import ground
from trivium.vision.demo_data.moves import MOVES, Move, joints
from trivium.vision.demo_data.other_moves import OTHER_MOVES

SHAPES = ((256, 192), (192, 256), (256, 144), (208, 208))
FPS = 16
SHORTEST_S, LONGEST_S = 2.0, 3.2
MARGIN = 24  # pixels of background beyond each edge, for a camera that shakes
BIT_RATE = 1_500_000


@dataclass(frozen=True)
class Passing:
    """Something else that moves."""

    start: Any  # (2,) shares of the picture
    speed: Any  # (2,) shares a second
    swing: Any  # (2,) shares
    rate: float  # swings a second
    radius: float
    colour: tuple[int, ...]
    is_round: bool
    before: bool  # the figure

    def draw(self, draw: ImageDraw.ImageDraw, size: tuple[int, int], t: float) -> None:
        """Where it is at that moment."""
        x, y = (self.start + self.speed * t + self.swing * np.sin(2 * np.pi * self.rate * t)) * size
        r = self.radius * min(size)
        (draw.ellipse if self.is_round else draw.rectangle)([x - r, y - 0.7 * r, x + r, y + 0.7 * r], fill=self.colour)


@dataclass(frozen=True)
class Stage:
    """One clip, before it is drawn."""

    size: tuple[int, int]
    seconds: float
    who: Body
    move: Move
    height: float  # pixels
    foot: tuple[float, float]
    back: Bytes  # larger than the picture by MARGIN on each side
    passing: list[Passing]
    shake: Callable[[float], Any]
    seat: tuple[int, ...] | None
    light: Callable[[float], float]
    cast: Any
    blur: float
    noise: float


def stage(label: str, rng: np.random.Generator, shape: tuple[int, int] | None = None) -> Stage:
    """Somebody who does that, somewhere."""
    size = shape or SHAPES[int(rng.integers(len(SHAPES)))]
    who = body(rng)
    height = size[1] * rng.uniform(0.5, 0.88)
    foot = (size[0] * rng.uniform(0.3, 0.7), size[1] * rng.uniform(0.9, 1.0))
    height = min(height, foot[1] * 0.9)
    seat = tuple(int(v) for v in rng.integers(20, 220, 3)) if rng.random() < (0.75 if label == "sit" else 0.4) else None
    flicker, hertz = rng.uniform(0, 0.06), rng.uniform(0.3, 5)
    moves = {**MOVES, **OTHER_MOVES}
    return Stage(size, float(rng.uniform(SHORTEST_S, LONGEST_S)), who, moves[label](who, rng), height, foot,
                 ground(size[0] + 2 * MARGIN, size[1] + 2 * MARGIN, rng),
                 [passing(rng) for _ in range(rng.integers(4))],
                 shaking(rng), seat, lambda t: 1 + flicker * np.sin(hertz * t), rng.uniform(0.85, 1.15, 3),
                 float(rng.uniform(0, 0.9)), float(rng.uniform(1, 5)))


def passing(rng: np.random.Generator) -> Passing:
    """Something else that moves, in a line or to and fro."""
    swings = rng.random() < 0.5
    return Passing(start=rng.uniform(0, 1, 2), speed=np.zeros(2) if swings else rng.uniform(-0.4, 0.4, 2) * (1, 0.3),
                   swing=rng.uniform(-0.12, 0.12, 2) if swings else np.zeros(2), rate=float(rng.uniform(0.3, 2.5)),
                   radius=float(rng.uniform(0.03, 0.12)), colour=tuple(int(v) for v in rng.integers(10, 245, 3)),
                   is_round=bool(rng.random() < 0.5), before=bool(rng.random() < 0.15))


def shaking(rng: np.random.Generator) -> Callable[[float], Any]:
    """How far a camera is moved at each moment, in pixels: held by hand, or panned, or hardly at all."""
    reach = rng.uniform(0, 3.5) if rng.random() < 0.6 else 0.0
    rates, phases = rng.uniform(0.4, 4.0, (2, 3)), rng.uniform(0, 7, (2, 3))
    pan = rng.uniform(-4, 4, 2) * (1, 0.3) if rng.random() < 0.3 else np.zeros(2)
    return lambda t: reach * np.sin(phases + 2 * np.pi * rates * t).mean(1) + pan * t


def frames(made: Stage, rng: np.random.Generator) -> Iterator[Bytes]:
    """The pictures of a clip."""
    for number in range(round(made.seconds * FPS)):
        yield frame(made, number / FPS, rng)


def frame(made: Stage, t: float, rng: np.random.Generator) -> Bytes:
    """The picture of one moment."""
    x, y = np.clip(made.shake(t), -MARGIN + 1, MARGIN - 1)
    left, top = round(MARGIN + x), round(MARGIN + y)
    picture = Image.fromarray(made.back[top:top + made.size[1], left:left + made.size[0]])
    draw = ImageDraw.Draw(picture)
    for each in made.passing:
        if not each.before:
            each.draw(draw, made.size, t)
    foot = made.foot[0] - x, made.foot[1] - y
    if made.seat is not None:
        seat(draw, made.seat, made.height, foot, made.who.yaw)
    figure = painted(made.who, joints(made.who, made.move(t)), made.size, made.height, foot)
    picture.paste(figure, (0, 0), figure)
    for each in made.passing:
        if each.before:
            each.draw(draw, made.size, t)
    return photographed(picture, made, t, rng)


def seat(draw: ImageDraw.ImageDraw, colour: tuple[int, ...], height: float, foot: tuple[float, float],
         yaw: float) -> None:
    """A stool behind the figure."""
    x, y = foot[0] - 0.2 * height * np.sin(yaw), foot[1] - 0.02 * height
    half, high = 0.13 * height, 0.2 * height
    draw.rectangle([x - half, y - high, x + half, y - 0.85 * high], fill=colour)
    for side in (-0.9, 0.8):
        draw.rectangle([x + side * half, y - high, x + (side + 0.12) * half, y], fill=colour)


def photographed(picture: Image.Image, made: Stage, t: float, rng: np.random.Generator) -> Bytes:
    """Light, colour cast, blur and noise of a camera."""
    if made.blur > 0.2:
        picture = picture.filter(ImageFilter.GaussianBlur(made.blur))
    lit = np.asarray(picture, np.float32) * np.float32(made.light(t)) * made.cast.astype(np.float32)
    lit = lit + rng.normal(0, made.noise, lit.shape[:2]).astype(np.float32)[..., None]
    return np.asarray(np.clip(lit, 0, 255), np.uint8)


def clip(label: str, seed: int, number: int) -> bytes:
    """Clip `number` as an MP4 file."""
    rng = np.random.default_rng([seed, number])
    made = stage(label, rng)
    return film(list(frames(made, rng)), made.size)


def film(pictures: list[Bytes], size: tuple[int, int], fps: int = FPS) -> bytes:
    """Pictures as an MP4 file, the same one each time."""
    import av

    out = io.BytesIO()
    with av.open(out, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream: Any = container.add_stream("mpeg4", rate=fps, options={"flags": "+bitexact"})
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = *size, "yuv420p", BIT_RATE
        stream.thread_count = 1
        for picture in pictures:
            for packet in stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return out.getvalue()
