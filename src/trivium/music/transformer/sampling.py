"""What the sliders of the Transformer do, each a function of plain arrays: which classes may come, and how boldly.

P particles (pieces being written side by side), V voices, C classes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from trivium.music.transformer.tokens import HOLD, SILENCE, Bools, Ints, Past

Floats = np.ndarray[Any, np.dtype[np.float64]]
Limit = int | Ints | None  # in steps: always the same, one for each step, or none
STEPS_A_QUARTER = 4


@dataclass(frozen=True)
class Controls:
    """How notes are chosen. Names and ranges of the sliders are in `controls.TransformerControls`."""

    sampling: Literal["top-k", "nucleus"] = "nucleus"
    top_k: int = 8
    top_p: float = 0.95
    temperature: float = 1.0  # 0: always the most likely class
    max_rest: Limit = None  # steps
    max_note: Limit = None  # steps
    favour: Floats | None = None  # (C,) nats that each class is held likelier than the network says

    def limits(self, step: int) -> tuple[int | None, int | None]:
        """The longest rest and the longest note that may sound in a step."""
        rest, note = (int(limit[step]) if isinstance(limit, np.ndarray) else limit
                      for limit in (self.max_rest, self.max_note))
        return rest, note

    def calmed(self, temperature: float) -> Controls:
        """The same, no bolder than this."""
        return replace(self, temperature=min(self.temperature, temperature))

    def probabilities(self, logits: Floats, forbidden: Bools) -> Floats:
        """(P, C) logits -> (P, C) what is drawn from."""
        if self.favour is not None:
            logits = logits + self.favour
        heard = np.where(forbidden, -np.inf, logits)
        hopeless = forbidden.all(axis=-1, keepdims=True)  # a wish that leaves nothing is not obeyed
        heard = np.where(hopeless, logits, heard)
        if self.temperature == 0.0:
            return np.asarray(np.eye(logits.shape[-1])[heard.argmax(axis=-1)])
        p = softmax(heard / self.temperature)
        return keep_top_k(p, self.top_k) if self.sampling == "top-k" else keep_nucleus(p, self.top_p)


def softmax(logits: Floats) -> Floats:
    """Along the last axis; the largest is subtracted first, so that nothing overflows."""
    p = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(p / p.sum(axis=-1, keepdims=True))


def keep_top_k(p: Floats, k: int) -> Floats:
    """Only the k most likely classes; 0 keeps all."""
    if not 0 < k < p.shape[-1]:
        return p
    order = np.argsort(-p, axis=-1, kind="stable")
    kept = np.zeros(p.shape, dtype=bool)
    np.put_along_axis(kept, order[..., :k], True, axis=-1)
    p = np.where(kept, p, 0.0)
    return np.asarray(p / p.sum(axis=-1, keepdims=True))


def keep_nucleus(p: Floats, share: float) -> Floats:
    """The fewest classes that hold `share` of the probability (arXiv 1904.09751); the likeliest always stays."""
    order = np.argsort(-p, axis=-1, kind="stable")
    ranked = np.take_along_axis(p, order, axis=-1)
    before = np.cumsum(ranked, axis=-1) - ranked  # what the more likely ones hold
    within = before < share
    within[..., 0] = True
    kept = np.zeros(p.shape, dtype=bool)
    np.put_along_axis(kept, order, within, axis=-1)
    p = np.where(kept, p, 0.0)
    return np.asarray(p / p.sum(axis=-1, keepdims=True))


def draw(p: Floats, rng: np.random.Generator) -> Ints:
    """One class a row, (P, C) -> (P,)."""
    below = np.cumsum(p, axis=-1)
    drawn = (below < rng.random((len(p), 1)) * below[:, -1:]).sum(axis=-1)
    return np.asarray(np.minimum(drawn, p.shape[-1] - 1), dtype=np.int64)


def forbidden(past: Past, voice: int, classes: int, max_rest: int | None, max_note: int | None,
              is_fresh: bool = False) -> Bools:
    """Classes that would make a rest or a note longer than it may be, (P, C). What is fresh goes on from nothing: the
    note before it is not to be lengthened."""
    now, age = past.sounding[..., voice], past.age[..., voice]
    barred = np.zeros((*now.shape, classes), dtype=bool)
    rests, sings = now == SILENCE, now < SILENCE
    if max_rest is not None:
        barred[..., SILENCE] = (rests & (age >= max_rest)) | (max_rest == 0)
    if max_note is not None or is_fresh:
        goes_on = np.full_like(now, HOLD) if classes > HOLD else now
        too_long = sings & (is_fresh | (age >= (max_note or 0)))
        np.put_along_axis(barred, np.where(too_long, goes_on, 0)[..., None],
                          (too_long | barred[..., 0])[..., None], axis=-1)
    if classes > HOLD:
        barred[..., HOLD] |= ~sings  # nothing to hold
    return barred


def steps_of(seconds: float | None = None, bars: float | None = None, bpm: float = 100.0,
             bar_quarters: float = 4.0) -> int:
    """A duration in steps, at least one: seconds at a tempo, or bars."""
    quarters = bars * bar_quarters if bars is not None else (seconds or 0.0) * bpm / 60.0
    return max(1, math.floor(quarters * STEPS_A_QUARTER + 0.5))


def input_part(length: int, wanted: int | None) -> slice:
    """The part of an input of `length` steps that is listened to: its last `wanted` steps; None takes all of it."""
    return slice(0 if wanted is None else max(0, length - wanted), length)
