"""Our own melodies in the manner of folk tunes: rule-based, seeded, in any number, with no data behind them.

Two parts of two phrases each (AABB, or AABA as many songs have it), phrases of four bars. Each bar has a rhythm that
comes back, strong beats sing notes of a simple harmony, notes between go by step or stay. The first phrase of a pair
ends open, the second on the tonic.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trivium.music.dataset.key import key_name
from trivium.music.dataset.piece import GridPiece, in_order

MAJOR = (0, 2, 4, 5, 7, 9, 11)
MODES: dict[str, tuple[int, ...]] = {"major": MAJOR, "minor": (0, 2, 3, 5, 7, 8, 10)}
LOWEST, HIGHEST = 55, 86  # MIDI pitch: a fourth below the lowest tonic, the eleventh of the highest
# bars as note lengths in sixteenths, for each metre
RHYTHMS: dict[str, tuple[tuple[int, ...], ...]] = {
    "4/4": ((4, 4, 4, 4), (4, 4, 8), (8, 4, 4), (6, 2, 4, 4), (4, 2, 2, 4, 4), (2, 2, 2, 2, 4, 4), (4, 4, 4, 2, 2)),
    "3/4": ((4, 4, 4), (8, 4), (6, 2, 4), (4, 2, 2, 4), (2, 2, 4, 4), (4, 4, 2, 2)),
    "2/4": ((4, 4), (2, 2, 4), (4, 2, 2), (2, 2, 2, 2), (3, 1, 4), (3, 1, 2, 2)),
    "6/8": ((4, 2, 4, 2), (2, 2, 2, 4, 2), (4, 2, 2, 2, 2), (2, 2, 2, 2, 2, 2), (6, 4, 2)),
}
LAST: dict[str, tuple[int, ...]] = {"4/4": (8, 8), "3/4": (12,), "2/4": (8,), "6/8": (12,)}
HARMONIES = ((0, 3, 4, 0), (0, 0, 3, 4), (0, 5, 3, 4), (0, 4, 0, 4), (0, 3, 0, 4))  # degree of the chord of each bar
CLOSING = ((0, 3, 4, 0), (3, 0, 4, 0), (0, 4, 4, 0))
LENGTHS = {metre: sum(bars[0]) for metre, bars in RHYTHMS.items()}


@dataclass(frozen=True)
class Phrase:
    """Four bars: (length in steps, degree of the scale counted from the tonic), degrees may be negative."""

    notes: tuple[tuple[int, int], ...]


def melody(seed: int) -> GridPiece:
    """One melody; the same for the same seed."""
    rng = np.random.default_rng([seed, 1])
    metre = ("4/4", "3/4", "2/4", "6/8")[rng.choice(4, p=[0.4, 0.25, 0.15, 0.2])]
    mode = "major" if rng.random() < 0.7 else "minor"
    tonic = int(rng.integers(60, 70))
    rhythms = [RHYTHMS[metre][k] for k in rng.choice(len(RHYTHMS[metre]), size=2, replace=False)]
    first = phrase(rng, metre, rhythms, closes=False)
    second = closed_like(rng, first, metre)
    third = phrase(rng, metre, rhythms[::-1], closes=False, centre=4)
    order = (first, second, third, second) if rng.random() < 0.5 else \
        (first, second, third, closed_like(rng, third, metre))
    rows, at = [], 0
    for part in order:
        for length, degree in part.notes:
            rows.append((at, length, pitch_of(degree, tonic, MODES[mode]), 0, 80))
            at += length
    fifths = (tonic * 7 + (0 if mode == "major" else -3)) % 12
    return GridPiece(notes=in_order(np.array(rows, dtype=np.int32)), title=f"Tune {seed}", source="Trivium's tunes",
                     metre=metre, bpm=float(rng.integers(84, 132)),
                     key=key_name(fifths - 12 if fifths > 6 else fifths, mode))


def melodies(count: int, seed: int = 1) -> list[GridPiece]:
    """So many melodies."""
    return [melody(seed * 1_000_003 + k) for k in range(count)]


def pitch_of(degree: int, tonic: int, scale: tuple[int, ...]) -> int:
    """MIDI pitch of a degree of the scale."""
    octave, step = divmod(degree, 7)
    return tonic + 12 * octave + scale[step]


def phrase(rng: np.random.Generator, metre: str, rhythms: list[tuple[int, ...]], closes: bool,
           centre: int = 2) -> Phrase:
    """Four bars that end on a note of the dominant, or on the tonic."""
    table = CLOSING if closes else HARMONIES
    harmony = table[rng.integers(len(table))]
    degree, found = int(rng.choice((0, 2, 4))), []
    for bar, root in enumerate(harmony):
        lengths = LAST[metre] if bar == 3 else rhythms[bar % 2]
        for number, length in enumerate(lengths):
            is_strong = number == 0 or (bar == 3 and number == len(lengths) - 1)
            degree = chord_note(rng, root, degree) if is_strong else neighbour(rng, degree, centre)
            found.append((length, degree))
    return Phrase(tuple(found))


def closed_like(rng: np.random.Generator, opening: Phrase, metre: str) -> Phrase:
    """The answer: the phrase's first two bars, then home to the tonic by step."""
    kept, at = [], 0
    for length, degree in opening.notes:
        if at + length > 2 * LENGTHS[metre]:
            break
        kept.append((length, degree))
        at += length
    rhythm = RHYTHMS[metre][rng.integers(len(RHYTHMS[metre]))]
    here = kept[-1][1]
    for number, length in enumerate(rhythm):  # towards the second or the seventh degree, from where home is a step
        goal = (1, -1)[int(rng.integers(2))] if number == len(rhythm) - 1 else 1
        here = goal if number == len(rhythm) - 1 else here + int(np.sign(goal - here))
        kept.append((length, here))
    return Phrase((*kept, (LENGTHS[metre], 0)))


def chord_note(rng: np.random.Generator, root: int, near: int) -> int:
    """A note of the chord on that degree, not far from where the melody is."""
    notes = [each for each in range(-3, 11) if (each - root) % 7 in (0, 2, 4)]
    nearest = sorted(notes, key=lambda each: abs(each - near))[:3]
    return int(nearest[rng.choice(len(nearest), p=[0.5, 0.3, 0.2])])


def neighbour(rng: np.random.Generator, degree: int, centre: int) -> int:
    """A step up or down, seldom a third or the same note; the further from the middle, the likelier back."""
    pull = 0.5 + 0.08 * (centre - degree)
    way = 1 if rng.random() < pull else -1
    size = int(rng.choice((0, 1, 2), p=(0.15, 0.65, 0.2)))
    return min(max(degree + way * size, -3), 9)
