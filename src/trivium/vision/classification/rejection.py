"""Saying "I don't know": how familiar a photo is, and from where on a model should not name it.

Familiarity is made of two things that are wrong in different ways: how sure the head is (its highest logit, up to what
half of the held-out photos reach, for the strangest things make it surest of all), and how much of the photo's features
lies where those of the photos differ that were learned from: the cosine of the angle to the space of their principal
components. What lies outside is what ViM (Wang et al., arXiv 2203.10807) adds to the logits; measured as an angle it
needs no scale of its own. Both are put on one scale by held-out photos and added, closeness three times. The threshold
is the familiarity that 95 of 100 held-out photos reach. What unknown things reach is measured by leaving out each class
in turn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from trivium.vision.backbone.efficientnet import Floats

TRUE_ACCEPTS = 0.95
AXES = 256  # principal components at most; of half as many photos where they are few, or they would hold everything
WEIGHT = 3.0  # of closeness
HOW = ("Each class in turn left out of the training; its photos are then the unknown things, beside held-out photos of "
       "the other classes.")


@dataclass(frozen=True)
class Span:
    """The space in which the features of the photos lie that were learned from, nearly."""

    mean: Floats  # (F,)
    axes: Floats  # (F, D), principal components, at right angles and of length 1

    def closeness(self, features: Floats) -> Floats:
        """(N,) cosine of the angle to it: 1 within, 0 at a right angle."""
        inside: Floats = np.linalg.norm(unit(features - self.mean) @ self.axes, axis=1)
        return inside


@dataclass(frozen=True)
class Scales:
    """What makes one number of the two: min(sureness, most) / sure + closeness / close."""

    most: float
    sure: float
    close: float

    def combined(self, sureness: Floats, closeness: Floats) -> Floats:
        """(N,)"""
        both = np.minimum(sureness, np.float32(self.most)) / self.sure + closeness / self.close
        found: Floats = both.astype(np.float32)
        return found


@dataclass(frozen=True)
class Familiarity:
    """How familiar a photo is, and the least of it that is accepted."""

    span: Span
    scales: Scales
    threshold: float

    def of(self, features: Floats, logits: Floats) -> Floats:
        """(N,)"""
        return self.scales.combined(logits.max(1), self.span.closeness(features))


def unit(rows: Floats) -> Floats:
    """Each of length 1."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Floats = (rows / np.maximum(lengths, 1e-9)).astype(np.float32)
    return scaled


def span_of(features: Floats) -> Span:
    """The principal components of the features (N, F) of photos."""
    mean = features.mean(0)
    centred, count = features - mean, max(1, min(AXES, len(features) // 2))
    if len(features) > features.shape[1]:
        axes = np.linalg.eigh(centred.T @ centred)[1][:, -count:]  # the same, and as fast for any number of photos
    else:
        axes = np.linalg.svd(centred, full_matrices=False)[2][:count].T
    return Span(mean, axes.astype(np.float16).astype(np.float32))  # as a bundle keeps them


def scales_of(sureness: Floats, closeness: Floats) -> Scales:
    """By what held-out photos reach."""
    most = float(np.median(sureness))
    return Scales(most, max(float(np.minimum(sureness, most).std()), 1e-6), max(float(closeness.std()) / WEIGHT, 1e-6))


def familiarity(span: Span, sureness: Floats, closeness: Floats) -> Familiarity:
    """Scales and threshold by what held-out photos reach."""
    scales = scales_of(sureness, closeness)
    return Familiarity(span, scales, threshold_of(scales.combined(sureness, closeness)))


def threshold_of(known: Floats) -> float:
    """The highest value that 95 of 100 reach."""
    order = np.sort(known)
    return float(order[int(np.floor(round((1.0 - TRUE_ACCEPTS) * len(order), 9)))])


def is_known(card: dict[str, Any], said: Mapping[str, Any]) -> bool | None:
    """Whether a bundle's model knows a picture, by its outputs for that one alone; None where it can't say."""
    rule = card.get("rejection")
    if not isinstance(rule, dict) or rule.get("output") not in said:
        return None
    return bool(float(np.ravel(said[rule["output"]])[0]) >= float(rule["threshold"]))


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
