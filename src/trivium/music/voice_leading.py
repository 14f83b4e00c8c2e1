"""Faults of voice leading, counted on a grid (T, V) of MIDI pitches, -1 where a voice is silent."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FIFTH, OCTAVE = 7, 0


def parallels(grid: NDArray[Any], *intervals: int) -> int:
    """Steps at which a pair of voices moves in the same direction from such an interval to the same one.

    Compound intervals count as simple ones, unisons as octaves; silent voices (-1) move nowhere.
    """
    upper, lower = np.triu_indices(grid.shape[1], 1)
    high, low = grid[:, upper].astype(np.int64), grid[:, lower].astype(np.int64)  # (T, pairs)
    sings = (high >= 0) & (low >= 0)
    same_way = (high[1:] - high[:-1]) * (low[1:] - low[:-1]) > 0
    apart = (high - low) % 12
    wanted = np.isin(apart[1:], intervals) & (apart[1:] == apart[:-1])
    return int((sings[1:] & sings[:-1] & same_way & wanted).sum())


def crossings(grid: NDArray[Any]) -> int:
    """Steps in which a voice sings above its upper neighbour, counted once for each pair of neighbours."""
    high, low = grid[:, :-1], grid[:, 1:]
    return int(((low > high) & (low >= 0) & (high >= 0)).sum())


def has_parallels(grid: NDArray[Any]) -> bool:
    """Whether there are parallel fifths or octaves."""
    return parallels(grid, FIFTH, OCTAVE) > 0
