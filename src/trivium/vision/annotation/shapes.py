"""Outlines and run lengths as pixels: polygons, and the two forms of COCO's RLE.

A pixel belongs to a polygon if its middle is inside, by the even-odd rule; the rings of one object are put together.
COCO counts runs down the columns, off first; its compressed form packs the counts, from the third on as differences to
the one before the last, five bits to a character (pycocotools, maskApi.c).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from trivium.errors import BadFile

Bits = np.ndarray[Any, np.dtype[np.bool_]]  # (H, W)
MOST_PIXELS = 120_000_000
DAMAGED = "Export it again from the program that it came from."


def filled(rings: Sequence[Sequence[float]], width: int, height: int) -> Bits:
    """(H, W): the pixels inside any of the rings, each x1, y1, x2, y2, ... in pixels."""
    found = np.zeros((height, width), bool)
    for ring in rings:
        if len(ring) >= 6:
            found |= _ring(np.asarray(ring, np.float64).reshape(-1, 2), width, height)
    return found


def _ring(points: Any, width: int, height: int) -> Bits:
    """The pixels inside one ring: each edge flips all middles to the right of where it crosses their row."""
    flips = np.zeros((height, width + 1), np.int64)
    for (x1, y1), (x2, y2) in zip(points, np.roll(points, -1, 0), strict=True):
        low, high = min(y1, y2), max(y1, y2)
        rows = np.arange(max(0, int(np.ceil(low - 0.5))), min(height, int(np.ceil(high - 0.5))))
        if len(rows):
            x = x1 + (rows + 0.5 - y1) * (x2 - x1) / (y2 - y1)
            np.add.at(flips, (rows, np.clip(np.ceil(x - 0.5), 0, width).astype(np.int64)), 1)
    return np.asarray(flips.cumsum(1)[:, :width] % 2 == 1)


def rle_counts(counts: Any) -> list[int]:
    """The lengths of runs, from either form; BadFile where they are none."""
    if isinstance(counts, str):
        return _unpacked(counts)
    if isinstance(counts, list) and all(isinstance(each, int) and each >= 0 for each in counts):
        return counts
    raise BadFile("A mask's run lengths are no numbers.", DAMAGED)


def from_rle(counts: Sequence[int], width: int, height: int) -> Bits:
    """(H, W) of run lengths."""
    if width * height > MOST_PIXELS or sum(counts) != width * height:
        raise BadFile("A mask's run lengths are not those of its size.", DAMAGED)
    values = np.arange(len(counts)) % 2 == 1
    return np.asarray(np.repeat(values, counts).reshape(width, height).T)


def to_rle(bits: Bits) -> dict[str, Any]:
    """COCO's compressed form: {"size": [height, width], "counts"}."""
    flat = bits.T.ravel()
    ends = np.flatnonzero(np.diff(flat)) + 1
    edges = np.concatenate([[0], ends, [flat.size]]) if flat.size and not flat[0] else np.concatenate(
        [[0, 0], ends, [flat.size]])
    return {"size": [int(bits.shape[0]), int(bits.shape[1])], "counts": _packed(np.diff(edges).tolist())}


def _packed(counts: Sequence[int]) -> str:
    text = []
    for k, count in enumerate(counts):
        value, more = count - (counts[k - 2] if k > 2 else 0), True
        while more:
            bits = value & 0x1F
            value >>= 5
            more = value != (-1 if bits & 0x10 else 0)
            text.append(chr((bits | (0x20 if more else 0)) + 48))
    return "".join(text)


def _unpacked(text: str) -> list[int]:
    counts, at = list[int](), 0
    while at < len(text):
        value, shift, more = 0, 0, True
        while more:
            bits = ord(text[at]) - 48 if at < len(text) else -1
            if not 0 <= bits < 64 or shift > 40:
                raise BadFile("A mask's run lengths are damaged or cut off.", DAMAGED)
            value |= (bits & 0x1F) << shift
            at, shift, more = at + 1, shift + 5, bool(bits & 0x20)
            if not more and bits & 0x10:
                value -= 1 << shift
        value += counts[-2] if len(counts) > 2 else 0
        if value < 0:
            raise BadFile("A mask's run lengths are damaged or cut off.", DAMAGED)
        counts.append(value)
    return counts
