"""Divide pieces into train, valid and test: by piece, near-duplicates together, the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

TRAIN, VALID, TEST = SPLITS = ("train", "valid", "test")
SHARES = {TRAIN: 0.8, VALID: 0.1, TEST: 0.1}


def families(count: int, pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """The pieces 0..count-1 in groups that pairs hold together, directly or through others."""
    parent = list(range(count))

    def root(piece: int) -> int:
        while parent[piece] != piece:
            parent[piece] = parent[parent[piece]]
            piece = parent[piece]
        return piece

    for i, j in pairs:
        parent[max(root(i), root(j))] = min(root(i), root(j))
    found: dict[int, list[int]] = {}
    for piece in range(count):
        found.setdefault(root(piece), []).append(piece)
    return list(found.values())


def split(count: int, pairs: Iterable[tuple[int, int]], seed: int) -> list[str]:
    """The split of each piece: 80, 10 and 10 % as nearly as the families allow, and none empty if there are three."""
    groups = families(count, pairs)
    order = np.random.default_rng(seed).permutation(len(groups))
    # large families first, or the last one could spoil the shares; the shuffle decides among equals
    shuffled = sorted((groups[k] for k in order), key=len, reverse=True)
    wanted = wanted_sizes(count, len(groups))
    sizes = dict.fromkeys(SPLITS, 0)
    found = [""] * count
    for number, group in enumerate(shuffled):
        empty = [each for each in SPLITS if wanted[each] and not sizes[each]]
        choice = empty if len(shuffled) - number <= len(empty) else SPLITS  # the last ones fill what would stay empty
        name = max(choice, key=lambda each: (wanted[each] - sizes[each] >= len(group) or each == TRAIN,
                                             (wanted[each] - sizes[each]) / max(wanted[each], 1)))
        sizes[name] += len(group)
        for piece in group:
            found[piece] = name
    return found


def wanted_sizes(count: int, groups: int) -> dict[str, int]:
    """How many pieces each split should have; at least one to check with where there are two, to test where three."""
    valid = max(round(SHARES[VALID] * count), 1 if groups >= 2 else 0)
    test = max(round(SHARES[TEST] * count), 1 if groups >= 3 else 0)
    return {TRAIN: count - valid - test, VALID: valid, TEST: test}
