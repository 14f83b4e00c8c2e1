"""Write four-part music with the Transformer: go on from an input, harmonise a soprano, or fill any free cells.

Cells that are kept are told to the network, free ones are drawn. Kept cells that come *after* a free one must not be
forgotten either: several versions (particles) are written side by side, weighted by how well they lead up to what is
kept, and drawn anew in proportion when few carry all the weight (a particle filter; Gordon, Salmond and Smith, 1993).
One version is enough where nothing kept follows, and where nobody will hear what is written.

So that notes can be heard while the rest is still written, versions may be made to agree on what lies a little back
(fixed-lag smoothing); and so that a long piece stays within what the network has seen, it may read only the last steps
anew now and then.

T steps, V = 4 voices, P particles.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from trivium.music.transformer.cache import Decoder
from trivium.music.transformer.network import ChoraleTransformer
from trivium.music.transformer.sampling import Controls, Floats, draw, softmax
from trivium.music.transformer.tokens import HOLD, SILENCE, Bools, Ints, Past, Piece, V, targets_of

AFTER = 16  # steps after the last free one that still have a say
PARTICLES = 16  # where something kept follows
CALM = 0.5  # the temperature of voices that nobody hears: a plain harmony serves the others best
REMEMBERED = 256  # steps that are read anew where a window is full; whole bars of four quarters


@dataclass
class Draft:
    """A piece with holes: what stands where `free` is set is ignored."""

    sounding: Ints  # (T, V) classes 0..46
    onset: Bools  # (T, V)
    free: Bools  # (T, V)
    fresh: Bools | None = None  # (T, V) free cells in which the note before must not go on, for it is kept
    hidden: Bools | None = None  # (T, V) free cells that nobody will hear; they are thought of for the others' sake

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
    def heard_from(self) -> int:
        """The first step in which something is written that will be heard."""
        heard = self.free if self.hidden is None else self.free & ~self.hidden
        return int(heard.any(axis=1).argmax())

    @property
    def has_kept_after_free(self) -> bool:
        """Whether some kept cell comes later than some free one that is heard."""
        order = self.free[self.heard_from:].reshape(-1)
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

    def chosen(self, rng: np.random.Generator, count: int | None = None) -> Ints:
        """Numbers of particles in proportion to their weights (systematic resampling), as many as there are or so many.
        """
        p = softmax(self.log_weight)
        places = (np.arange(count or len(p)) + rng.random()) / (count or len(p))
        numbers = np.minimum(np.searchsorted(np.cumsum(p), places), len(p) - 1)
        self.take(numbers)
        return np.asarray(numbers, dtype=np.int64)

    def take(self, numbers: Ints) -> None:
        """Go on with copies of the particles with these numbers, all of one weight."""
        self.sounding, self.onset = self.sounding[numbers], self.onset[numbers]
        self.log_weight = np.zeros(len(numbers))

    def agree_with(self, one: int, steps: slice) -> Bools:
        """Which particles have the same in these steps as a certain one."""
        same = ((self.sounding[:, steps] == self.sounding[one, steps])
                & (self.onset[:, steps] == self.onset[one, steps]))
        return np.asarray(same.all(axis=(1, 2)))


OnStep = Callable[[int, Ints, Bools], None]  # the step, and its four cells: what sounds, and where a note begins


def compose(network: ChoraleTransformer, draft: Draft, seed: int, controls: Controls, particles: int | None = None,
            on_step: OnStep = lambda _step, _sounding, _onset: None, stopped: Callable[[], bool] = lambda: False,
            lag: int | None = None, window: int | None = None) -> Piece:
    """The draft with its free cells written. `on_step` hears of each step once it is settled.

    Steps are settled at once where there is one version; where there are several, after `lag` steps, or at the end.
    `window`, a multiple of 16, is how many steps may be looked back on; without it, all. Stopped half-way, the piece
    ends where the writing has come to.
    """
    return Writing(network, draft, seed, controls, particles, on_step, lag, window).run(stopped)


class Writing:
    """A draft while it is written."""

    def __init__(self, network: ChoraleTransformer, draft: Draft, seed: int, controls: Controls, particles: int | None,
                 on_step: OnStep, lag: int | None, window: int | None) -> None:
        self.network, self.draft, self.controls, self.on_step = network, draft, controls, on_step
        self.rng = np.random.default_rng(seed)
        self.count = particles or (PARTICLES if draft.has_kept_after_free else 1)
        self.lag, self.window = lag, window or len(draft.free)
        self.step, after_last = draft.span
        self.told, self.begin = self.step, 0  # steps before `told` are settled; the decoder's first step is `begin`
        self.until = min(len(draft.free), after_last + (AFTER if self.count > 1 else 0))
        kept = np.flatnonzero(~draft.free.all(axis=1))
        self.alone = int(kept[-1]) + 1 if len(kept) else 0  # from here on nothing is kept, and one version is enough
        self.heard_from = draft.heard_from
        count = self.count if self.step >= self.heard_from else 1
        self.versions = Versions(np.repeat(draft.sounding[None], count, 0), np.repeat(draft.onset[None], count, 0))
        self.decoder = self.reader(count)

    def reader(self, count: int) -> Decoder:
        """A decoder that has read what stands before this step and may be looked back on; all versions agree there."""
        if self.step >= self.window:
            self.begin = self.step - self.step % 16 - min(REMEMBERED, self.window // 2)
        decoder = Decoder(self.network, count, min(self.window, len(self.draft.free)))
        if self.step > self.begin:
            onset = self.versions.onset[0, self.begin:self.step].copy()
            onset[0] = True  # what sounds when one begins to listen
            decoder.read(Piece.of(self.versions.sounding[0, self.begin:self.step], onset))
        return decoder

    def run(self, stopped: Callable[[], bool]) -> Piece:
        """Write until all is written."""
        while self.step < self.until and not stopped():
            if self.step == self.heard_from or self.step == self.alone:
                self.become(self.count if self.step < self.alone else 1)
            if self.step - self.begin >= self.window:
                self.settle(self.step)
                self.decoder = self.reader(len(self.versions.log_weight))
            write_step(self.decoder, self.versions, self.draft, self.step, self.rng, self.controls)
            self.step += 1
            self.look_back()
        self.settle(self.step)
        whole = len(self.draft.free) if self.step == self.until else self.step
        return Piece.of(self.versions.sounding[0, :whole], self.versions.onset[0, :whole])

    def become(self, count: int) -> None:
        """Go on with so many versions."""
        before = len(self.versions.log_weight)
        if count != before:
            if count < before:
                self.settle(self.step)
            self.decoder.take(self.versions.chosen(self.rng, count))

    def look_back(self) -> None:
        """Settle what can be settled, and draw the versions anew where few carry the weight."""
        if len(self.versions.log_weight) == 1:
            self.settle(self.step)
            return
        if self.lag is not None:
            self.settle(self.step - self.lag)
        if self.versions.are_uneven():
            self.decoder.choose(self.versions.chosen(self.rng))

    def settle(self, end: int) -> None:
        """Make up one's mind about all steps before `end`: versions that have something else there are given up."""
        if end <= self.told:
            return
        versions, steps = self.versions, range(self.told, end)
        weights = softmax(versions.log_weight)
        # drawn: the heaviest would favour what is usual
        one = int(self.rng.choice(len(weights), p=weights)) if len(weights) > 1 else 0
        sounding, onset = versions.sounding[one, :end], versions.onset[one, :end]
        agree = versions.agree_with(one, slice(self.told, end))
        if not agree.all():
            versions.log_weight[~agree] = -np.inf
            self.decoder.choose(versions.chosen(self.rng))
        self.told = end
        for step in steps:
            self.on_step(step, sounding[step], onset[step])


def write_step(decoder: Decoder, versions: Versions, draft: Draft, step: int, rng: np.random.Generator,
               controls: Controls) -> None:
    """The four cells of one step, of every version; kept ones weigh the versions."""
    decoder.begin()
    sounding, onset = versions.sounding[:, step], versions.onset[:, step]  # views, (P, V)
    classes, with_hold = decoder.network.classes, decoder.network.with_hold
    for voice in range(V):
        if draft.free[step, voice]:
            logits = decoder.logits(voice, sounding, onset)
            is_fresh = draft.fresh is not None and bool(draft.fresh[step, voice])
            barred = controls.barred(decoder.past, voice, classes, step, is_fresh)
            is_hidden = draft.hidden is not None and bool(draft.hidden[step, voice])
            drawn = draw((controls.calmed(CALM) if is_hidden else controls).probabilities(logits, barred), rng)
            sounding[:, voice], onset[:, voice] = cells_of(drawn, decoder.past, voice, with_hold)
            continue
        if not with_hold:
            onset[:, voice] = sounding[:, voice] != decoder.past.sounding[:, voice]
        if len(sounding) > 1:
            told = targets_of(sounding[:, voice], onset[:, voice], with_hold)
            logits = decoder.logits(voice, sounding, onset)
            versions.log_weight += np.log(softmax(logits)[np.arange(len(told)), told] + 1e-30)
    decoder.end(sounding.copy(), onset.copy())


def cells_of(drawn: Ints, past: Past, voice: int, with_hold: bool) -> tuple[Ints, Bools]:
    """Classes as sounding pitches and onsets, (P,) each."""
    before = past.sounding[:, voice]
    sounding = np.where(drawn == HOLD, before, drawn)
    struck_anew = drawn < SILENCE if with_hold else np.zeros(drawn.shape, dtype=bool)
    return sounding, struck_anew | (sounding != before)
