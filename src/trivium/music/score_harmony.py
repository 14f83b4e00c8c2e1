"""How well a harmonisation keeps to the craft: voice-leading faults per 100 steps, and agreement with the composer.

Bach's own rate stands beside every figure: he, too, writes a parallel fifth now and then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from trivium.music.tokens import SILENCE, Ints, V

PAIRS = tuple((upper, lower) for upper in range(V) for lower in range(upper + 1, V))


def parallels(sounding: Ints, interval: int) -> int:
    """Pairs of voices that move in the same direction and keep this interval (modulo the octave), over all steps."""
    count = 0
    for upper, lower in PAIRS:
        high, low = sounding[:, upper], sounding[:, lower]
        sings = (high != SILENCE) & (low != SILENCE)
        moved = np.sign(np.diff(high))
        together = (moved == np.sign(np.diff(low))) & (moved != 0) & sings[1:] & sings[:-1]
        wide = (high - low) % 12 == interval
        count += int((together & wide[1:] & wide[:-1]).sum())
    return count


def crossings(sounding: Ints) -> int:
    """Steps in which a voice sings above its upper neighbour, counted once for each pair of neighbours."""
    high, low = sounding[:, :-1], sounding[:, 1:]
    return int(((low > high) & (low != SILENCE) & (high != SILENCE)).sum())


def faults(pieces: Iterable[Ints]) -> dict[str, float]:
    """Each kind of fault per 100 steps over all pieces."""
    counts, steps = np.zeros(3), 0
    for piece in pieces:
        counts += parallels(piece, 7), parallels(piece, 0), crossings(piece)
        steps += len(piece)
    names = ("parallel_fifths", "parallel_octaves", "voice_crossings")
    return {name: 100.0 * float(count) / steps for name, count in zip(names, counts, strict=True)}


def agreement(made: Sequence[Ints], original: Sequence[Ints]) -> dict[str, float]:
    """Shares of alto, tenor and bass cells with the composer's own pitch, and with his pitch class. Silence agrees with
    silence."""
    ours, his = np.concatenate(list(made))[:, 1:], np.concatenate(list(original))[:, 1:]
    same = ours == his
    sung = (ours != SILENCE) & (his != SILENCE)
    return {"exact_pitch": float(same.mean()), "pitch_class": float((same | (sung & (ours % 12 == his % 12))).mean())}
