"""A camera for everyone who has none: a drawn conveyor belt with things on it, or the things of a template, one scene
after the other. It says that it is drawn.

The picture follows from seed and frame number alone, so two people see the same.
"""

from __future__ import annotations

import io
import itertools
import math
import time
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFont

from trivium.core.studio import resolve
from trivium.vision.collect.pictures import jpeg
from trivium.vision.stream.frames import ImageFrame

WIDTH, HEIGHT, FRAMES_PER_S = 640, 480, 15
SECONDS_A_THING = 4
KINDS = ("can", "bottle", "leaf", "box")
SCENES, SWAY = 12, 3  # of a template; pixels
SAYS = "Synthetic: drawn by Trivium, no camera"
STANDS_STILL = ("unlike",)  # whose photos say themselves what they are: a line more, or a move, would be what is odd
Live = Callable[[int, float], Image.Image]  # the scene, and seconds since it began
_scenes: dict[str, list[Image.Image]] = {}
_live: dict[str, Live] = {}


def preload(place: str) -> None:
    """Compose a template's scenes while files can still be found; they come round again and again."""
    if place.isdecimal() or place in _scenes or place in _live:
        return
    from trivium.vision.templates.making import CAMERA_SEED
    from trivium.vision.templates.table import template

    chosen = template(place)
    if chosen.live is not None:
        _live[place] = partial(resolve(chosen.live), CAMERA_SEED)
        live_scene(place, 0)
        return
    shots = itertools.islice(chosen.photos_of(CAMERA_SEED), SCENES)
    _scenes[place] = [as_a_photo(Image.fromarray(shot.picture)) for shot in shots]


def as_a_photo(image: Image.Image) -> Image.Image:
    """As JPEG leaves it, for so the photos were that a model has learned from; to some models that matters."""
    from trivium.vision.demo_data.project import QUALITY

    with Image.open(io.BytesIO(jpeg(image, QUALITY)), formats=("JPEG",)) as opened:
        return opened.convert("RGB")


def live_scene(place: str, number: int) -> Image.Image:
    """One frame of a scene in which things move."""
    scene, step = divmod(number, SECONDS_A_THING * FRAMES_PER_S)
    return signed(_live[place](scene, step / FRAMES_PER_S))


def template_scene(place: str, number: int) -> Image.Image:
    """One frame of a template's scenes, moved a little, as a camera in a hand."""
    if place in _live:
        return live_scene(place, number)
    shown = _scenes[place][number // (SECONDS_A_THING * FRAMES_PER_S) % SCENES]
    if place in STANDS_STILL:
        return shown
    x, y = (round(SWAY * math.sin(number / period)) for period in (7.0, 11.0))
    return signed(ImageChops.offset(shown, x, y))


def signed(image: Image.Image) -> Image.Image:
    """The picture, which says that it is drawn."""
    ImageDraw.Draw(image).text((8, image.height - 20), SAYS, fill="#333333", stroke_width=2, stroke_fill="#ffffff",
                               font=ImageFont.load_default(11))
    return image


def camera(place: str) -> Iterator[ImageFrame]:
    """Frames in real time, without drift: each is due at its place after the first."""
    preload(place)
    draw = partial(scene, int(place)) if place.isdecimal() else partial(template_scene, place)
    begin = time.monotonic()
    number = 0
    while True:
        due = begin + number / FRAMES_PER_S
        time.sleep(max(0.0, due - time.monotonic()))
        yield ImageFrame(draw(number), time.monotonic())
        number = max(number + 1, int((time.monotonic() - begin) * FRAMES_PER_S))


def kind_at(seed: int, number: int) -> str:
    """What lies on the belt in this frame."""
    thing = number // (SECONDS_A_THING * FRAMES_PER_S)
    return KINDS[int(np.random.default_rng([seed, thing]).integers(len(KINDS)))]


def scene(seed: int, number: int) -> Image.Image:
    """One frame."""
    span = SECONDS_A_THING * FRAMES_PER_S
    thing, step = divmod(number, span)
    rng = np.random.default_rng([seed, thing])
    kind = KINDS[int(rng.integers(len(KINDS)))]
    ink = tuple(int(v) for v in rng.integers(40, 200, 3))
    size = float(rng.uniform(70, 120))
    image = Image.new("RGB", (WIDTH, HEIGHT), "#d9d5cc")
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 300, WIDTH, 420), fill="#4a4d52")
    for k in range(-1, 9):  # the belt's ribs show that it moves
        x = k * 80 + (number * 6) % 80
        pen.line((x, 300, x, 420), fill="#5b5f66", width=3)
    _thing(pen, kind, -80 + (WIDTH + 160) * step / span, 300 + 60 - size / 2, size, ink)
    pen.text((12, HEIGHT - 30), f"{SAYS} · frame {number}", fill="#333333", font=ImageFont.load_default(16))
    return image


def _thing(pen: ImageDraw.ImageDraw, kind: str, x: float, y: float, size: float, ink: tuple[int, ...]) -> None:
    half = size / 2
    if kind == "can":
        pen.rectangle((x - half * 0.6, y - half, x + half * 0.6, y + half), fill=ink)
        for edge in (-half, half):
            pen.ellipse((x - half * 0.6, y + edge - 10, x + half * 0.6, y + edge + 10), fill="#c7cbd1", outline=ink)
    elif kind == "bottle":
        pen.rounded_rectangle((x - half * 0.4, y - half * 0.4, x + half * 0.4, y + half), 12, fill=ink)
        pen.rectangle((x - half * 0.15, y - half, x + half * 0.15, y - half * 0.4), fill=ink)
        pen.rectangle((x - half * 0.2, y - half - 8, x + half * 0.2, y - half), fill="#ffffff")
    elif kind == "leaf":
        pen.ellipse((x - half, y - half * 0.5, x + half, y + half * 0.5), fill="#3f8f3a")
        pen.line((x - half * 1.2, y, x + half, y), fill="#2c6628", width=4)
    else:
        pen.rectangle((x - half, y - half * 0.7, x + half, y + half * 0.7), fill="#b58a54")
        pen.line((x - half, y, x + half, y), fill="#8a6537", width=4)
