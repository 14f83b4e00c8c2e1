"""The `light` network's way forward and back, compiled: what learning needs, five times as fast as PyTorch.

A picture goes through the convolutions by itself, out of the nearest cache, its sums in registers (see vectors.py); the
dense layers take a block of pictures at once, since their weights are larger than that cache. On the way back each
layer takes the loss's slopes with respect to its outputs, adds up those of its weights, and hands on those of its
inputs. `models.py` says the same in PyTorch, which the tests compare with.

All numbers lie in a few long vectors, and a capital name says where in its vector a matrix begins (fewer arrays to pass
around make compiling three times as quick):
- weights, and their gradient in the same order: FILTERS1 (8, 64), BIAS1 (8,), ... HEADS (A + 1, 64), BIAS (A + 1,);
- turned: the weights again, transposed for the way forward;
- work: what the way forward leaves behind for the way back.
Maps lie with the filters innermost, (place, filter), as one vector holds the filters of a place; only the features have
PyTorch's order, (filter, place). A outputs of the policy and one of the value, filled up to O, a multiple of 16.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from trivium.racing import inference
from trivium.racing.inference import KERNEL1, KERNEL2, ROWS2
from trivium.racing.vectors import WIDTH, add, add_outer, load, store, where_positive


def fixed(number: int) -> Any:
    """NumPy's integer: Numba makes a version of a function for each plain constant that it is called with."""
    return np.int64(number)


ROWS, COLUMNS, FILTERS1, STRIDE1, ROWS1, COLUMNS1, FILTERS2, STRIDE2, COLUMNS2, FEATURES, HIDDEN, TAPS1, TAPS2 = (
    fixed(getattr(inference, name)) for name in (
        "ROWS", "COLUMNS", "FILTERS1", "STRIDE1", "ROWS1", "COLUMNS1", "FILTERS2", "STRIDE2", "COLUMNS2", "FEATURES",
        "HIDDEN", "TAPS1", "TAPS2"))
BLOCK = fixed(32)  # pictures that go through the dense layers together
SIDE, TILE = 4, 2 * WIDTH  # a matrix product makes 4 rows by 16 columns at a time, which fills the registers
PLACES_AT_ONCE = 8  # of a row of the first maps; at least half of it
TAPS_AT_ONCE = 6  # of the second layer's; divides LINE_TAPS2
PLACES1, PLACES2 = ROWS1 * COLUMNS1, ROWS2 * COLUMNS2  # 165, 35
LINE1, MAPS1 = COLUMNS1 * FILTERS1, PLACES1 * FILTERS1  # numbers in a row of the first maps, and in all
LINE_TAPS2 = KERNEL2 * FILTERS1  # taps of the second layer that lie side by side in the first maps
ZERO, BYTE = np.float32(0.0), np.float32(1.0 / 255.0)


def begins(*sizes: int) -> list[Any]:
    """Where matrices of these sizes begin in one vector, and where it ends."""
    return [fixed(sum(sizes[:i])) for i in range(len(sizes) + 1)]


WEIGHTS1, BIAS1, WEIGHTS2, BIAS2, DENSE, DENSE_BIAS, HEADS = begins(
    FILTERS1 * TAPS1, FILTERS1, FILTERS2 * TAPS2, FILTERS2, HIDDEN * FEATURES, HIDDEN)  # taps: (row, column, map)
TURNED1, TURNED2, TURNED_DENSE, TURNED_HEADS = begins(TAPS1 * FILTERS1, TAPS2 * FILTERS2, FEATURES * HIDDEN)
(PICTURE, MAPS2, SLOPES1, SLOPES2, SUMS1, SUMS2, NOTHING,  # of one picture; sums of the filters' slopes; zeros
 ALL_MAPS1, ALL_FEATURES, ALL_HIDDEN, FEATURE_SLOPES, HIDDEN_SLOPES, OUTPUTS) = begins(
    ROWS * COLUMNS, FEATURES, MAPS1, FEATURES, TAPS1 * FILTERS1, TAPS2 * FILTERS2, FEATURES,
    BLOCK * MAPS1, BLOCK * FEATURES, BLOCK * HIDDEN, BLOCK * FEATURES, BLOCK * HIDDEN)


def padded(outputs: int) -> int:
    """O: the outputs filled up to whole tiles."""
    return -(-outputs // TILE) * TILE


@njit(cache=True, nogil=True)
def transpose(source: Any, begin: int, rows: int, columns: int, out: Any, to: int, stride: int) -> None:
    """(rows, columns) -> out, (columns, stride), stride >= rows."""
    for c in range(columns):
        for r in range(rows):
            out[to + c * stride + r] = source[begin + r * columns + c]


@njit(cache=True, nogil=True)
def turn(weights: Any, outputs: int, width: int, turned: Any) -> None:
    """Fill `turned` with the transposed weights of all layers; the heads' have O = width columns, and a bias row."""
    transpose(weights, WEIGHTS1, FILTERS1, TAPS1, turned, TURNED1, FILTERS1)
    transpose(weights, WEIGHTS2, FILTERS2, TAPS2, turned, TURNED2, FILTERS2)
    transpose(weights, DENSE, HIDDEN, FEATURES, turned, TURNED_DENSE, HIDDEN)
    transpose(weights, HEADS, outputs, HIDDEN, turned, TURNED_HEADS, width)
    for a in range(outputs):
        turned[TURNED_HEADS + HIDDEN * width + a] = weights[HEADS + outputs * HIDDEN + a]


@njit(cache=True, nogil=True)
def convolve1(work: Any, weights: Any, turned: Any, maps: int) -> None:
    """First layer, PICTURE -> maps (PLACES1, FILTERS1), half a row of places at once."""
    for r in range(ROWS1):
        for c in range(0, COLUMNS1 - PLACES_AT_ONCE + 1, COLUMNS1 - PLACES_AT_ONCE):  # the place in the middle twice
            sums = load(PLACES_AT_ONCE, 1, weights, BIAS1, 0)
            for i in range(KERNEL1):
                seen = PICTURE + (STRIDE1 * r + i) * COLUMNS + STRIDE1 * c
                for j in range(KERNEL1):
                    tap = load(1, 1, turned, TURNED1 + (i * KERNEL1 + j) * FILTERS1, 0)
                    sums = add_outer(sums, work, seen + j, STRIDE1, tap)
            store(where_positive(sums, sums), 1, work, maps + (r * COLUMNS1 + c) * FILTERS1, FILTERS1)


@njit(cache=True, nogil=True)
def add_filters1(work: Any) -> None:
    """SLOPES1 and PICTURE -> added to SUMS1 (TAPS1, FILTERS1), a row of taps at once."""
    for i in range(KERNEL1):
        sums = load(KERNEL1, 1, work, SUMS1 + i * KERNEL1 * FILTERS1, FILTERS1)
        for r in range(ROWS1):
            for c in range(COLUMNS1):
                place = load(1, 1, work, SLOPES1 + (r * COLUMNS1 + c) * FILTERS1, 0)
                sums = add_outer(sums, work, PICTURE + (STRIDE1 * r + i) * COLUMNS + STRIDE1 * c, 1, place)
        store(sums, 1, work, SUMS1 + i * KERNEL1 * FILTERS1, FILTERS1)


@njit(cache=True, nogil=True)
def convolve2(work: Any, weights: Any, turned: Any, maps: int) -> None:
    """Second layer, maps (PLACES1, FILTERS1) -> MAPS2 (PLACES2, FILTERS2), a column of places at once."""
    for c in range(COLUMNS2):
        sums = load(ROWS2, 2, weights, BIAS2, 0)
        for i in range(KERNEL2):
            seen = maps + i * LINE1 + STRIDE2 * c * FILTERS1
            for t in range(LINE_TAPS2):
                tap = load(1, 2, turned, TURNED2 + (i * LINE_TAPS2 + t) * FILTERS2, 0)
                sums = add_outer(sums, work, seen + t, STRIDE2 * LINE1, tap)
        store(where_positive(sums, sums), 2, work, MAPS2 + c * FILTERS2, COLUMNS2 * FILTERS2)


@njit(cache=True, nogil=True)
def add_filters2(work: Any, maps: int) -> None:
    """SLOPES2 and maps -> added to SUMS2 (TAPS2, FILTERS2), TAPS_AT_ONCE taps at once."""
    for i in range(KERNEL2):
        for t in range(0, LINE_TAPS2, TAPS_AT_ONCE):
            to = SUMS2 + (i * LINE_TAPS2 + t) * FILTERS2
            sums = load(TAPS_AT_ONCE, 2, work, to, FILTERS2)
            for r in range(ROWS2):
                seen = maps + (STRIDE2 * r + i) * LINE1 + t
                for c in range(COLUMNS2):
                    place = load(1, 2, work, SLOPES2 + (r * COLUMNS2 + c) * FILTERS2, 0)
                    sums = add_outer(sums, work, seen + STRIDE2 * c * FILTERS1, 1, place)
            store(sums, 2, work, to, FILTERS2)


@njit(cache=True, nogil=True)
def pass_back2(work: Any, weights: Any) -> None:
    """SLOPES2 -> SLOPES1: each place gives by its filters to the three times three places that it saw."""
    for k in range(SLOPES1, SLOPES1 + MAPS1):
        work[k] = ZERO
    for r in range(ROWS2):
        for c in range(COLUMNS2):
            for i in range(KERNEL2):
                seen = SLOPES1 + (STRIDE2 * r + i) * LINE1 + STRIDE2 * c * FILTERS1
                sums = load(1, KERNEL2, work, seen, 0)
                for f in range(FILTERS2):
                    taps = load(1, KERNEL2, weights, WEIGHTS2 + f * TAPS2 + i * LINE_TAPS2, 0)
                    sums = add_outer(sums, work, SLOPES2 + (r * COLUMNS2 + c) * FILTERS2 + f, 0, taps)
                store(sums, KERNEL2, work, seen, 0)


@njit(cache=True, nogil=True)
def multiply(work: Any, left: int, stride: int, factors: Any, right: int, inner: int, columns: int, n: int,
             biases: Any, bias: int, out: int) -> None:
    """left (n, inner) @ right (inner, columns) + bias (columns,) -> out (n, columns), and up to SIDE - 1 rows more."""
    for q in range(0, columns, TILE):
        for b in range(0, n, SIDE):
            sums = load(SIDE, 2, biases, bias + q, 0)
            for k in range(inner):
                row = load(1, 2, factors, right + k * columns + q, 0)
                sums = add_outer(sums, work, left + b * stride + k, stride, row)
            store(sums, 2, work, out + b * columns + q, columns)


@njit(cache=True, nogil=True)
def add_products(work: Any, left: int, rows: int, right: int, columns: int, n: int, gradient: Any, out: int) -> None:
    """Transposed left (n, rows) @ right (n, columns) -> added to out (rows, columns): the slopes of a matrix."""
    for q in range(0, columns, TILE):
        for p in range(0, rows, SIDE):
            sums = load(SIDE, 2, gradient, out + p * columns + q, columns)
            for b in range(n):
                sums = add_outer(sums, work, left + b * rows + p, 1, load(1, 2, work, right + b * columns + q, 0))
            store(sums, 2, gradient, out + p * columns + q, columns)


@njit(cache=True, nogil=True)
def add_rows(work: Any, begin: int, columns: int, n: int, gradient: Any, out: int) -> None:
    """The sum of n rows -> added to out (columns,), a multiple of WIDTH: the slopes of a bias."""
    for q in range(0, columns, WIDTH):
        sums = load(1, 1, gradient, out + q, 0)
        for b in range(n):
            sums = add(sums, load(1, 1, work, begin + b * columns + q, 0))
        store(sums, 1, gradient, out + q, 0)


@njit(cache=True, nogil=True)
def hold_back(work: Any, outputs: int, slopes: int, n: int) -> None:
    """What a ReLU made zero passes no slope on; n is a multiple of WIDTH. With slopes = outputs, the ReLU itself."""
    for k in range(0, n, WIDTH):
        kept = where_positive(load(1, 1, work, outputs + k, 0), load(1, 1, work, slopes + k, 0))
        store(kept, 1, work, slopes + k, 0)


@njit(cache=True, nogil=True)
def scale(picture: Any, work: Any) -> None:
    """uint8 -> PICTURE, 0..1."""
    for p in range(ROWS * COLUMNS):
        work[PICTURE + p] = np.float32(picture[p]) * BYTE


@njit(cache=True, nogil=True)
def forward(pictures: Any, steps: Any, weights: Any, turned: Any, width: int, work: Any) -> None:
    """The listed steps' pictures, (N, ROWS * COLUMNS) uint8 and (n,), n <= BLOCK -> OUTPUTS (n, O = width)."""
    n = len(steps)
    for b in range(n):
        scale(pictures[steps[b]], work)
        convolve1(work, weights, turned, ALL_MAPS1 + b * MAPS1)
        convolve2(work, weights, turned, ALL_MAPS1 + b * MAPS1)
        transpose(work, MAPS2, PLACES2, FILTERS2, work, ALL_FEATURES + b * FEATURES, PLACES2)
    multiply(work, ALL_FEATURES, FEATURES, turned, TURNED_DENSE, FEATURES, HIDDEN, n, weights, DENSE_BIAS, ALL_HIDDEN)
    hold_back(work, ALL_HIDDEN, ALL_HIDDEN, n * HIDDEN)
    multiply(work, ALL_HIDDEN, HIDDEN, turned, TURNED_HEADS, HIDDEN, width, n, turned, TURNED_HEADS + HIDDEN * width,
             OUTPUTS)


@njit(cache=True, nogil=True)
def backward(pictures: Any, steps: Any, weights: Any, outputs: int, width: int, work: Any, gradient: Any) -> None:
    """From the slopes of OUTPUTS, (n, O) in `work`, to those of all weights, added to the gradient; filters: to SUMS.

    The slopes of outputs that only fill up are 0, so what is added behind the last head changes nothing there.
    """
    n, slopes = len(steps), OUTPUTS + BLOCK * width
    add_products(work, slopes, width, ALL_HIDDEN, HIDDEN, n, gradient, HEADS)
    add_rows(work, slopes, width, n, gradient, HEADS + outputs * HIDDEN)
    multiply(work, slopes, width, weights, HEADS, outputs, HIDDEN, n, work, NOTHING, HIDDEN_SLOPES)
    hold_back(work, ALL_HIDDEN, HIDDEN_SLOPES, n * HIDDEN)
    add_products(work, HIDDEN_SLOPES, HIDDEN, ALL_FEATURES, FEATURES, n, gradient, DENSE)
    add_rows(work, HIDDEN_SLOPES, HIDDEN, n, gradient, DENSE_BIAS)
    multiply(work, HIDDEN_SLOPES, HIDDEN, weights, DENSE, HIDDEN, FEATURES, n, work, NOTHING, FEATURE_SLOPES)
    hold_back(work, ALL_FEATURES, FEATURE_SLOPES, n * FEATURES)
    for b in range(n):
        maps = ALL_MAPS1 + b * MAPS1
        transpose(work, FEATURE_SLOPES + b * FEATURES, FILTERS2, PLACES2, work, SLOPES2, FILTERS2)
        add_filters2(work, maps)
        add_rows(work, SLOPES2, FILTERS2, PLACES2, gradient, BIAS2)
        pass_back2(work, weights)
        hold_back(work, maps, SLOPES1, MAPS1)
        scale(pictures[steps[b]], work)  # again: quicker than keeping them all
        add_filters1(work)
        add_rows(work, SLOPES1, FILTERS1, PLACES1, gradient, BIAS1)


@njit(cache=True, nogil=True)
def end_sums(work: Any, gradient: Any) -> None:
    """The filters' slopes to their place in the gradient."""
    transpose(work, SUMS1, TAPS1, FILTERS1, gradient, WEIGHTS1, TAPS1)
    transpose(work, SUMS2, TAPS2, FILTERS2, gradient, WEIGHTS2, TAPS2)
