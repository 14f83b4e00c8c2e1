"""Write four-part music with the Transformer: go on from an input, harmonise a soprano, or fill any free cells.

Cells that are kept are told to the network, free ones are drawn. Kept cells that come *after* a free one must not be
forgotten either: several versions (particles) are written side by side, weighted by how well they lead up to what is
kept, and drawn anew in proportion when few carry all the weight (a particle filter; Gordon, Salmond and Smith, 1993).
One version is enough where nothing kept follows.

T steps, V = 4 voices, P particles.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from trivium.music.tokens import HOLD, SILENCE, Bools, Ints, Past, Piece, V, targets_of
from trivium.music.transformer import ChoraleTransformer
from trivium.music.transformer_cache import Decoder
from trivium.music.transformer_sampling import Controls, Floats, draw, forbidden, softmax

AFTER = 16  # steps after the last free one that still have a say
PARTICLES = 16  # where something kept follows


@dataclass
class Draft:
    """A piece with holes: what stands where `free` is set is ignored."""

    sounding: Ints  # (T, V) classes 0..46
    onset: Bools  # (T, V)
    free: Bools  # (T, V)

    @classmethod
    def continuation(cls, piece: Piece, steps: int) -> Draft:
        """The piece, and so many free steps after it."""
        more = np.full((steps, V), SILENCE)
        return cls(np.concatenate([piece.sounding, more]), np.concatenate([piece.onset, np.zeros((steps, V), bool)]),
                   np.concatenate([np.zeros((len(piece), V), bool), np.ones((steps, V), bool)]))

    @classmethod
    def harmony(cls, piece: Piece, kept: tuple[int, ...] = (0,)) -> Draft:
        """The piece with all voices free but the kept ones; 0 is the soprano."""
        free = np.ones(piece.sounding.shape, dtype=bool)
        free[:, list(kept)] = False
        return cls(piece.sounding.copy(), piece.onset.copy(), free)

    @property
    def span(self) -> tuple[int, int]:
        """The first step with a free cell, and the step after the last one."""
        steps = np.flatnonzero(self.free.any(axis=1))
        return (int(steps[0]), int(steps[-1]) + 1) if len(steps) else (len(self.free), len(self.free))

    @property
    def has_kept_after_free(self) -> bool:
        """Whether some kept cell comes later than some free one."""
        order = self.free.reshape(-1)
        first = int(order.argmax()) if order.any() else len(order)
        return not order[first:].all()


@dataclass
class Versions:
    """The particles: what each has written, and its weight."""

    sounding: Ints  # (P, T, V)
    onset: Bools  # (P, T, V)
    log_weight: Floats = field(init=False)  # (P,)

    def __post_init__(self) -> None:
        self.log_weight = np.zeros(len(self.sounding))

    def are_uneven(self) -> bool:
        """Whether fewer than half of them carry the weight (effective sample size)."""
        p = softmax(self.log_weight)
        return bool(1.0 / np.square(p).sum() < len(p) / 2)

    def chosen(self, rng: np.random.Generator) -> Ints:
        """As many numbers as there are particles, in proportion to their weights (systematic resampling)."""
        p = softmax(self.log_weight)
        places = (np.arange(len(p)) + rng.random()) / len(p)
        numbers = np.minimum(np.searchsorted(np.cumsum(p), places), len(p) - 1)
        self.sounding, self.onset = self.sounding[numbers], self.onset[numbers]
        self.log_weight[:] = 0.0
        return np.asarray(numbers, dtype=np.int64)


def compose(network: ChoraleTransformer, draft: Draft, seed: int, controls: Controls, particles: int | None = None,
            on_step: Callable[[int, Ints, Bools], None] = lambda _step, _sounding, _onset: None,
            stopped: Callable[[], bool] = lambda: False) -> Piece:
    """The draft with its free cells written. `on_step` sees each step of the likeliest version as it is made.

    Stopped half-way, the piece ends where the writing has come to.
    """
    rng = np.random.default_rng(seed)
    count = particles or (PARTICLES if draft.has_kept_after_free else 1)
    first, after_last = draft.span
    until = min(len(draft.free), after_last + (AFTER if count > 1 else 0))
    decoder = Decoder(network, count, len(draft.free))
    if first > 0:
        decoder.read(Piece.of(draft.sounding[:first], draft.onset[:first]))
    versions = Versions(np.repeat(draft.sounding[None], count, 0), np.repeat(draft.onset[None], count, 0))
    step = first
    while step < until and not stopped():
        write_step(decoder, versions, draft, step, rng, controls)
        best = int(versions.log_weight.argmax())
        on_step(step, versions.sounding[best, step], versions.onset[best, step])
        if count > 1 and versions.are_uneven():
            decoder.choose(versions.chosen(rng))
        step += 1
    one = int(rng.choice(count, p=softmax(versions.log_weight)))  # drawn: the heaviest would favour what is usual
    whole = len(draft.free) if step == until else step
    return Piece.of(versions.sounding[one, :whole], versions.onset[one, :whole])


def write_step(decoder: Decoder, versions: Versions, draft: Draft, step: int, rng: np.random.Generator,
               controls: Controls) -> None:
    """The four cells of one step, of every version; kept ones weigh the versions."""
    decoder.begin()
    sounding, onset = versions.sounding[:, step], versions.onset[:, step]  # views, (P, V)
    classes, with_hold = decoder.network.classes, decoder.network.with_hold
    for voice in range(V):
        logits = decoder.logits(voice, sounding, onset)
        if draft.free[step, voice]:
            barred = forbidden(decoder.past, voice, classes, controls.max_rest, controls.max_note)
            drawn = draw(controls.probabilities(logits, barred), rng)
            sounding[:, voice], onset[:, voice] = cells_of(drawn, decoder.past, voice, with_hold)
        else:
            if not with_hold:
                onset[:, voice] = sounding[:, voice] != decoder.past.sounding[:, voice]
            told = targets_of(sounding[:, voice], onset[:, voice], with_hold)
            versions.log_weight += np.log(softmax(logits)[np.arange(len(told)), told] + 1e-30)
    decoder.end(sounding.copy(), onset.copy())


def cells_of(drawn: Ints, past: Past, voice: int, with_hold: bool) -> tuple[Ints, Bools]:
    """Classes as sounding pitches and onsets, (P,) each."""
    before = past.sounding[:, voice]
    sounding = np.where(drawn == HOLD, before, drawn)
    struck_anew = drawn < SILENCE if with_hold else np.zeros(drawn.shape, dtype=bool)
    return sounding, struck_anew | (sounding != before)
