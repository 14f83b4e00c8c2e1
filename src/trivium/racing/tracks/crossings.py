"""Finds where lines cross or touch, so that a track with a broken border is refused with the place named."""

import numpy as np
from numpy.typing import NDArray

from trivium.racing.track import Floats

ON_LINE = 1e-9  # share of a segment's length by which an end may miss and still touch
PARALLEL_RAD = 1e-9
BLOCK = 256  # segments compared at once with all others; bounds memory


def first_crossing(a: Floats, b: Floats, is_loop: bool) -> tuple[int, int, float, float] | None:
    """First place where two polylines meet, or one meets itself: (row of a, row of b, x, y), else None.

    Touching counts as crossing. Neighbouring segments of the same line share a point and are not compared.
    """
    same = a is b
    a, rows_a = without_repeats(a)
    b, rows_b = without_repeats(b)
    segments = len(a) - 1
    p, along = a[:-1], np.diff(a, axis=0)
    q, other = b[:-1], np.diff(b, axis=0)
    for begin in range(0, segments, BLOCK):
        rows = slice(begin, min(begin + BLOCK, segments))
        d, e = along[rows, None, :], other[None, :, :]
        gap = q[None, :, :] - p[rows, None, :]  # (block, S, 2)
        turn = d[..., 0] * e[..., 1] - d[..., 1] * e[..., 0]
        # between parallel segments rounding alone would decide; a line folded onto itself is caught elsewhere
        sizes = np.hypot(d[..., 0], d[..., 1]) * np.hypot(e[..., 0], e[..., 1])
        parallel = np.abs(turn) <= PARALLEL_RAD * sizes
        with np.errstate(divide="ignore", invalid="ignore"):
            t = (gap[..., 0] * e[..., 1] - gap[..., 1] * e[..., 0]) / turn  # along a
            u = (gap[..., 0] * d[..., 1] - gap[..., 1] * d[..., 0]) / turn  # along b
        hit = (t > -ON_LINE) & (t < 1 + ON_LINE) & (u > -ON_LINE) & (u < 1 + ON_LINE) & ~parallel
        if same:
            i = np.arange(segments)[rows, None]
            away = np.abs(i - np.arange(segments)[None, :])
            if is_loop:
                away = np.minimum(away, segments - away)
            hit &= away > 1
        if hit.any():
            row, column = (int(value) for value in np.argwhere(hit)[0])
            x, y = p[begin + row] + t[row, column] * along[begin + row]
            return int(rows_a[begin + row]), int(rows_b[column]), float(x), float(y)
    return None


def without_repeats(line: Floats) -> tuple[Floats, NDArray[np.intp]]:
    """The line without points that repeat the one before, and the row that each kept point came from."""
    rows = np.flatnonzero(np.append(True, np.any(np.diff(line, axis=0) != 0.0, axis=1)))
    return line[rows], rows
