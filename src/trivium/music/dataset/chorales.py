"""Our own four-part pieces in the manner of chorales: rule-based, seeded, in any number, with no data behind them.

Phrases of two bars walk through functional harmony to a cadence. The voicing of every chord is chosen together (Viterbi
over all voicings in range, with a little chance), so that no two voices move in parallel fifths or octaves, voices do
not cross, leading notes rise and sevenths fall. Passing notes are then added where they break no rule. What comes out
is correct and plain: right for tests, lessons and a first run, and no substitute for Bach.

A beat is a quarter note, 4 steps. Voices are S, A, T, B.
"""

from __future__ import annotations

import contextlib
from functools import lru_cache
from itertools import pairwise, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trivium.music.dataset.harmony import Chord, Mode, phrase_chords
from trivium.music.dataset.key import key_name
from trivium.music.dataset.piece import GridPiece, Ints, notes_of_grid
from trivium.music.voice_leading import has_parallels

RANGES = ((60, 81), (55, 74), (48, 69), (40, 62))  # S, A, T, B: lowest and highest MIDI pitch
BEAT = 4  # steps
LEAPS = (7, 7, 7, 12)  # the widest step of each voice, in semitones
FORBIDDEN = 1e6
Voicings = NDArray[np.int64]
Costs = NDArray[np.float64]


def chorale(seed: int, phrases: int | None = None) -> GridPiece:
    """One piece; the same for the same seed."""
    for attempt in range(100):
        with contextlib.suppress(NoWay):
            return composed(np.random.default_rng([seed, attempt]), seed, phrases)
    raise AssertionError("chords that can be sung are drawn far more often than not")


def composed(rng: np.random.Generator, seed: int, phrases: int | None) -> GridPiece:
    """One piece from a stream of chance; NoWay where its chords can't be sung."""
    mode: Mode = "major" if rng.random() < 0.6 else "minor"
    tonic = int(rng.integers(12))
    beats = 3 if rng.random() < 0.2 else 4
    number = phrases if phrases is not None else int(rng.integers(4, 8))
    chords: list[Chord] = []
    ends: list[int] = []  # index of each phrase's last chord
    for k in range(number):
        chords += phrase_chords(rng, mode, beats, is_last=k == number - 1, is_first=k == 0)
        ends.append(len(chords) - 1)
    voices = voiced(rng, chords, tonic)
    pitch, onset = written(rng, voices, chords, ends, tonic, mode)
    fifths = (tonic * 7 + (0 if mode == "major" else -3)) % 12
    return GridPiece(
        notes=notes_of_grid(pitch, onset), title=f"Chorale {seed}", source="Trivium's chorales", metre=f"{beats}/4",
        bpm=float(rng.integers(66, 92)), key=key_name(fifths - 12 if fifths > 6 else fifths, mode), is_four_part=True)


def chorales(count: int, seed: int = 1) -> list[GridPiece]:
    """So many pieces, no two the same."""
    return [chorale(seed * 1_000_003 + k) for k in range(count)]


@lru_cache(maxsize=4096)
def voicings(chord: Chord, tonic: int) -> Voicings:
    """Every way (n, 4) to sing a chord: complete, in range, uncrossed, upper voices within an octave of each other."""
    classes = {(tonic + degree) % 12 for degree in chord.degrees}
    bass_class, doubled = (tonic + chord.bass) % 12, [(tonic + degree) % 12 for degree in chord.not_doubled]
    pools = [[p for p in range(low, high + 1) if p % 12 in classes] for low, high in RANGES[:3]]
    bass = [p for p in range(RANGES[3][0], RANGES[3][1] + 1) if p % 12 == bass_class]
    found = [(s, a, t, b) for b, t, a in product(bass, pools[2], pools[1]) if b <= t <= a and a - t <= 12
             for s in pools[0] if a <= s <= a + 12 and t - b <= 19]
    good = [v for v in found if {p % 12 for p in v} == classes
            and all(sum(p % 12 == each for p in v) <= 1 for each in doubled)]
    return np.array(good, dtype=np.int64).reshape(-1, 4)


@lru_cache(maxsize=8192)
def transition(before: Chord, after: Chord, tonic: int) -> Costs:
    """The cost (n, m) of moving from each voicing of a chord to each of the next; FORBIDDEN where a rule is broken."""
    a, b = voicings(before, tonic)[:, None, :], voicings(after, tonic)[None, :, :]  # (n, 1, 4), (1, m, 4)
    move = b - a  # (n, m, 4)
    size = np.abs(move)
    cost = (size * np.array([1.0, 0.8, 0.8, 0.3])).sum(-1) + 2.0 * (size[..., 0] == 0)
    cost += 3.0 * (size[..., 0] > 4) + 3.0 * (size[..., :3] > 5).sum(-1)
    cost += FORBIDDEN * (size > np.array(LEAPS)).any(-1)
    for upper, lower in ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)):
        same_way = move[..., upper] * move[..., lower] > 0
        was, now = (a[..., upper] - a[..., lower]) % 12, (b[..., upper] - b[..., lower]) % 12
        cost += FORBIDDEN * (same_way & (was == now) & ((now == 0) | (now == 7)))
    for upper, lower in ((0, 1), (1, 2), (2, 3)):  # no voice goes past where its neighbour has just been
        cost += 4.0 * ((b[..., upper] < a[..., lower]) | (b[..., lower] > a[..., upper]))
    for degree, wanted in before.resolves:
        is_it = a % 12 == (tonic + degree) % 12
        if (tonic + degree + wanted) % 12 in {(tonic + d) % 12 for d in after.degrees}:
            cost += 6.0 * (is_it & (move != wanted) & (move != 0)).sum(-1)
    return np.asarray(cost)


def voiced(rng: np.random.Generator, chords: list[Chord], tonic: int) -> Voicings:
    """The voicing of each chord, (chords, 4): the cheapest path, with chance in every step; ends on the tonic above."""
    first = voicings(chords[0], tonic)
    total = np.abs(first - np.array([70, 64, 58, 48])).sum(1) + rng.normal(0, 4, len(first))
    back: list[NDArray[np.int64]] = []
    for before, after in pairwise(chords):
        ways = total[:, None] + transition(before, after, tonic)
        back.append(ways.argmin(axis=0))
        middle = np.abs(voicings(after, tonic) - np.array([70, 64, 58, 49])).sum(1)
        total = ways.min(axis=0) + 0.12 * middle + rng.normal(0, 3.0, ways.shape[1])
    last = voicings(chords[-1], tonic)
    total = total + FORBIDDEN * ((last[:, 0] - tonic) % 12 != 0)
    path = [int(total.argmin())]
    if total[path[0]] >= FORBIDDEN:  # no way through these chords: choose others, from the same stream of chance
        raise NoWay
    for step in reversed(back):
        path.append(int(step[path[-1]]))
    return np.array([voicings(chord, tonic)[k] for chord, k in zip(chords, reversed(path), strict=True)])


class NoWay(Exception):
    """These chords can't be sung without breaking a rule."""


def written(rng: np.random.Generator, voices: Voicings, chords: list[Chord], ends: list[int], tonic: int,
            mode: Mode) -> tuple[Ints, NDArray[np.bool_]]:
    """Pitch and onset grids (T, 4): chords last their beats, passing notes between them, some repeated notes tied."""
    starts = np.cumsum([0, *(chord.beats * BEAT for chord in chords)])
    pitch = np.repeat(voices, np.diff(starts), axis=0)  # (T, 4)
    onset = np.zeros(pitch.shape, dtype=bool)
    onset[starts[:-1]] = True
    for k in range(len(chords) - 1):
        if k in ends or chords[k].beats != 1:
            continue
        for voice in rng.permutation(4).tolist():
            add_passing(rng, pitch, onset, int(starts[k + 1]), voice, scale_of(tonic, mode))
            tie(rng, pitch, onset, int(starts[k + 1]), voice)
    return pitch.astype(np.int32), onset


def scale_of(tonic: int, mode: Mode) -> frozenset[int]:
    """Pitch classes of the scale."""
    degrees = (0, 2, 4, 5, 7, 9, 11) if mode == "major" else (0, 2, 3, 5, 7, 8, 10)
    return frozenset((tonic + degree) % 12 for degree in degrees)


def add_passing(rng: np.random.Generator, pitch: NDArray[Any], onset: NDArray[np.bool_], at: int, voice: int,
                scale: frozenset[int]) -> None:
    """An eighth between two notes a third apart, in half of the places where no rule is broken by it."""
    before, after = int(pitch[at - 1, voice]), int(pitch[at, voice])
    between = [p for p in range(min(before, after) + 1, max(before, after)) if p % 12 in scale]
    if abs(after - before) not in (3, 4) or len(between) != 1 or rng.random() < 0.5:
        return
    kept = pitch[at - 2:at, voice].copy()
    pitch[at - 2:at, voice] = between[0]
    around = pitch[at - 3:at + 1]
    if has_parallels(around) or (np.diff(around, axis=1) > 0).any():
        pitch[at - 2:at, voice] = kept
        return
    onset[at - 2, voice] = True


def tie(rng: np.random.Generator, pitch: NDArray[Any], onset: NDArray[np.bool_], at: int, voice: int) -> None:
    """An inner or lower voice that stays where it is sometimes holds its note instead of striking it again."""
    if voice != 0 and pitch[at - 1, voice] == pitch[at, voice] and rng.random() < 0.4:
        onset[at, voice] = False
