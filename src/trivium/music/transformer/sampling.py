"""What the sliders of the Transformer do, each a function of plain arrays: which classes may come, and how boldly.

P particles (pieces being written side by side), V voices, C classes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numba import njit

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
    max_pause: int | None = None  # steps in which all four voices rest; None: no limit
    favour: Floats | None = None  # (C,) nats that each class is held likelier than the network says

    def limits(self, step: int) -> tuple[int | None, int | None]:
        """The longest rest and the longest note that may sound in a step."""
        rest, note = (int(limit[step]) if isinstance(limit, np.ndarray) else limit
                      for limit in (self.max_rest, self.max_note))
        return rest, note

    def barred(self, past: Past, voice: int, classes: int, step: int, is_fresh: bool = False) -> Bools:
        """The classes that must not come in this cell, (P, C)."""
        barred = forbidden(past, voice, classes, *self.limits(step), is_fresh)
        if self.max_pause is not None:
            barred[..., SILENCE] |= ((past.sounding == SILENCE) & (past.age >= self.max_pause)).all(axis=-1)
        return barred

    def calmed(self, temperature: float) -> Controls:
        """The same, no bolder than this."""
        return replace(self, temperature=min(self.temperature, temperature))

    def probabilities(self, logits: Floats, forbidden: Bools) -> Floats:
        """(P, C) logits -> (P, C) what is drawn from."""
        if self.favour is not None:
            logits = logits + self.favour
        is_top_k = self.sampling == "top-k"
        return np.asarray(sampling_distribution(logits, forbidden, self.temperature, is_top_k, self.top_k, self.top_p))


def softmax(logits: Floats) -> Floats:
    """Along the last axis; the largest is subtracted first, so that nothing overflows."""
    p = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(p / p.sum(axis=-1, keepdims=True))


@njit(cache=True)
def sampling_distribution(logits: Floats, forbidden: Bools, temperature: float, is_top_k: bool, top_k: int,
                          top_p: float) -> Floats:
    """What classes are drawn from, (P, C): compiled, because some thirty small array operations a cell took longer
    than the network."""
    p = np.zeros(logits.shape)
    for row in range(len(p)):
        obeyed = not forbidden[row].all()  # a wish that leaves nothing is not obeyed
        heard = logits[row].copy()
        for c in range(len(heard)):
            if obeyed and forbidden[row, c]:
                heard[c] = -np.inf
        if temperature == 0.0:
            p[row, heard.argmax()] = 1.0
            continue
        for c in range(len(heard)):
            p[row, c] = np.exp((heard[c] - heard.max()) / temperature)
        p[row] /= p[row].sum()
    if temperature == 0.0:
        return p
    return keep_top_k(p, top_k) if is_top_k else keep_nucleus(p, top_p)


@njit(cache=True)
def keep_top_k(p: Floats, k: int) -> Floats:
    """Only the k most likely classes of each row of (P, C); 0 keeps all."""
    return keep_likeliest(p, k, np.inf) if k > 0 else p.copy()


@njit(cache=True)
def keep_nucleus(p: Floats, share: float) -> Floats:
    """The fewest classes that hold `share` of a row's probability (arXiv 1904.09751); the likeliest always stays."""
    return keep_likeliest(p, p.shape[1], share)


@njit(cache=True)
def keep_likeliest(p: Floats, count: int, share: float) -> Floats:
    """The likeliest classes of each row, at least one, until there are `count` or they hold `share`; of equals, the
    first one. They are few, so looking for each in turn is quicker than sorting all."""
    made = np.zeros(p.shape)
    for row in range(len(p)):
        found, held = 0, 0.0
        while found == 0 or (found < count and held < share):
            best, highest = -1, 0.0
            for c in range(p.shape[1]):
                if p[row, c] > highest and made[row, c] == 0.0:
                    best, highest = c, p[row, c]
            if best < 0:
                break
            made[row, best] = highest
            found, held = found + 1, held + highest
        made[row] /= held
    return made


def draw(p: Floats, rng: np.random.Generator) -> Ints:
    """One class a row, (P, C) -> (P,)."""
    return np.asarray(inverse_cdf(p, rng.random(len(p))))


@njit(cache=True)
def inverse_cdf(p: Floats, chances: Floats) -> Ints:
    """The class at which the sum of a row's probabilities passes a chance from 0 to 1, (P, C) and (P,) -> (P,)."""
    made = np.empty(len(p), np.int64)
    for row in range(len(p)):
        below, place, wanted = p[row, 0], 0, chances[row] * p[row].sum()
        while below < wanted and place < p.shape[1] - 1:
            place += 1
            below += p[row, place]
        made[row] = place
    return made


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
