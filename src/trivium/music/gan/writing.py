"""Writing an accompaniment of any length with a network that sees two bars: windows that overlap.

Each window is given what was written in its first bar, writes on, and its last half bar is thrown away: there the
network could not yet see how the melody goes on. So every join is made by the network itself, with music on both sides.

B songs that are written at once, T steps, P pitches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from trivium.music.dataset.forms import BEGINS, GOES_ON
from trivium.music.gan.network import Generator
from trivium.music.gan.roll import BEAT, PITCHES, STEPS, TRACKS, Bools, Floats, Roll, planes

GIVEN = 16  # steps of a window that are written already
AHEAD = 8  # steps at its end that are heard, and written later
LIKING = 0.3  # how much chance has a say in which pitches a passage is made of


@dataclass
class Song:
    """What is on the stand: melodies, their accompaniment, and which steps of it stand, and are to be written."""

    melody: Roll  # (B, T, P)
    tracks: Roll  # (B, T, P, 3); filled while it is written
    bars: Bools  # (B, T)
    is_given: Bools  # (T,): steps whose accompaniment stands
    first: int  # from this step on it is written
    end: int  # up to this one

    @classmethod
    def empty(cls, melody: Roll, bars: Bools) -> Song:
        """Nothing is written yet, and all of it is to be."""
        steps = melody.shape[1]
        tracks = np.zeros((*melody.shape, TRACKS), dtype=np.uint8)
        return cls(melody, tracks, bars, np.zeros(steps, dtype=bool), 0, steps)


@dataclass(frozen=True)
class Hand:
    """How it is written."""

    risk: float = 1.0
    density: float = 1.0
    at_once: Sequence[int] = (PITCHES,) * TRACKS  # notes of each track that may sound at once
    grid: int = 1  # steps: notes begin and end on its multiples alone

    @classmethod
    def of(cls, facts: Mapping[str, Any], risk: float = 1.0, density: float = 1.0) -> Hand:
        """As the music was that a model has learned from."""
        return cls(risk, density, facts["at_once"], int(facts["grid"]))


def write(network: Generator, song: Song, hand: Hand, seed: int) -> Iterator[int]:
    """Write from left to right; yields the step up to which the song stands."""
    rng = np.random.default_rng(seed)
    at = song.first
    while at < song.end:
        start = at - min(GIVEN, at // BEAT * BEAT)
        until = song.end if start + STEPS >= song.end else start + STEPS - AHEAD
        fill(network, song, start, at, until, hand, rng)
        song.is_given[at:until] = True
        at = until
        yield at


def fill(network: Generator, song: Song, start: int, at: int, until: int, hand: Hand, rng: np.random.Generator) -> None:
    """Write the steps at..until of the window that begins at `start`."""
    window = slice(start, start + STEPS)
    size = song.melody[:, window].shape[1]
    melody, tracks = padded(song.melody[:, window]), padded(song.tracks[:, window])
    is_given = np.zeros((len(melody), STEPS), dtype=np.float32)
    is_given[:, :size] = song.is_given[window]
    bars = padded(song.bars[:, window]).astype(np.float32)
    noise = hand.risk * rng.standard_normal(network.noise_shape(len(melody)), dtype=np.float32)
    given = np.where(is_given[:, None, :, None] > 0, planes(tracks), np.float32(0))
    with torch.inference_mode():
        logits = network(*(torch.from_numpy(array) for array in (planes(melody[..., None]), given, is_given, bars,
                                                                 noise))).numpy()
    wanted = slice(at - start, until - start)
    before: Bools = song.tracks[:, max(at - 1, 0)] > 0  # at the first step nothing is written yet
    written = decoded(logits[:, :, wanted], before, hand, rng, at - song.first)
    heard: Bools = melody.any(axis=(1, 2), keepdims=True)[..., None]  # below a silent melody there is silence
    song.tracks[:, at:until] = np.where(heard, written, 0)


def padded(roll: Any) -> Any:
    """(B, t, ...) filled up to a whole window."""
    return np.pad(roll, [(0, 0), (0, STEPS - roll.shape[1])] + [(0, 0)] * (roll.ndim - 2))


def decoded(logits: Floats, before: Bools, hand: Hand, rng: np.random.Generator, first: int = 0) -> Roll:
    """(B, 6, t, P) logits -> (B, t, P, 3) roll. Whatever sounds has begun: at its onset, or where it was silent before.

    before: what sounds in the step before, (B, P, 3); first: the number of the first step, on which the grid lies.
    """
    sounds, strikes = (np.moveaxis(part, 1, -1) for part in (logits[:, :TRACKS], logits[:, TRACKS:]))  # (B, t, P, 3)
    liked = sounds + hand.risk * LIKING * rng.gumbel(size=before[:, None].shape)  # the same pitches for a whole passage
    rank = np.argsort(np.argsort(-liked, axis=2, kind="stable"), axis=2, kind="stable")
    sounding: Bools = rank < counts(sounds, hand)
    kept = rng.random(sounds.shape) < hand.density  # sparser: some notes are not begun at all
    found: Roll = np.zeros(sounds.shape, dtype=np.uint8)
    for step in range(logits.shape[2]):
        is_between = (first + step) % hand.grid > 0
        goes_on = before if is_between else sounding[:, step] & before & (strikes[:, step] <= 0)
        begins = sounding[:, step] & ~goes_on & kept[:, step] & (not is_between)
        found[:, step] = np.where(begins, BEGINS, np.where(goes_on, GOES_ON, 0))
        before = found[:, step] > 0
    return found


def counts(sounds: Floats, hand: Hand) -> Floats:
    """(B, t, 1, 3): how many notes of a track sound in a step: as many as its chances add up to, times the density.

    A threshold on each chance alone would write nothing where one of several notes is sure to sound.
    """
    more = max(hand.density, 1.0)
    expected = (1 / (1 + np.exp(-sounds))).sum(axis=2, keepdims=True)
    return np.asarray(np.minimum(np.round(more * expected), np.ceil(more * np.array(hand.at_once))), dtype=np.float32)
