"""Tiles of vectors against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from trivium.racing.vectors import WIDTH, add, add_outer, load, store, where_positive


@njit
def product(left, right, out, inner, columns):
    """left (3, inner) @ right (inner, columns) -> out, sixteen columns at once."""
    for q in range(0, columns, 2 * WIDTH):
        sums = load(3, 2, out, q, columns)
        for k in range(inner):
            sums = add_outer(sums, left, k, inner, load(1, 2, right, k * columns + q, 0))
        store(sums, 2, out, q, columns)


@njit
def combine(left, right, total, kept):
    """Two arrays of 24: their sum, and the right one where the left one is above 0."""
    a, b = load(3, 1, left, 0, WIDTH), load(3, 1, right, 0, WIDTH)
    store(add(a, b), 1, total, 0, WIDTH)
    store(where_positive(a, b), 1, kept, 0, WIDTH)


def test_a_tile_gathers_a_matrix_product():
    rng = np.random.default_rng(0)
    left, right, out = (rng.normal(size=shape).astype(np.float32) for shape in ((3, 7), (7, 32), (3, 32)))
    expected = out + left @ right
    product(left, right, out, 7, 32)
    assert out == pytest.approx(expected, abs=1e-5)


def test_tiles_are_added_and_sifted_and_keep_what_is_no_number():
    rng = np.random.default_rng(1)
    left, right, total, kept = rng.normal(size=(4, 24)).astype(np.float32)
    left[3], left[4], left[5] = 0.0, -0.0, np.nan
    combine(left, right, total, kept)
    np.testing.assert_array_equal(total, left + right)
    np.testing.assert_array_equal(kept, np.where(left <= 0.0, np.float32(0.0), right))
    assert kept[5] == right[5]
