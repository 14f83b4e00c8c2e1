"""The ground as the camera sees it: a grey picture of the track from above, ready for fast drawing.

``paint`` draws road, border lines, dashed centre line and carpet at ``TEXEL_M``; ``pack_ground`` keeps it at halved
and halved again resolutions, each with as much carpet round it as the camera can see at the distances where that level
is used, so that the drawing kernel needs no bounds check. Looks vary by number: look 0 is the plain one, others are
drawn for transfer to other carpets.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from trivium.racing.track import Track

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float64]

TEXEL_M = 0.005
LEVELS = 8
MARGIN_M = 1.2  # carpet round the road at the finest level
BORDER_LINE_M = 0.05
CENTRE_LINE_M = 0.03
DASH_M, GAP_M = 0.20, 0.20


class Look(NamedTuple):
    """Grey levels, 0..255."""

    road: float = 70.0
    carpet: float = 112.0
    border: float = 235.0
    centre: float = 180.0
    grain: float = 5.0  # standard deviation of the surface's noise


class Ground(NamedTuple):
    """All looks of one track's ground. Made by `pack_ground`; never changed. V looks, L = LEVELS."""

    texels: Bytes  # (V * look_size,)
    look_size: int
    base: NDArray[np.uint64]  # (L,) where a level begins
    stride: NDArray[np.uint64]  # (L,) texels from one row to the next
    per_m: Floats  # (L,) texels a metre
    origin_x: Floats  # (L,) m, of the level's first texel
    origin_y: Floats  # (L,)
    bounds: Floats  # (4,) x_min, y_min, x_max, y_max within which a car may stand


def varied_look(number: int, strength: float, rng: np.random.Generator) -> Look:
    """Look 0 is the plain one; others differ by up to `strength`, 0..1, but lines stay brighter than the road."""
    plain = Look()
    if number == 0:
        return plain
    shift = rng.uniform(-1.0, 1.0, 4) * strength
    road = float(np.clip(plain.road + 50 * shift[0], 20, 130))
    return Look(road, float(np.clip(plain.carpet + 80 * shift[1], 15, 220)),
                float(np.clip(plain.border + 40 * shift[2], road + 70, 255)),
                float(np.clip(plain.centre + 60 * shift[3], road + 40, 240)),
                plain.grain * (1.0 + 2.0 * strength * float(rng.random())))


def paint(track: Track, look: Look, rng: np.random.Generator) -> tuple[Bytes, tuple[float, float]]:
    """The ground from above: (rows, columns) uint8, row 0 at the lowest y; and the x, y of its corner in metres."""
    x0, y0, x1, y1 = track.bounds
    x0, y0, x1, y1 = x0 - MARGIN_M, y0 - MARGIN_M, x1 + MARGIN_M, y1 + MARGIN_M
    size = (int((x1 - x0) / TEXEL_M) + 2, int((y1 - y0) / TEXEL_M) + 2)
    image = Image.new("L", size, round(look.carpet))
    pen = ImageDraw.Draw(image)

    def pixels(line: Floats) -> list[tuple[float, float]]:
        return [((x - x0) / TEXEL_M, (y - y0) / TEXEL_M) for x, y in line.tolist()]

    inner, outer = pixels(track.inner), pixels(track.outer)
    if track.is_loop:
        # the inner border may be the longer ring where a track was drawn clockwise: fill the larger, clear the smaller
        rings = sorted((inner, outer), key=ring_area, reverse=True)
        pen.polygon(rings[0], fill=round(look.road))
        pen.polygon(rings[1], fill=round(look.carpet))
    else:
        pen.polygon(inner + outer[::-1], fill=round(look.road))
    for border in (inner, outer):
        pen.line(border, fill=round(look.border), width=round(BORDER_LINE_M / TEXEL_M), joint="curve")
    for dash in dashes(track):
        pen.line(pixels(dash), fill=round(look.centre), width=round(CENTRE_LINE_M / TEXEL_M), joint="curve")
    picture = soften(np.asarray(image))
    tile = np.clip(rng.normal(0.0, look.grain, (256, 256)), -40, 40).astype(np.int8)
    grain = np.tile(tile, (size[1] // 256 + 1, size[0] // 256 + 1))[: size[1], : size[0]]
    return np.clip(picture.astype(np.int16) + grain, 0, 255).astype(np.uint8), (x0, y0)


def ring_area(ring: list[tuple[float, float]]) -> float:
    x, y = np.array(ring).T
    return abs(float(np.dot(x, np.roll(y, -1)) - np.dot(np.roll(x, -1), y)))


def dashes(track: Track) -> list[Floats]:
    """The strokes of the centre line, each (k, 2) m."""
    strokes = []
    for start in np.arange(0.0, track.length_m, DASH_M + GAP_M):
        at = np.linspace(start, min(start + DASH_M, track.length_m), 5)
        strokes.append(np.stack([np.interp(at, track.arc_m, track.centre[:, k]) for k in (0, 1)], axis=1))
    return strokes


def soften(picture: Bytes) -> Bytes:
    """3 x 3 mean, which turns the drawing's stairs into slopes."""
    padded = np.pad(picture, 1, mode="edge").astype(np.uint16)
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    mean: Bytes = ((rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) // 9).astype(np.uint8)
    return mean


def halve(picture: Bytes) -> Bytes:
    """2 x 2 means; an odd edge is repeated."""
    even = np.pad(picture, ((0, picture.shape[0] % 2), (0, picture.shape[1] % 2)), mode="edge").astype(np.uint16)
    total = even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]
    return ((total + 2) // 4).astype(np.uint8)


def pack_ground(track: Track, reach_m: Floats, looks: int = 1, strength: float = 0.0, seed: int = 0) -> Ground:
    """Paint `looks` looks of a track and pack them.

    reach_m: (LEVELS,) how far from the camera each level is used, 0 where it is not.
    """
    rng = np.random.default_rng(seed)
    packed = []
    for number in range(looks):
        look = varied_look(number, strength, rng)
        picture, corner = paint(track, look, rng)
        packed.append(pack_levels(picture, corner, round(look.carpet), reach_m))
    texels = np.concatenate([each[0] for each in packed])
    _, base, stride, per_m, ox, oy = packed[0]
    x0, y0, x1, y1 = track.bounds
    bounds = np.array([x0, y0, x1, y1]) + np.array([-1.0, -1.0, 1.0, 1.0]) * (MARGIN_M - 0.2)
    return Ground(texels, len(packed[0][0]), base, stride, per_m, ox, oy, bounds)


def pack_levels(picture: Bytes, corner: tuple[float, float], carpet: int, reach_m: Floats) -> tuple[
        Bytes, NDArray[np.uint64], NDArray[np.uint64], Floats, Floats, Floats]:
    """One look: the flat texels, and where and how each level lies in them (see `Ground`)."""
    base, stride = np.zeros(LEVELS, np.uint64), np.zeros(LEVELS, np.uint64)
    per_m, ox, oy = np.zeros(LEVELS), np.zeros(LEVELS), np.zeros(LEVELS)
    flat, begin = [], 0
    for level in range(LEVELS):
        texel_m = TEXEL_M * 2**level
        if reach_m[level] > 0.0:
            pad = max(1, int(np.ceil((reach_m[level] + 0.1) / texel_m)))  # cars keep 0.2 m inside the margin
            rows, columns = picture.shape[0] + 2 * pad, picture.shape[1] + 2 * pad
            canvas = np.full((rows, spread_rows(columns)), carpet, np.uint8)
            canvas[pad:-pad, pad : pad + picture.shape[1]] = picture
            flat.append(canvas.ravel())
            base[level], stride[level], per_m[level] = begin, canvas.shape[1], 1.0 / texel_m
            ox[level], oy[level] = corner[0] - pad * texel_m, corner[1] - pad * texel_m
            begin += canvas.size
        picture = halve(picture)
    return np.concatenate(flat), base, stride, per_m, ox, oy


def spread_rows(columns: int) -> int:
    """Row length that holds `columns` texels: an odd number of 64-byte cache lines.

    With a power of two, the texels above one another would all compete for the same few places of the cache, and a
    picture would take half as long again.
    """
    return ((columns + 63) // 64 | 1) * 64
