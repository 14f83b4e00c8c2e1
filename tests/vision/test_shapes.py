"""Polygons and run lengths beside pycocotools."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from trivium.errors import BadFile
from trivium.vision.annotation.shapes import filled, from_rle, rle_counts, to_rle

H, W = 60, 80


def blobs(seed: int) -> Any:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:H, :W]
    circles = [(x - rng.integers(W)) ** 2 + (y - rng.integers(H)) ** 2 < rng.integers(20, 400) for _ in range(4)]
    return np.logical_or.reduce(circles)


@pytest.mark.parametrize("bits", [*(blobs(seed) for seed in range(6)), np.zeros((H, W), bool), np.ones((H, W), bool),
                                  np.random.default_rng(9).random((H, W)) < 0.5], ids=str)
def test_run_lengths_are_pycocotools(bits: Any) -> None:
    coco = pytest.importorskip("pycocotools.mask")
    theirs = coco.encode(np.asfortranarray(bits.astype(np.uint8)))
    ours = to_rle(bits)
    assert ours["size"] == theirs["size"] and ours["counts"] == theirs["counts"].decode()
    assert np.array_equal(from_rle(rle_counts(theirs["counts"].decode()), W, H), bits)
    runs = [(value, len(list(run))) for value, run in itertools.groupby(bits.T.ravel().tolist())]
    plain = [length for _, length in runs] if not runs[0][0] else [0, *(length for _, length in runs)]
    assert np.array_equal(from_rle(rle_counts(plain), W, H), bits)


@pytest.mark.parametrize("seed", range(5))
def test_polygons_are_pycocotools_but_for_their_rim(seed: int) -> None:
    coco = pytest.importorskip("pycocotools.mask")
    rng = np.random.default_rng(seed)
    turn = np.sort(rng.uniform(0, 2 * np.pi, 9))
    far = rng.uniform(12, 40, 9)
    ring = np.stack([W / 2 + far * np.cos(turn), H / 2 + far * np.sin(turn)], 1).ravel().tolist()
    theirs = from_rle(rle_counts(coco.frPyObjects([ring], H, W)[0]["counts"].decode()), W, H)
    ours = filled([ring], W, H)
    inner = theirs.copy()
    for axis in (0, 1):
        for step in (-1, 1):
            inner &= np.roll(theirs, step, axis)
    rim = theirs & ~inner
    outer = np.logical_or.reduce([np.roll(theirs, step, axis) for axis in (0, 1) for step in (-1, 1)]) & ~theirs
    assert (ours != theirs)[~(rim | outer)].sum() == 0 and ours.sum() == pytest.approx(theirs.sum(), rel=0.04)


def test_polygons_by_hand() -> None:
    square = filled([[2, 1, 6, 1, 6, 4, 2, 4]], 8, 6)
    wanted = np.zeros((6, 8), bool)
    wanted[1:4, 2:6] = True
    assert np.array_equal(square, wanted)
    assert np.array_equal(filled([[2, 1, 6, 1, 6, 4, 2, 4], [0, 0, 1, 0, 1, 1, 0, 1]], 8, 6)[0], [1] + [0] * 7)
    assert filled([[-10, -10, 50, -10, 50, 50, -10, 50]], 8, 6).all() and not filled([[1, 1, 2, 2]], 8, 6).any()
    assert filled([[0, 0, 4, 0, 4, 4, 0, 4, 0, 1, 1, 1, 1, 3, 3, 3, 3, 1, 0, 1]], 4, 4).sum() == 12  # with a hole


@pytest.mark.parametrize("counts", ["~", "o", "o0P", [3, -1], ["1"], None, {}])
def test_damaged_run_lengths_are_refused(counts: Any) -> None:
    with pytest.raises(BadFile):
        from_rle(rle_counts(counts), W, H)
