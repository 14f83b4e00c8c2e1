"""The `light` network's way forward, compiled: what a drive needs at every step for a handful of pictures.

PyTorch spends about 0.4 ms on ten pictures, nearly all of it on preparing. Here each picture goes through the whole
network in one go, on a core of its own, out of the cache: a convolution copies the patches that its filters see into
the columns of a matrix and multiplies; `models.py` says the same in PyTorch, which the tests compare with. (Learning
needs other things and has kernels of its own: gradient.py.) The sizes are constants, because that makes the loops three
times as fast.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

Floats = NDArray[np.float32]

ROWS, COLUMNS = 60, 80  # of a picture
FILTERS1, KERNEL1, STRIDE1 = 8, 8, 5
ROWS1, COLUMNS1 = (ROWS - KERNEL1) // STRIDE1 + 1, (COLUMNS - KERNEL1) // STRIDE1 + 1  # 11, 15
FILTERS2, KERNEL2, STRIDE2 = 16, 3, 2
ROWS2, COLUMNS2 = (ROWS1 - KERNEL2) // STRIDE2 + 1, (COLUMNS1 - KERNEL2) // STRIDE2 + 1  # 5, 7
FEATURES, HIDDEN = FILTERS2 * ROWS2 * COLUMNS2, 64  # 560, 64
TAPS1, TAPS2 = KERNEL1 * KERNEL1, FILTERS1 * KERNEL2 * KERNEL2  # 64, 72
UNROLLED = 4  # rows of patches added up at once; divides TAPS1 and TAPS2


class LightWeights(NamedTuple):
    """The network's numbers at one moment. A outputs of the policy."""

    filters1: Floats  # (FILTERS1, TAPS1), for pictures of 0..255
    bias1: Floats  # (FILTERS1,)
    filters2: Floats  # (FILTERS2, TAPS2)
    bias2: Floats  # (FILTERS2,)
    hidden: Floats  # (FEATURES, HIDDEN)
    hidden_bias: Floats  # (HIDDEN,)
    heads: Floats  # (HIDDEN, A + 1), the value last
    heads_bias: Floats  # (A + 1,)


@njit(cache=True, nogil=True)
def cut_picture(picture: Any, out: Any) -> None:
    """Patches of one picture, (ROWS * COLUMNS,) uint8, into the columns of out, (TAPS1, ROWS1 * COLUMNS1)."""
    for i in range(KERNEL1):
        for j in range(KERNEL1):
            line = out[i * KERNEL1 + j]
            for r in range(ROWS1):
                begin = (STRIDE1 * r + i) * COLUMNS + j
                for c in range(COLUMNS1):
                    line[r * COLUMNS1 + c] = picture[begin + STRIDE1 * c]


@njit(cache=True, nogil=True)
def cut_maps(maps: Any, out: Any) -> None:
    """Patches of the first layer's maps, (FILTERS1, ROWS1 * COLUMNS1), into out, (TAPS2, ROWS2 * COLUMNS2)."""
    for f in range(FILTERS1):
        one = maps[f]
        for i in range(KERNEL2):
            for j in range(KERNEL2):
                line = out[(f * KERNEL2 + i) * KERNEL2 + j]
                for r in range(ROWS2):
                    begin = (STRIDE2 * r + i) * COLUMNS1 + j
                    for c in range(COLUMNS2):
                        line[r * COLUMNS2 + c] = one[begin + STRIDE2 * c]


@njit(cache=True, nogil=True, fastmath={"contract"})
def filter_patches(patches: Any, filters: Any, bias: Any, out: Any) -> None:
    """relu(filters @ patches + bias): (K, N) patches, (F, K) filters, (F,) bias -> out, (F, N)."""
    for f in range(out.shape[0]):
        out[f, :] = bias[f]
    for k in range(0, patches.shape[0], UNROLLED):
        p, q, r, s = patches[k], patches[k + 1], patches[k + 2], patches[k + 3]
        for f in range(out.shape[0]):
            a, b, c, d = filters[f, k], filters[f, k + 1], filters[f, k + 2], filters[f, k + 3]
            line = out[f]
            for n in range(line.shape[0]):
                line[n] += a * p[n] + b * q[n] + c * r[n] + d * s[n]
    for f in range(out.shape[0]):
        rectify(out[f])


@njit(cache=True, nogil=True)
def rectify(numbers: Any) -> None:
    """ReLU, in place."""
    for n in range(numbers.shape[0]):
        numbers[n] = numbers[n] if numbers[n] > 0 else np.float32(0.0)


@njit(cache=True, nogil=True, fastmath={"contract"})
def mix(inputs: Any, weights: Any, bias: Any, out: Any) -> None:
    """inputs @ weights + bias: (K,), (K, N), (N,) -> out, (N,); inputs that a ReLU made zero cost nothing."""
    out[:] = bias
    for k in range(inputs.shape[0]):
        x = inputs[k]
        if x != 0:
            line = weights[k]
            for n in range(out.shape[0]):
                out[n] += x * line[n]


@njit(cache=True, nogil=True, parallel=True)
def infer_light(pictures: Any, weights: LightWeights, out: Any) -> None:
    """Policy outputs and value of each picture: (B, ROWS * COLUMNS) uint8 -> out, (B, A + 1) float32."""
    for b in prange(pictures.shape[0]):
        patches1 = np.empty((TAPS1, ROWS1 * COLUMNS1), np.float32)
        maps1 = np.empty((FILTERS1, ROWS1 * COLUMNS1), np.float32)
        patches2 = np.empty((TAPS2, ROWS2 * COLUMNS2), np.float32)
        maps2 = np.empty((FILTERS2, ROWS2 * COLUMNS2), np.float32)
        hidden = np.empty(HIDDEN, np.float32)
        cut_picture(pictures[b], patches1)
        filter_patches(patches1, weights.filters1, weights.bias1, maps1)
        cut_maps(maps1, patches2)
        filter_patches(patches2, weights.filters2, weights.bias2, maps2)
        mix(maps2.reshape(FEATURES), weights.hidden, weights.hidden_bias, hidden)
        rectify(hidden)
        mix(hidden, weights.heads, weights.heads_bias, out[b])
