"""The ground as the camera sees it: a grey picture of the track from above, ready for fast drawing.

``paint`` draws road, border lines, dashed centre line and carpet at ``TEXEL_M``; ``pack_ground`` keeps it at halved
and halved again resolutions, each with as much carpet round it as the camera can see at the distances where that level
is used, so that the drawing kernel needs no bounds check. A huge track is painted coarser from the start, so that its
ground fits into memory; the finest levels then are that one. Looks vary by number: look 0 is the plain one, others are
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
MAX_TEXELS = 20_000_000  # of a look at its finest level; our largest track has 8 million
MAX_SIDE = 32_000  # texels; the drawing kernel has 16 bits for a row and for a column
STRIP = 256  # rows that are softened at a time
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


def finest_level(track: Track) -> int:
    """The level at which a track is painted: 0, unless it is so large that it would not fit."""
    level = 0
    while True:
        columns, rows = picture_size(track, TEXEL_M * 2**level)
        if (columns * rows <= MAX_TEXELS and max(columns, rows) <= MAX_SIDE) or level == LEVELS - 1:
            return level
        level += 1


def picture_size(track: Track, texel_m: float) -> tuple[int, int]:
    """(columns, rows) of the ground with its margin."""
    x0, y0, x1, y1 = track.bounds
    x0, y0, x1, y1 = x0 - MARGIN_M, y0 - MARGIN_M, x1 + MARGIN_M, y1 + MARGIN_M
    return int((x1 - x0) / texel_m) + 2, int((y1 - y0) / texel_m) + 2


def paint(track: Track, look: Look, rng: np.random.Generator) -> tuple[Bytes, tuple[float, float]]:
    """The ground from above: (rows, columns) uint8, row 0 at the lowest y; and the x, y of its corner in metres."""
    texel_m = TEXEL_M * 2 ** finest_level(track)
    x0, y0 = track.bounds[0] - MARGIN_M, track.bounds[1] - MARGIN_M
    size = picture_size(track, texel_m)
    image = Image.new("L", size, round(look.carpet))
    pen = ImageDraw.Draw(image)

    def pixels(line: Floats) -> list[tuple[float, float]]:
        return [((x - x0) / texel_m, (y - y0) / texel_m) for x, y in line.tolist()]

    inner, outer = pixels(track.inner), pixels(track.outer)
    if track.is_loop:
        # the inner border may be the longer ring where a track was drawn clockwise: fill the larger, clear the smaller
        rings = sorted((inner, outer), key=ring_area, reverse=True)
        pen.polygon(rings[0], fill=round(look.road))
        pen.polygon(rings[1], fill=round(look.carpet))
    else:
        pen.polygon(inner + outer[::-1], fill=round(look.road))
    for border in (inner, outer):
        pen.line(border, fill=round(look.border), width=max(1, round(BORDER_LINE_M / texel_m)), joint="curve")
    for dash in dashes(track):
        pen.line(pixels(dash), fill=round(look.centre), width=max(1, round(CENTRE_LINE_M / texel_m)), joint="curve")
    tile = np.clip(rng.normal(0.0, look.grain, (STRIP, STRIP)), -40, 40).astype(np.int8)
    return finish(np.asarray(image), tile), (x0, y0)


def finish(picture: Bytes, tile: NDArray[np.int8]) -> Bytes:
    """Softened, with the grain of `tile` repeated over it; strip by strip, because that takes many times its memory."""
    rows, columns = picture.shape
    grain = np.tile(tile, (1, columns // STRIP + 1))[:, :columns]
    done = np.empty_like(picture)
    for top in range(0, rows, STRIP):
        here = np.arange(top, min(top + STRIP, rows))
        around = np.clip(np.arange(here[0] - 1, here[-1] + 2), 0, rows - 1)  # a row more on each side
        soft = soften(picture[around])[1:-1].astype(np.int16)
        done[here] = np.clip(soft + grain[: len(here)], 0, 255).astype(np.uint8)
    return done


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
    first = finest_level(track)
    texels, layout = np.empty(0, np.uint8), None
    for number in range(looks):
        look = varied_look(number, strength, rng)
        picture, corner = paint(track, look, rng)
        if layout is None:
            layout = lay_out((picture.shape[0], picture.shape[1]), corner, reach_m, first)
            texels = np.empty(looks * layout.size, np.uint8)
        pack_levels(picture, round(look.carpet), layout, texels[number * layout.size : (number + 1) * layout.size])
    assert layout is not None, "there is always one look"
    x0, y0, x1, y1 = track.bounds
    bounds = np.array([x0, y0, x1, y1]) + np.array([-1.0, -1.0, 1.0, 1.0]) * (MARGIN_M - 0.2)
    return Ground(texels, layout.size, layout.base, layout.stride, layout.per_m, layout.origin_x, layout.origin_y,
                  bounds)


class Layout(NamedTuple):
    """Where and how the levels lie in the flat texels of a look (see `Ground`)."""

    size: int
    first: int  # the finest level there is; finer ones are the same
    pad: NDArray[np.int64]  # (L,) texels of carpet on each side, 0 where a level is not kept
    rows: NDArray[np.int64]  # (L,)
    base: NDArray[np.uint64]
    stride: NDArray[np.uint64]
    per_m: Floats
    origin_x: Floats
    origin_y: Floats


def lay_out(shape: tuple[int, int], corner: tuple[float, float], reach_m: Floats, first: int) -> Layout:
    """Room for the levels of a picture of shape (rows, columns), which is level `first`."""
    layout = Layout(0, first, np.zeros(LEVELS, np.int64), np.zeros(LEVELS, np.int64), np.zeros(LEVELS, np.uint64),
                    np.zeros(LEVELS, np.uint64), np.zeros(LEVELS), np.zeros(LEVELS), np.zeros(LEVELS))
    rows, columns = shape
    begin = 0
    for level in range(first, LEVELS):
        texel_m = TEXEL_M * 2**level
        reach = reach_m[: first + 1].max() if level == first else reach_m[level]
        if reach > 0.0:
            pad = max(1, int(np.ceil((reach + 0.1) / texel_m)))  # cars keep 0.2 m inside the margin
            layout.pad[level], layout.rows[level] = pad, rows + 2 * pad
            layout.base[level], layout.stride[level] = begin, spread_rows(columns + 2 * pad)
            layout.per_m[level] = 1.0 / texel_m
            layout.origin_x[level], layout.origin_y[level] = corner[0] - pad * texel_m, corner[1] - pad * texel_m
            begin += int(layout.rows[level]) * int(layout.stride[level])
        rows, columns = (rows + 1) // 2, (columns + 1) // 2
    for table in (layout.base, layout.stride, layout.per_m, layout.origin_x, layout.origin_y):
        table[:first] = table[first]
    return layout._replace(size=begin)


def pack_levels(picture: Bytes, carpet: int, layout: Layout, texels: Bytes) -> None:
    """One look's levels into its texels, (layout.size,)."""
    for level in range(layout.first, LEVELS):
        pad, rows, stride = int(layout.pad[level]), int(layout.rows[level]), int(layout.stride[level])
        if pad:
            begin = int(layout.base[level])
            canvas = texels[begin : begin + rows * stride].reshape(rows, stride)
            canvas[:] = carpet
            canvas[pad:-pad, pad : pad + picture.shape[1]] = picture
        picture = halve(picture)


def spread_rows(columns: int) -> int:
    """Row length that holds `columns` texels: an odd number of 64-byte cache lines.

    With a power of two, the texels above one another would all compete for the same few places of the cache, and a
    picture would take half as long again.
    """
    return ((columns + 63) // 64 | 1) * 64
