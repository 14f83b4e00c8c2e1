"""Chords and how they follow each other, for our own chorales: the functional harmony of a first textbook.

Degrees are semitones above the tonic. Each chord knows its bass, which notes may not be doubled, and where notes that
press on want to go.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

Mode = Literal["major", "minor"]


@dataclass(frozen=True)
class Chord:
    """A chord: pitch classes above the tonic, the bass among them, and its length in beats."""

    name: str
    degrees: frozenset[int]
    bass: int
    not_doubled: tuple[int, ...] = ()
    resolves: tuple[tuple[int, int], ...] = ()  # (degree, semitones it wants to move)
    beats: int = 1


def chord(name: str, degrees: str, bass: int | None = None, resolves: tuple[tuple[int, int], ...] = ()) -> Chord:
    """A chord of these degrees of the scale, the first of them in the bass unless another is named."""
    classes = [int(each) for each in degrees.split()]
    return Chord(name, frozenset(classes), classes[0] if bass is None else bass,
                 tuple(degree for degree, _ in resolves), resolves)


LEADING, SEVENTH = (11, 1), (5, -1)  # the leading note rises; the seventh of V7 falls by a half step in major
CHORDS: dict[Mode, dict[str, Chord]] = {
    "major": {each.name: each for each in (
        chord("I", "0 4 7"), chord("I6", "0 4 7", 4), chord("ii", "2 5 9"), chord("ii6", "2 5 9", 5),
        chord("iii", "4 7 11"), chord("IV", "5 9 0"), chord("IV6", "5 9 0", 9),
        chord("V", "7 11 2", None, (LEADING,)), chord("V6", "7 11 2", 11, (LEADING,)),
        chord("V7", "7 11 2 5", None, (LEADING, SEVENTH)), chord("vi", "9 0 4"),
        chord("vii6", "11 2 5", 2, (LEADING,)))},
    "minor": {each.name: each for each in (
        chord("I", "0 3 7"), chord("I6", "0 3 7", 3), chord("ii6", "2 5 8", 5), chord("III", "3 7 10"),
        chord("IV", "5 8 0"), chord("IV6", "5 8 0", 8), chord("V", "7 11 2", None, (LEADING,)),
        chord("V6", "7 11 2", 11, (LEADING,)), chord("V7", "7 11 2 5", None, (LEADING, (5, -2))),
        chord("VI", "8 0 3"), chord("VII", "10 2 5"), chord("vii6", "11 2 5", 2, (LEADING,)))},
}
# what may follow what, with weights
NEXT: dict[Mode, dict[str, str]] = {
    "major": {"I": "I6 IV IV V V6 vi ii6 iii", "I6": "IV ii6 V I vii6", "ii": "V V V7 V6", "ii6": "V V V7 I6",
              "iii": "vi IV", "IV": "V V I ii ii6 I6", "IV6": "V I6 vii6", "V": "I I vi I6", "V6": "I I V", "V7": "I",
              "vi": "ii IV ii6 V IV6", "vii6": "I I6"},
    "minor": {"I": "I6 IV IV V V6 VI ii6 VII III", "I6": "IV ii6 V I vii6", "ii6": "V V V7", "III": "VI IV VII",
              "IV": "V V I ii6 VII", "IV6": "V I6", "V": "I I VI I6", "V6": "I I", "V7": "I", "VI": "ii6 IV VII V",
              "VII": "III III I", "vii6": "I I6"},
}
HALF, FULL, DECEPTIVE = "half", "full", "deceptive"


def phrase_chords(rng: np.random.Generator, mode: Mode, beats: int, is_last: bool, is_first: bool) -> list[Chord]:
    """Two bars of chords that end in a cadence; the last phrase, and most others, end on the tonic."""
    cadence = FULL if is_last else str(rng.choice([HALF, FULL, FULL, DECEPTIVE]))
    final = min(beats, 4) - (2 if beats == 4 else 1)  # the last chord's length: two beats
    length = 2 * beats - final + 1  # chords, all others a beat each
    vi = "vi" if mode == "major" else "VI"
    dominant = str(rng.choice(["V", "V7"]))
    tail = {HALF: ["V"], FULL: [dominant, "I"], DECEPTIVE: ["V", vi]}[cadence]
    before = {HALF: ("I", "IV", "ii6"), FULL: ("IV", "ii6", "I", "I6"), DECEPTIVE: ("IV", "ii6", "I")}[cadence]
    start = "I" if is_first else str(rng.choice(["I", "I", vi, "V", "IV"]))
    names = walk(rng, mode, start, length - len(tail), before) + tail
    chords = [CHORDS[mode][name] for name in names]
    return [*chords[:-1], replace(chords[-1], beats=final)]


def walk(rng: np.random.Generator, mode: Mode, start: str, length: int, last: tuple[str, ...]) -> list[str]:
    """A path of that length through the table from `start` to one of `last`; drawn anew until it arrives."""
    for _ in range(2000):
        names = [start]
        while len(names) < length:
            names.append(str(rng.choice(NEXT[mode][names[-1]].split())))
        if names[-1] in last:
            return names
    raise AssertionError("the table of chords leads everywhere in a few steps")
