"""Photos that show the same thing: exact copies are found by content, near-copies here.

Two photos are near-copies where the backbone finds them alike (cosine of their features, the mean of all removed, above
0.9) and their hashes agree in three bits of four; or where their hashes agree nearly bit for bit and there are edges to
go by. Each alone errs: features call two cups alike, hashes two things on white paper.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.collect.pictures import Bytes

ALIKE = 0.9  # cosine
FAR_BITS, NEAR_BITS, PLAIN_BITS = 64, 8, 24
ROWS, PAIRS = 512, 20_000  # compared at a time


def hash_bits(hashes: Sequence[str]) -> Bytes:
    """(N, 256) of 0 and 1."""
    return np.unpackbits(np.frombuffer(bytes.fromhex("".join(hashes)), np.uint8).reshape(len(hashes), -1), axis=1)


def near_copies(hashes: Sequence[str], features: Floats | None = None) -> Iterator[tuple[int, int]]:
    """Pairs (i, j), i < j."""
    bits = hash_bits(hashes).astype(np.float32)  # (N, 256)
    ones = bits.sum(1)
    unit = None
    if features is not None:
        centred = features - features.mean(0)
        unit = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
    for at in range(0, len(bits), ROWS):
        rows = slice(at, at + ROWS)
        later = slice(at, None)  # each pair once
        distance = ones[rows, None] + ones[None, later] - 2 * bits[rows] @ bits[later].T  # Hamming
        found = (distance <= NEAR_BITS) & (ones[rows, None] >= PLAIN_BITS)
        if unit is not None:
            found |= alike(distance <= FAR_BITS, unit[rows], unit[later])
        for i, j in np.argwhere(found):
            if i < j:
                yield int(i + at), int(j + at)


def alike(asked: Any, some: Floats, others: Floats) -> Any:
    """Which of the asked pairs have features that point the same way; few are asked, as a rule."""
    i, j = np.nonzero(asked)
    if len(i) > asked.size // 8:
        return asked & (some @ others.T > ALIKE)
    found = np.zeros_like(asked)
    for at in range(0, len(i), PAIRS):
        a, b = i[at:at + PAIRS], j[at:at + PAIRS]
        found[a, b] = np.einsum("ij,ij->i", some[a], others[b]) > ALIKE
    return found


def groups(count: int, pairs: Iterator[tuple[int, int]]) -> list[int]:
    """For each photo the number of its group: what is connected by pairs belongs together."""
    parent = list(range(count))

    def root(k: int) -> int:
        while parent[k] != k:
            parent[k] = parent[parent[k]]
            k = parent[k]
        return k

    for i, j in pairs:
        parent[max(root(i), root(j))] = min(root(i), root(j))
    return [root(k) for k in range(count)]
