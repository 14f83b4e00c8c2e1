"""Objective measures of a piece, as the field defines them, each a few lines of numpy.

Empty bars, pitch classes used, qualified notes, drum pattern and tonal distance are MuseGAN's (Dong et al., AAAI 2018);
the others are those of MusPy (Dong et al., ISMIR 2020), with its faults left out: a note that ends on a bar line does
not make the next bar sound. `sounds` is a boolean roll (T, 128); what has no answer, such as the entropy of no notes,
is NaN.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivium.music.bars import bars_of
from trivium.music.grid import HOLD, ONSET, STEPS_PER_QUARTER, roll_of, step_count
from trivium.music.notes import TICKS_PER_QUARTER, Composition

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
MAJOR = (0, 2, 4, 5, 7, 9, 11)
MINOR = (0, 2, 3, 5, 7, 8, 10)  # natural
QUALIFIED_TICKS = TICKS_PER_QUARTER // 8  # a 32nd note: 3 of 96 steps of a bar


def stretches(sounds: Bools, steps: int) -> Bools:
    """A roll (T, ...) as (bars, steps, ...), the last bar filled up with silence."""
    missing = -len(sounds) % steps
    whole = np.pad(sounds, [(0, missing)] + [(0, 0)] * (sounds.ndim - 1))
    return whole.reshape(-1, steps, *sounds.shape[1:])


def empty_rate(sounds: Bools, steps: int) -> float:
    """Share of bars (or beats) of so many steps in which nothing sounds."""
    bars = stretches(sounds, steps)
    return share(~np.asarray(bars.any(axis=(1, 2))))


def pitch_classes_used(sounds: Bools, steps: int) -> float:
    """Different pitch classes in a bar of so many steps, on average."""
    bars = np.asarray(stretches(sounds, steps).any(axis=1))  # (bars, 128)
    return mean(np.stack([bars[:, pitch_class::12].any(axis=1) for pitch_class in range(12)], axis=1).sum(axis=1))


def qualified_note_rate(lengths: ArrayLike, least: int = QUALIFIED_TICKS) -> float:
    """Share of notes that are at least a 32nd note long; shorter ones sound fragmented. Lengths in ticks."""
    return share(np.asarray(lengths) >= least)


def drum_pattern_rate(onsets: ArrayLike, beats: int = 16) -> float:
    """Share of drum onsets (ticks) that lie on an 8- or 16-beat pattern."""
    return share(np.asarray(onsets) % (4 * TICKS_PER_QUARTER // beats) == 0)


def tonal_distance(first: Bools, second: Bools, steps: int) -> float:
    """Mean distance of two tracks' harmony in tonal space (Harte et al. 2006), over the beats in which both sound."""
    points = [tonal_points(chroma(track, steps)) for track in (first, second)]  # each (beats, 6)
    both = ~np.isnan(points[0]).any(axis=1) & ~np.isnan(points[1]).any(axis=1)
    return mean(np.linalg.norm(points[0][both] - points[1][both], axis=1))


def chroma(sounds: Bools, steps: int) -> Floats:
    """How much each pitch class sounds in each stretch of so many steps, (stretches, 12), a row adding up to 1 or 0."""
    heard = stretches(sounds, steps).sum(axis=1)  # (stretches, 128)
    weights = np.stack([heard[:, pitch_class::12].sum(axis=1) for pitch_class in range(12)], axis=1).astype(np.float64)
    total = weights.sum(axis=1, keepdims=True)
    shares: Floats = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)
    return shares


def tonal_points(weights: Floats) -> Floats:
    """Chroma (n, 12) on the circles of fifths, minor and major thirds, (n, 6); NaN where nothing sounds."""
    classes = np.arange(12)
    rows = []
    for radius, angle in ((1.0, 7 * np.pi / 6), (1.0, 3 * np.pi / 2), (0.5, 2 * np.pi / 3)):
        rows += [radius * np.sin(classes * angle), radius * np.cos(classes * angle)]
    points = weights @ np.array(rows).T
    points[weights.sum(axis=1) == 0] = np.nan
    return np.asarray(points)


def polyphony(sounds: Bools) -> float:
    """Pitches that sound together, on average over the steps in which any does."""
    together = sounds.sum(axis=1)
    return mean(together[together > 0])


def polyphony_rate(sounds: Bools, more_than: int = 2) -> float:
    """Share of steps in which more than two pitches sound."""
    return share(sounds.sum(axis=1) > more_than)


def pitch_range(pitches: ArrayLike) -> float:
    """Semitones from the lowest to the highest note."""
    found = np.asarray(pitches)
    return float(np.ptp(found)) if found.size else math.nan


def pitches_used(pitches: ArrayLike) -> float:
    """Different pitches."""
    return float(len(np.unique(np.asarray(pitches))))


def pitch_entropy(pitches: ArrayLike) -> float:
    """Shannon entropy of the notes' pitches, in bits."""
    return entropy(np.unique(np.asarray(pitches), return_counts=True)[1])


def pitch_class_entropy(pitches: ArrayLike) -> float:
    """Shannon entropy of the notes' pitch classes, in bits."""
    return pitch_entropy(np.asarray(pitches, dtype=np.int64) % 12)


def pitch_in_scale_rate(pitches: ArrayLike, root: int, scale: tuple[int, ...] = MAJOR) -> float:
    """Share of notes that belong to a scale; root is its pitch class."""
    return share(np.isin((np.asarray(pitches, dtype=np.int64) - root) % 12, scale))


def scale_consistency(pitches: ArrayLike) -> float:
    """The largest share of notes that any major or natural minor scale holds."""
    return max(pitch_in_scale_rate(pitches, root, scale) for root in range(12) for scale in (MAJOR, MINOR))


def groove_consistency(onsets: Bools, steps: int) -> float:
    """How alike the rhythms of neighbouring bars are: 1 minus the mean share of steps in which they differ.

    `onsets` (T,) is True where any note begins.
    """
    bars = stretches(onsets, steps)
    return 1.0 - mean((bars[1:] != bars[:-1]).mean(axis=1))


def entropy(counts: ArrayLike) -> float:
    """Shannon entropy of a histogram, in bits."""
    found = np.asarray(counts, dtype=np.float64)
    found = found[found > 0] / found.sum() if found.sum() else found[:0]
    return float(-(found * np.log2(found)).sum()) if found.size else math.nan


def share(values: NDArray[np.bool_]) -> float:
    """Share of True, NaN of nothing."""
    return float(values.mean()) if values.size else math.nan


def mean(values: ArrayLike) -> float:
    """The mean, NaN of nothing."""
    found = np.asarray(values, dtype=np.float64)
    return float(found.mean()) if found.size else math.nan


def measures(piece: Composition) -> dict[str, float | None]:
    """Every measure of a piece as JSON can hold it: None where there is nothing to measure."""
    return {name: None if math.isnan(value) else value for name, value in describe(piece).items()}


def describe(piece: Composition) -> dict[str, float]:
    """Every measure of a whole piece by name. Bars are as long as the first; drums count in the drum pattern alone."""
    tuned = [part for part in piece.parts if not part.is_drum]
    notes = [note for part in tuned for note in part.notes]
    beats = [note.onset for part in piece.parts if part.is_drum for note in part.notes]
    pitches = [note.pitch for note in notes]
    roll = roll_of(tuned, step_count(piece))
    sounds, struck = roll[:, :, HOLD], np.asarray(roll[:, :, ONSET].any(axis=1))
    metre = bars_of(piece)[0].metre
    step = TICKS_PER_QUARTER // STEPS_PER_QUARTER
    bar, beat = max(metre.bar_ticks // step, 1), max(metre.beat_ticks // step, 1)
    return {
        "empty_bar_rate": empty_rate(sounds, bar), "empty_beat_rate": empty_rate(sounds, beat),
        "pitch_classes_per_bar": pitch_classes_used(sounds, bar),
        "qualified_note_rate": qualified_note_rate([note.length for note in notes]),
        "drum_pattern_rate": drum_pattern_rate(beats), "polyphony": polyphony(sounds),
        "polyphony_rate": polyphony_rate(sounds), "pitch_range": pitch_range(pitches),
        "pitches_used": pitches_used(pitches), "pitch_entropy": pitch_entropy(pitches),
        "pitch_class_entropy": pitch_class_entropy(pitches), "scale_consistency": scale_consistency(pitches),
        "groove_consistency": groove_consistency(struck, bar)}
