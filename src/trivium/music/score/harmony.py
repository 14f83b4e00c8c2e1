"""How well a harmonisation keeps to the craft: voice-leading faults per 100 steps, and agreement with the composer.

Bach's own rate stands beside every figure: he, too, writes a parallel fifth now and then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from trivium.music.transformer.tokens import SILENCE, Ints, grid_of
from trivium.music.voice_leading import FIFTH, OCTAVE, crossings, parallels


def faults(pieces: Iterable[Ints]) -> dict[str, float]:
    """Each kind of fault per 100 steps over all pieces, (T, 4) classes each."""
    counts, steps = np.zeros(3), 0
    for piece in pieces:
        grid = grid_of(piece)
        counts += parallels(grid, FIFTH), parallels(grid, OCTAVE), crossings(grid)
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
