"""Splits photos into folds: near-copies stay together, and each fold has its share of every class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

Ints = np.ndarray[Any, np.dtype[np.int64]]


def stratified_folds(labels: Sequence[int], groups: Sequence[int], count: int, seed: int) -> Ints:
    """The fold of each photo, 0..count-1.

    Groups are dealt out, larger ones first and otherwise in an order drawn from `seed`, each to the fold that has the
    fewest photos of the group's main class, then the fewest photos.
    """
    members: dict[int, list[int]] = {}
    for k, group in enumerate(groups):
        members.setdefault(group, []).append(k)
    order = list(members)
    np.random.default_rng(seed).shuffle(order)
    order.sort(key=lambda group: -len(members[group]))
    per_class = [Counter[int]() for _ in range(count)]
    sizes = [0] * count
    folds = np.zeros(len(labels), np.int64)
    for group in order:
        classes = Counter(labels[k] for k in members[group])
        main = max(classes, key=lambda c: (classes[c], -c))
        chosen = min(range(count), key=lambda f: (per_class[f][main], sizes[f], f))
        per_class[chosen].update(classes)
        sizes[chosen] += len(members[group])
        folds[members[group]] = chosen
    return folds
