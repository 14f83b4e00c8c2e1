"""The car's camera: 160 x 120 grey, 15 degrees down, drawn by a compiled scan of a flat ground.

On a flat ground and a level car every picture row sees the ground at one distance, so a row is a straight walk over the
ground picture with a fixed step: two additions, one look-up a sample. A row's distance fixes which resolution of
the ground it reads, how many samples (1, 2 or 4, spread over the row's height) are averaged, the anti-aliasing of the
original, which drew 640 x 480 and scaled down, and whether two neighbouring pixels share them, where a texel is wider
than a pixel. Against 128 samples a pixel the picture is off by 3 grey levels of 255 (root mean square), about what
the grain of the ground makes. Rows and columns: H = 120, W = 160.

The walk is packed into one 64-bit number: row of texels in the upper half, column in the lower, 16 fraction bits each.
A row is drawn in two passes, because compilers turn the first into vector instructions: where its samples lie, then
what lies there.
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
# a row that is longer than this many pixel widths takes 4 taps; one longer than a texel 2
LONG = 10.0
# two pixels share their samples where a texel is this many times as wide as a pixel
SHARED = 1.3


class Views(NamedTuple):
    """How each camera pose sees the ground. Made by `plan_view`; P poses, H rows, T = MAX_TAPS."""

    first: NDArray[np.int64]  # (P,) first row that sees the ground
    level: NDArray[np.int64]  # (P, H) resolution of the ground
    taps: NDArray[np.int64]  # (P, H) 1, 2 or 4
    shared: NDArray[np.bool_]  # (P, H) two neighbouring pixels are drawn alike
    ahead_m: Floats  # (P, H, T) distance of each sample
    across_m: Floats  # (P, H, T) ground width of one pixel there
    aim_rad: Floats  # (P,) left of straight ahead


def empty_views(poses: int) -> Views:
    rows, taps = (poses, HEIGHT), (poses, HEIGHT, MAX_TAPS)
    return Views(np.zeros(poses, np.int64), np.zeros(rows, np.int64), np.ones(rows, np.int64),
                 np.zeros(rows, np.bool_), np.zeros(taps), np.zeros(taps), np.zeros(poses))


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
        length = far - near
        taps = 4 if length > LONG * wide else (2 if length > TEXEL_M else 1)
        footprint = max(wide, length / taps / 3.0)
        level = min(math.floor(math.log2(max(footprint / TEXEL_M, 1.0)) + 0.1), LEVELS - 1)
        views.level[pose, row], views.taps[pose, row] = level, taps
        views.shared[pose, row] = taps == 4 or TEXEL_M * 2.0**level > SHARED * wide
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
def walk(x: float, y: float, cos: float, sin: float, ahead: float, across: float, per_m: float,
         pixels: float) -> tuple[Any, Any]:
    """First texel of a row and the step to the next sample, packed.

    x, y: the camera from the level's corner; pixels: how many each sample is for, 1.0 or 2.0.
    """
    half = (WIDTH - pixels) / 2
    u = (x + ahead * cos - half * across * sin) * per_m
    v = (y + ahead * sin + half * across * cos) * per_m
    du, dv = pixels * across * sin * per_m, -pixels * across * cos * per_m
    start = (np.int64(v * 65536.0) << 32) + np.int64(u * 65536.0)
    step = (np.int64(dv * 65536.0) << 32) + np.int64(du * 65536.0)
    return np.uint64(start), np.uint64(step)


@njit(cache=True, nogil=True)
def find(places: Any, n: int, at: Any, step: Any, stride: Any) -> None:
    """Where the n samples of a walk lie in the flat texels of their level, into places, (>= n,) uint32."""
    stride &= np.uint64(0xFFFFFFFF)  # tells the compiler that 32 bits are enough for the product
    for j in range(n):
        places[j] = (at >> np.uint64(48)) * stride + ((at >> np.uint64(16)) & np.uint64(0xFFFF))
        at += step


@njit(cache=True, nogil=True)
def sample(to: Any, n: int, texels: Any, places: Any, taps: int) -> None:
    """The first n pixels of to, uint8: means over `taps` samples each; places: (MAX_TAPS, >= n)."""
    p, q, r, s = places[0], places[1], places[2], places[3]
    if taps == 1:
        for j in range(n):
            to[j] = texels[p[j]]
    elif taps == 2:
        for j in range(n):
            to[j] = (np.uint32(texels[p[j]]) + np.uint32(texels[q[j]])) >> np.uint32(1)
    else:
        for j in range(n):
            to[j] = (np.uint32(texels[p[j]]) + np.uint32(texels[q[j]])
                     + np.uint32(texels[r[j]]) + np.uint32(texels[s[j]])) >> np.uint32(2)


@njit(cache=True, nogil=True)
def draw(out: Any, x: float, y: float, yaw: float, ground: Ground, look: int, views: Views, pose: int) -> None:
    """One picture into out, (PIXELS,) uint8, for a car whose origin stands at x, y."""
    x = min(max(x, ground.bounds[0]), ground.bounds[2])  # far outside there is nothing to see anyway
    y = min(max(y, ground.bounds[1]), ground.bounds[3])
    cx, cy = x + AHEAD_M * math.cos(yaw), y + AHEAD_M * math.sin(yaw)
    cos, sin = math.cos(yaw + views.aim_rad[pose]), math.sin(yaw + views.aim_rad[pose])
    places, samples = np.empty((MAX_TAPS, WIDTH), np.uint32), np.empty(WIDTH // 2, np.uint8)
    first = views.first[pose]
    out[: first * WIDTH] = SKY
    for row in range(first, HEIGHT):
        level, taps, shared = views.level[pose, row], views.taps[pose, row], views.shared[pose, row]
        texels = ground.texels[ground.base[level] + np.uint64(look * ground.look_size) :]
        px, py, per_m = cx - ground.origin_x[level], cy - ground.origin_y[level], ground.per_m[level]
        n = WIDTH // 2 if shared else WIDTH
        for tap in range(taps):
            start, step = walk(px, py, cos, sin, views.ahead_m[pose, row, tap], views.across_m[pose, row, tap], per_m,
                               WIDTH / n)
            find(places[tap], n, start, step, ground.stride[level])
        line = out[row * WIDTH : (row + 1) * WIDTH]
        if shared:
            sample(samples, n, texels, places, taps)
            for j in range(n):
                line[2 * j] = line[2 * j + 1] = samples[j]
        else:
            sample(line, n, texels, places, taps)


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
