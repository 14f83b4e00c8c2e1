"""Finds where lines cross or touch, so that a track with a broken border is refused with the place named."""

import numpy as np

from trivium.racing.track import Floats

BLOCK = 256  # segments compared at once with all others; bounds memory


def first_crossing(a: Floats, b: Floats, is_loop: bool) -> tuple[int, int, float, float] | None:
    """First proper crossing of two polylines, or of one with itself: (segment of a, of b, x, y), else None.

    Neighbouring segments of the same line share a point and are not compared; touching ends do not count.
    """
    same = a is b
    segments = len(a) - 1
    p, along = a[:-1], np.diff(a, axis=0)
    q, other = b[:-1], np.diff(b, axis=0)
    for begin in range(0, segments, BLOCK):
        rows = slice(begin, min(begin + BLOCK, segments))
        d, e = along[rows, None, :], other[None, :, :]
        gap = q[None, :, :] - p[rows, None, :]  # (block, S, 2)
        parallel = d[..., 0] * e[..., 1] - d[..., 1] * e[..., 0]
        with np.errstate(divide="ignore", invalid="ignore"):
            t = (gap[..., 0] * e[..., 1] - gap[..., 1] * e[..., 0]) / parallel  # along a
            u = (gap[..., 0] * d[..., 1] - gap[..., 1] * d[..., 0]) / parallel  # along b
        hit = (t > 1e-9) & (t < 1 - 1e-9) & (u > 1e-9) & (u < 1 - 1e-9)
        if same:
            i = np.arange(segments)[rows, None]
            away = np.abs(i - np.arange(segments)[None, :])
            if is_loop:
                away = np.minimum(away, segments - away)
            hit &= away > 1
        if hit.any():
            row, column = (int(value) for value in np.argwhere(hit)[0])
            x, y = p[begin + row] + t[row, column] * along[begin + row]
            return begin + row, column, float(x), float(y)
    return None
