"""What passages pieces share, whatever key they stand in: windows of steps compared by hashes of their intervals.

Each step is hashed by the intervals of its pitches below the first one, each pair of steps by how the first moves, and
a window by the polynomial of its steps, so all windows of a piece cost one pass (Rabin and Karp 1987). 64 bits: two
different windows in a million meet by chance once in ten million times.

Used for near-duplicates, for the leak check between splits, and for the copy rate of what a model has made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trivium.music.dataset.piece import REST, GridPiece, chords, voice_grid

Keys = NDArray[np.uint64]

LENGTHS = (8, 16, 32, 64)  # steps: half a bar, one, two and four bars of four quarters
TWO_BARS = 32
# share of such windows of held-out pieces that stand in train, in percent, for a split without a leak: the chorales
# of the benchmark, JSB in sixteenths; the table says how alike Bach is to himself
BACH_FLOOR = {8: (27.7, 25.3), 16: (5.8, 3.4), 32: (1.8, 0.25), 64: (1.4, 0.01)}
BASE = 0x9E3779B97F4A7C15  # odd, so it has an inverse modulo 2 to the 64
INVERSE = pow(BASE, -1, 1 << 64)
NEAR = 16  # shared two-bar windows that make two pieces near-duplicates: three bars in common
SHORT_REST = 4  # steps
CROWD = 60  # a window that more pieces than this share tells none of them apart


def grid_of(piece: GridPiece) -> NDArray[Any]:
    """What is compared: four voices where a piece has them, else each step's pitches from high to low."""
    return voice_grid(piece)[0] if piece.is_four_part else bridged(chords(piece))


def bridged(grid: NDArray[Any]) -> NDArray[Any]:
    """Short rests filled with the chord before them: detached playing is the same music."""
    rest = grid[:, 0] == REST
    last = np.maximum.accumulate(np.where(rest, -1, np.arange(len(grid))))
    short = rest & (last >= 0) & (np.arange(len(grid)) - last <= SHORT_REST)
    return np.asarray(np.where(short[:, None], grid[last], grid))


def window_keys(grid: NDArray[Any], steps: int, only_moving: bool = False) -> Keys:
    """The key of every window of `steps` rows of a grid (T, V); equal up to transposition, equal keys.

    Windows with a rest are passed over: in four voices where any of them rests, in chords where all do. With
    `only_moving` also those in which nothing changes.
    """
    if len(grid) < steps:
        return np.zeros(0, dtype=np.uint64)
    shape, pair, changes = step_hashes(grid)
    powers = power_table(len(grid) + 1)
    sums = np.concatenate(([np.uint64(0)], np.cumsum(pair * powers[0][:len(grid)], dtype=np.uint64)))
    at = np.arange(len(grid) - steps + 1)
    keys = (sums[at + steps] - sums[at + 1]) * powers[1][at] + mixed(shape[at])
    good = run_lengths((grid != REST).all(axis=1), steps)
    if only_moving:
        moves = np.concatenate(([0], np.cumsum(changes)))
        good &= moves[at + steps] - moves[at + 1] > 0
    return keys[good]


def step_hashes(grid: NDArray[Any]) -> tuple[Keys, Keys, NDArray[np.bool_]]:
    """Hash of each step's chord, hash of it with the way it was reached, and whether it is another than before."""
    first = grid[:, 0].astype(np.int64)
    shape = np.zeros(len(grid), dtype=np.uint64)
    for column in grid.T:  # what is no note leaves the hash as it is, so chords need not be padded alike
        interval = (first - column + 128).astype(np.uint64)
        shape = np.where(column < 0, shape, mixed(shape * np.uint64(31) + interval + np.uint64(1)))
    motion = np.diff(first, prepend=first[:1])
    pair = mixed(shape ^ mixed((motion + 1024).astype(np.uint64)))
    changes = np.concatenate(([True], (grid[1:] != grid[:-1]).any(axis=1)))
    return shape, pair, changes


def mixed(values: Keys) -> Keys:
    """The finishing steps of splitmix64 (Steele, Lea and Flood 2014)."""
    values = values + np.uint64(BASE)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def power_table(count: int) -> tuple[Keys, Keys]:
    """Powers of BASE and of its inverse."""
    tables = []
    for base in (BASE, INVERSE):
        steps = np.full(count, base, dtype=np.uint64)
        steps[0] = 1
        tables.append(np.cumprod(steps, dtype=np.uint64))
    return tables[0], tables[1]


def run_lengths(sounds: NDArray[np.bool_], steps: int) -> NDArray[np.bool_]:
    """Of each window, whether all its steps sound."""
    total = np.concatenate(([0], np.cumsum(sounds)))
    return np.asarray(total[steps:] - total[:-steps] == steps)


def shares_found(held_out: Sequence[NDArray[Any]], train: Sequence[NDArray[Any]],
                 lengths: Sequence[int] = LENGTHS) -> dict[int, float | None]:
    """Share of the held-out windows of each length that stand somewhere in train; None where there is no window."""
    found: dict[int, float | None] = {}
    for steps in lengths:
        known = joined([window_keys(grid, steps) for grid in train])
        asked = joined([window_keys(grid, steps) for grid in held_out])
        found[steps] = float(np.isin(asked, known).mean()) if len(asked) else None
    return found


def pieces_sharing(asked: Sequence[NDArray[Any]], known: Sequence[NDArray[Any]], steps: int = TWO_BARS) -> list[float]:
    """Of each asked piece, the largest share of its windows that stand in one single known piece."""
    theirs = [np.unique(window_keys(grid, steps)) for grid in known]
    found = []
    for grid in asked:
        keys = window_keys(grid, steps)
        found.append(max((float(np.isin(keys, other).mean()) for other in theirs), default=0.0) if len(keys) else 0.0)
    return found


def joined(keys: list[Keys]) -> Keys:
    """All keys, one list after the other; there may be no list."""
    return np.concatenate([*keys, np.zeros(0, dtype=np.uint64)])


def near_duplicates(grids: Sequence[NDArray[Any]]) -> list[tuple[int, int, int, float]]:
    """Pairs (i, j, shared two-bar windows, share of the smaller one's) of pieces that have much in common.

    Much is NEAR different windows, or half of the smaller piece's where it has few.
    """
    own = [np.unique(window_keys(grid, TWO_BARS, only_moving=True)) for grid in grids]
    keys, owner = joined(own), np.repeat(np.arange(len(own)), [len(each) for each in own])
    order = np.argsort(keys, kind="stable")
    keys, owner = keys[order], owner[order]
    begins = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1]))) if len(keys) else np.zeros(0, dtype=int)
    shared: Counter[tuple[int, int]] = Counter()
    for begin, size in zip(begins, np.diff(np.append(begins, len(keys))), strict=True):
        if 2 <= size <= CROWD:
            shared.update(combinations(owner[begin:begin + size].tolist(), 2))
    pairs = []
    for (i, j), count in sorted(shared.items()):
        smaller = min(len(own[i]), len(own[j]))
        if count >= min(NEAR, -(-smaller // 2)):
            pairs.append((i, j, count, count / smaller))
    return pairs
