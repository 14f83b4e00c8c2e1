"""Saying "I don't know": how familiar a photo is, and from where on a model should not name it.

Familiarity is made of two things that are wrong in different ways: how sure the head is (its highest logit), and how
near the photo is to the nearest of those that it has learned from (cosine of their features, the mean removed; Sun et
al., arXiv 2204.06507). Both are put on one scale by held-out photos, and added. The threshold is the familiarity that
95 of 100 held-out photos reach. What unknown things reach is measured by leaving out each class in turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from trivium.vision.backbone import Floats

TRUE_ACCEPTS = 0.95
ROWS = 4096  # photos that a bundle remembers at most
HOW = ("Each class in turn left out of the training; its photos are then the unknown things, beside held-out photos of "
       "the other classes.")


@dataclass(frozen=True)
class Memory:
    """The features of photos that were learned from."""

    mean: Floats  # (F,)
    rows: Floats  # (M, F), the mean removed, of length 1

    def closeness(self, features: Floats) -> Floats:
        """(N,) cosine with the nearest."""
        nearest: Floats = (unit(features - self.mean) @ self.rows.T).max(1)
        return nearest


@dataclass(frozen=True)
class Familiarity:
    """sureness / sure_scale + closeness / close_scale, and the least of it that is accepted."""

    memory: Memory
    sure_scale: float
    close_scale: float
    threshold: float

    def of(self, features: Floats, logits: Floats) -> Floats:
        """(N,)"""
        return combined(logits.max(1), self.memory.closeness(features), self.sure_scale, self.close_scale)


def unit(rows: Floats) -> Floats:
    """Each of length 1."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Floats = (rows / np.maximum(lengths, 1e-9)).astype(np.float32)
    return scaled


def remembered(features: Floats, seed: int) -> Memory:
    """All of these photos, or as many as a bundle holds, drawn from `seed`."""
    mean = features.mean(0)
    rows = unit(features - mean)
    if len(rows) > ROWS:
        rows = rows[np.sort(np.random.default_rng(seed).permutation(len(rows))[:ROWS])]
    return Memory(mean, rows.astype(np.float16).astype(np.float32))  # as a bundle keeps them


def combined(sureness: Floats, closeness: Floats, sure_scale: float, close_scale: float) -> Floats:
    return (sureness / np.float32(sure_scale) + closeness / np.float32(close_scale)).astype(np.float32)


def familiarity(memory: Memory, sureness: Floats, closeness: Floats) -> Familiarity:
    """Scales and threshold by what held-out photos reach."""
    sure, close = (max(float(each.std()), 1e-6) for each in (sureness, closeness))
    return Familiarity(memory, sure, close, threshold_of(combined(sureness, closeness, sure, close)))


def threshold_of(known: Floats) -> float:
    """The highest value that 95 of 100 reach."""
    order = np.sort(known)
    return float(order[int(np.floor(round((1.0 - TRUE_ACCEPTS) * len(order), 9)))])


def auroc(known: Floats, unknown: Floats) -> float:
    """How often a known thing is more familiar than an unknown one (Mann and Whitney; equal ones count half)."""
    ordered = np.sort(unknown)
    below, upto = (np.searchsorted(ordered, known, side) for side in ("left", "right"))
    return float((below + upto).mean() / (2 * len(unknown)))


def separation(known: Floats, unknown: Floats) -> dict[str, Any]:
    """What a threshold at 95 % true accepts lets through."""
    least = threshold_of(known)
    return {"auroc": round(auroc(known, unknown), 6), "known": len(known), "unknown": len(unknown),
            "true_accepts": round(float((known >= least).mean()), 6),
            "false_accepts": round(float((unknown >= least).mean()), 6)}
