"""The car's camera: 160 x 120 grey, 15 degrees down, drawn by a compiled scan of a flat ground.

On a flat ground and a level car every picture row sees the ground at one distance, so a row is a straight walk over the
ground picture with a fixed step: two additions, one look-up a sample. A row's distance fixes which resolution of
the ground it reads and how many samples (1, 2 or 4, spread over the row's height) are averaged: the anti-aliasing of
the original, which drew 640 x 480 and scaled down. Rows and columns: H = 120, W = 160.

The walk is packed into one 64-bit number: row of texels in the upper half, column in the lower, 16 fraction bits each.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from trivium.racing.ground import LEVELS, TEXEL_M, Ground

Floats = NDArray[np.float64]

WIDTH, HEIGHT = 160, 120
PIXELS = WIDTH * HEIGHT
FIELD_OF_VIEW_RAD = 1.13  # horizontal
FOCAL_PX = WIDTH / 2 / math.tan(FIELD_OF_VIEW_RAD / 2)
PITCH_RAD = math.radians(15.0)  # down
HEIGHT_M = 0.130  # above the ground
AHEAD_M = 0.145  # of the car's origin
FAR_M = 30.0  # what lies further is drawn as if here
SKY = 205  # grey level above the horizon
MAX_TAPS = 4
# one tap covers a piece of ground up to this many times as long as it is wide
STRETCH = 2.5


class Views(NamedTuple):
    """How each camera pose sees the ground. Made by `plan_view`; P poses, H rows, T = MAX_TAPS."""

    first: NDArray[np.int64]  # (P,) first row that sees the ground
    level: NDArray[np.int64]  # (P, H) resolution of the ground
    taps: NDArray[np.int64]  # (P, H) 1, 2 or 4
    ahead_m: Floats  # (P, H, T) distance of each sample
    across_m: Floats  # (P, H, T) ground width of one pixel there
    aim_rad: Floats  # (P,) left of straight ahead


def empty_views(poses: int) -> Views:
    return Views(np.zeros(poses, np.int64), np.zeros((poses, HEIGHT), np.int64), np.ones((poses, HEIGHT), np.int64),
                 np.zeros((poses, HEIGHT, MAX_TAPS)), np.zeros((poses, HEIGHT, MAX_TAPS)), np.zeros(poses))


@njit(cache=True, nogil=True)
def ground_distance(row: float, pitch: float, height: float) -> tuple[float, float]:
    """(distance ahead, width of a pixel) in metres where a picture row, counted from the top, meets the ground."""
    v = (row - HEIGHT / 2) / FOCAL_PX
    down = math.sin(pitch) + v * math.cos(pitch)
    down = max(down, 1e-3)
    ahead = height / down * (math.cos(pitch) - v * math.sin(pitch))
    return min(ahead, FAR_M), min(height / down, FAR_M) / FOCAL_PX


@njit(cache=True, nogil=True)
def plan_view(views: Views, pose: int, pitch: float, height: float, aim: float) -> None:
    """Fill in how a camera with this pitch (rad, down), height (m) and aim (rad, left) sees the ground."""
    horizon = HEIGHT / 2 - FOCAL_PX * math.tan(pitch)
    first = min(max(math.ceil(horizon), 0), HEIGHT)
    views.first[pose], views.aim_rad[pose] = first, aim
    for row in range(first, HEIGHT):
        far, _ = ground_distance(row, pitch, height)
        near, _ = ground_distance(row + 1.0, pitch, height)
        _, wide = ground_distance(row + 0.5, pitch, height)
        stretch = (far - near) / (STRETCH * wide)
        taps = 4 if stretch > 2.5 else (2 if stretch > 1.2 else 1)
        footprint = max(wide, (far - near) / taps / 1.5)
        level = math.floor(math.log2(max(footprint / TEXEL_M, 1.0)) + 0.3)
        views.level[pose, row] = min(level, LEVELS - 1)
        views.taps[pose, row] = taps
        for k in range(taps):
            ahead, across = ground_distance(row + (k + 0.5) / taps, pitch, height)
            views.ahead_m[pose, row, k], views.across_m[pose, row, k] = ahead, across


def reach_by_level(views: Views) -> Floats:
    """(LEVELS,) how far from the car's origin each level is sampled, m; 0 where a level is not used."""
    reach = np.zeros(LEVELS)
    for pose in range(len(views.first)):
        for row in range(int(views.first[pose]), HEIGHT):
            far = np.hypot(views.ahead_m[pose, row].max() + AHEAD_M, (WIDTH / 2) * views.across_m[pose, row].max())
            level = views.level[pose, row]
            reach[level] = max(reach[level], far)
    return reach


@njit(cache=True, nogil=True, inline="always")
def walk(x: float, y: float, cos: float, sin: float, ahead: float, across: float,
         per_m: float) -> tuple[Any, Any]:
    """First texel of a row and the step to the next pixel, packed; x, y: the camera from the level's corner."""
    half = (WIDTH - 1) / 2
    u = (x + ahead * cos - half * across * sin) * per_m
    v = (y + ahead * sin + half * across * cos) * per_m
    start = (np.int64(v * 65536.0) << 32) + np.int64(u * 65536.0)
    step = (np.int64(-across * cos * per_m * 65536.0) << 32) + np.int64(across * sin * per_m * 65536.0)
    return np.uint64(start), np.uint64(step)


@njit(cache=True, nogil=True)
def draw(out: Any, x: float, y: float, yaw: float, ground: Ground, look: int, views: Views, pose: int) -> None:
    """One picture into out, (PIXELS,) uint8, for a car whose origin stands at x, y."""
    x = min(max(x, ground.bounds[0]), ground.bounds[2])  # far outside there is nothing to see anyway
    y = min(max(y, ground.bounds[1]), ground.bounds[3])
    cx, cy = x + AHEAD_M * math.cos(yaw), y + AHEAD_M * math.sin(yaw)
    cos, sin = math.cos(yaw + views.aim_rad[pose]), math.sin(yaw + views.aim_rad[pose])
    texels, low, s16 = ground.texels, np.uint64(0xFFFF), np.uint64(16)
    first = views.first[pose]
    out[: first * WIDTH] = SKY
    for row in range(first, HEIGHT):
        level, taps = views.level[pose, row], views.taps[pose, row]
        base = ground.base[level] + np.uint64(look * ground.look_size)
        shift, per_m = ground.shift[level], ground.per_m[level]
        mask = ~((np.uint64(1) << (np.uint64(48) - shift)) - np.uint64(1))
        px, py = cx - ground.origin_x[level], cy - ground.origin_y[level]
        begin, end = np.uint64(row * WIDTH), np.uint64(row * WIDTH + WIDTH)
        ahead, across = views.ahead_m[pose, row], views.across_m[pose, row]
        a, da = walk(px, py, cos, sin, ahead[0], across[0], per_m)
        if taps == 1:
            for j in range(begin, end):
                out[j] = texels[base + ((a >> shift) & mask) + ((a >> s16) & low)]
                a += da
            continue
        b, db = walk(px, py, cos, sin, ahead[1], across[1], per_m)
        if taps == 2:
            for j in range(begin, end):
                total = (np.uint32(texels[base + ((a >> shift) & mask) + ((a >> s16) & low)])
                         + np.uint32(texels[base + ((b >> shift) & mask) + ((b >> s16) & low)]))
                out[j] = total >> np.uint32(1)
                a += da
                b += db
            continue
        c, dc = walk(px, py, cos, sin, ahead[2], across[2], per_m)
        d, dd = walk(px, py, cos, sin, ahead[3], across[3], per_m)
        for j in range(begin, end):
            total = (np.uint32(texels[base + ((a >> shift) & mask) + ((a >> s16) & low)])
                     + np.uint32(texels[base + ((b >> shift) & mask) + ((b >> s16) & low)])
                     + np.uint32(texels[base + ((c >> shift) & mask) + ((c >> s16) & low)])
                     + np.uint32(texels[base + ((d >> shift) & mask) + ((d >> s16) & low)]))
            out[j] = total >> np.uint32(2)
            a += da
            b += db
            c += dc
            d += dd


@njit(cache=True, nogil=True)
def relight(out: Any, gain: float, bias: float) -> None:
    """Brightness and contrast of one picture, in place."""
    for j in range(out.shape[0]):
        out[j] = np.uint8(min(max(out[j] * gain + bias, 0.0), 255.0))


@njit(cache=True, nogil=True)
def pool(picture: Any, out: Any) -> None:
    """2 x 2 means, rounded half up: (PIXELS,) -> (PIXELS / 4,). The first step of the `light` network."""
    one, two = np.uint64(1), np.uint64(2)  # unsigned, since an index that may be negative costs a test
    width, half = np.uint64(WIDTH), np.uint64(WIDTH // 2)
    for row in range(np.uint64(HEIGHT // 2)):
        above, to = two * row * width, row * half
        for column in range(half):
            j = above + two * column
            total = (np.uint32(picture[j]) + np.uint32(picture[j + one])
                     + np.uint32(picture[j + width]) + np.uint32(picture[j + width + one]))
            out[to + column] = (total + np.uint32(2)) >> np.uint32(2)


@njit(cache=True, nogil=True, parallel=True)
def draw_all(out: Any, cars: Any, pose_xyyaw: Floats, ground: Ground, look: Any, views: Views, view: Any,
             light: Floats, pooled: bool) -> None:
    """Pictures of the cars listed in `cars`, (k,), into the first k rows of out: (k, PIXELS) or (k, PIXELS / 4) uint8.

    pose_xyyaw: (n, 3) of all cars; look, view: (n,); light: (n, 2) gain and bias.
    """
    for i in prange(cars.shape[0]):
        car = cars[i]
        picture = np.empty(PIXELS, np.uint8) if pooled else out[i]
        draw(picture, pose_xyyaw[car, 0], pose_xyyaw[car, 1], pose_xyyaw[car, 2], ground, look[car], views, view[car])
        if light[car, 0] != 1.0 or light[car, 1] != 0.0:
            relight(picture, light[car, 0], light[car, 1])
        if pooled:
            pool(picture, out[i])
