"""The key of a piece: its name, and an estimate where the file does not state one.

The estimate correlates how long each pitch class sounds with the key profiles of Krumhansl and Kessler (1982), as
Krumhansl (Cognitive Foundations of Musical Pitch, 1990) describes; a chromatic or modal piece may fool it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
BY_FIFTHS = ("C flat", "G flat", "D flat", "A flat", "E flat", "B flat", "F", "C", "G", "D", "A", "E", "B", "F sharp",
             "C sharp", "G sharp", "D sharp", "A sharp")  # the major keys from -7 on; minor ones begin three later


def key_name(fifths: int, mode: str) -> str:
    """Such as "D major" for two sharps."""
    return f"{BY_FIFTHS[fifths + 7 + (3 if mode == 'minor' else 0)]} {mode}"


def fifths_of(name: str) -> tuple[int, str]:
    """The way back."""
    tonic, _, mode = name.rpartition(" ")
    return BY_FIFTHS.index(tonic) - 7 - (3 if mode == "minor" else 0), mode


def estimated_key(pitches: NDArray[np.int32], lengths: NDArray[np.int32]) -> str:
    """The best of the 24 keys for notes of these pitches (N,), each so long (N,); "" where nothing sounds."""
    heard: Any = np.bincount(pitches % 12, weights=lengths, minlength=12)
    if heard.max(initial=0) == heard.min(initial=0):
        return ""
    fits = [(float(np.corrcoef(np.roll(profile, tonic), heard)[0, 1]), tonic, mode)
            for tonic in range(12) for mode, profile in (("major", MAJOR), ("minor", MINOR))]
    _, tonic, mode = max(fits)
    place = (tonic * 7 + (0 if mode == "major" else -3)) % 12  # sharps of the signature
    return key_name(place - 12 if place > 6 else place, mode)
