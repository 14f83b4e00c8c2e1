"""The Transformer's arithmetic for one step, compiled: PyTorch takes longer to begin such operations than to do them.

The same numbers as `network.py` (tested). All arrays are float32. P particles, D width, H heads, L places.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]
EPSILON = np.float32(1e-5)  # of layer norm


@njit(cache=True, fastmath=True)
def linear(x: Array, weight: Array) -> Array:
    """(P, I) by weight (O, I) -> (P, O). Each row of weights is read once for all particles."""
    made = np.empty((x.shape[0], weight.shape[0]), dtype=np.float32)
    for o in range(weight.shape[0]):
        row = weight[o]
        for p in range(x.shape[0]):
            total, given = np.float32(0.0), x[p]
            for i in range(row.shape[0]):
                total += row[i] * given[i]
            made[p, o] = total
    return made


@njit(cache=True, fastmath=True)
def norm_into(x: Array, made: Array) -> None:
    """Layer norm of one row."""
    mean, square = np.float32(0.0), np.float32(0.0)
    for i in range(x.shape[0]):
        mean += x[i]
    mean /= np.float32(x.shape[0])
    for i in range(x.shape[0]):
        square += (x[i] - mean) * (x[i] - mean)
    scale = np.float32(1.0) / np.sqrt(square / np.float32(x.shape[0]) + EPSILON)
    for i in range(x.shape[0]):
        made[i] = (x[i] - mean) * scale


@njit(cache=True, fastmath=True)
def norm(x: Array) -> Array:
    """Layer norm of each row, (P, D)."""
    made = np.empty_like(x)
    for p in range(x.shape[0]):
        norm_into(x[p], made[p])
    return made


@njit(cache=True, fastmath=True)
def rotate(x: Array, cosines: Array, sines: Array, scale: float) -> None:
    """Normalise one head's numbers, turn them by the angles of a place, and scale them; in place."""
    norm_into(x, x)
    half = x.shape[0] // 2
    for i in range(half):
        one, two = x[i], x[half + i]
        x[i] = (one * cosines[i] - two * sines[i]) * np.float32(scale)
        x[half + i] = (one * sines[i] + two * cosines[i]) * np.float32(scale)


@njit(cache=True, fastmath=True)
def remember(x: Array, key_value: Array, keys: Array, values: Array, place: int, cosines: Array, sines: Array) -> None:
    """Put the keys and values of x, (P, D), at a place of (P, H, L, D / H)."""
    made = linear(x, key_value)
    heads, head = keys.shape[1], keys.shape[3]
    for p in range(x.shape[0]):
        for h in range(heads):
            keys[p, h, place] = made[p, h * head:(h + 1) * head]
            rotate(keys[p, h, place], cosines, sines, 1.0)
            values[p, h, place] = made[p, (heads + h) * head:(heads + h + 1) * head]


@njit(cache=True, fastmath=True)
def attend(x: Array, query: Array, out: Array, sharpness: Array, keys: Array, values: Array, filled: int,
           cosines: Array, sines: Array) -> Array:
    """What x, (P, D), finds among the first `filled` places."""
    asked = linear(norm(x), query)
    heads, head = keys.shape[1], keys.shape[3]
    seen = np.zeros_like(asked)
    scores = np.empty(filled, dtype=np.float32)
    for p in range(x.shape[0]):
        for h in range(heads):
            mine, found = asked[p, h * head:(h + 1) * head], seen[p, h * head:(h + 1) * head]
            rotate(mine, cosines, sines, sharpness[h] / math.sqrt(head))
            highest = np.float32(-1e30)
            for t in range(filled):
                total, key = np.float32(0.0), keys[p, h, t]
                for i in range(head):
                    total += mine[i] * key[i]
                scores[t] = total
                highest = max(highest, total)
            weights = np.float32(0.0)
            for t in range(filled):
                weight, value = np.exp(scores[t] - highest), values[p, h, t]
                weights += weight
                for i in range(head):
                    found[i] += weight * value[i]
            for i in range(head):
                found[i] /= weights
    return linear(seen, out)


@njit(cache=True, fastmath=True)
def mlp(x: Array, up: Array, down: Array) -> Array:
    """The two layers with a bend between them, (P, D) -> (P, D)."""
    inner = linear(norm(x), up)
    for p in range(inner.shape[0]):
        for i in range(inner.shape[1]):
            inner[p, i] *= np.float32(0.5) * (np.float32(1.0) + np.float32(math.erf(inner[p, i] / math.sqrt(2.0))))
    return linear(inner, down)


@njit(cache=True, fastmath=True)
def summed(table: Array, rows: Array) -> Array:
    """Sums of table rows, (P, F) -> (P, D)."""
    made = np.zeros((rows.shape[0], table.shape[1]), dtype=np.float32)
    for p in range(rows.shape[0]):
        for f in range(rows.shape[1]):
            made[p] += table[rows[p, f]]
    return made


@njit(cache=True, fastmath=True)
def answer(x: Array, by_name: Array, bias: Array, by_distance: Array, distance_bias: Array, reference: Array,
           leap: int, pitches: int) -> Array:
    """Logits, (P, C): by name, and by distance from `reference`, (P,)."""
    given = norm(x)
    made, far = linear(given, by_name), linear(given, by_distance)
    for p in range(x.shape[0]):
        for c in range(made.shape[1]):
            made[p, c] += bias[c]
            if c < pitches:
                place = min(max(c - reference[p], -leap), leap) + leap
                made[p, c] += far[p, place] + distance_bias[place]
    return made
