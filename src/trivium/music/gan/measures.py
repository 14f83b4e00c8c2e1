"""How near a GAN's accompaniments are to the music it learns from: distributions of measures over held-out pieces.

The held-out melodies are accompanied as the technique does it, and each measure's distribution over the pieces is
compared with that of the pieces' own accompaniment. The same comparison of training pieces is the floor.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from trivium.music import metrics
from trivium.music.dataset.distances import distances, values
from trivium.music.dataset.forms import BEGINS
from trivium.music.gan.network import Generator
from trivium.music.gan.roll import BEAT, LOWEST, STEPS, TRACKS, Roll, Sheet, rows_of, widened
from trivium.music.gan.writing import Hand, Song, write

BAR = 16  # steps: whatever the metre, so that measures are alike
LONGEST = 4 * STEPS  # steps of a piece that are measured: 8 bars
MOST = 64  # pieces of each split
STEADY = 1e-3  # a measure that varies less among the pieces tells nothing in standard deviations
EIGHTH = 2  # steps; on a grid of sixteenths every note is longer than the usual 32nd


def excerpts(sheets: Sequence[Sheet]) -> list[Sheet]:
    """The first eight bars of pieces spread evenly over a split; those without a melody are left out."""
    cut = [Sheet(piece.roll[piece.first:][:LONGEST], piece.bars[piece.first:][:LONGEST], 0) for piece in sheets]
    usable = [piece for piece in cut if piece.roll[..., 0].any()]
    return [usable[i] for i in np.linspace(0, len(usable) - 1, min(MOST, len(usable))).astype(int)]


def accompanied(network: Generator, pieces: Sequence[Sheet], hand: Hand, seed: int) -> list[Roll]:
    """The pieces' rolls with an accompaniment by the network in place of their own."""
    melody = np.zeros((len(pieces), LONGEST, *pieces[0].roll.shape[1:2]), dtype=np.uint8)
    bars = np.zeros((len(pieces), LONGEST), dtype=bool)
    for number, piece in enumerate(pieces):
        melody[number, :piece.steps], bars[number, :piece.steps] = piece.roll[..., 0], piece.bars
    song = Song.empty(melody, bars)
    for _ in write(network, song, hand, seed):
        pass
    return [np.concatenate([piece.roll[..., :1], tracks[:piece.steps]], axis=-1)
            for piece, tracks in zip(pieces, song.tracks, strict=True)]


def empty_bars(roll: Roll) -> float:
    """Share of bars in which a track is silent, over the three tracks."""
    return metrics.mean([metrics.empty_rate(roll[..., track] > 0, BAR) for track in range(1, 1 + TRACKS)])


def pitch_classes_per_bar(roll: Roll) -> float:
    """Different pitch classes of the accompaniment in a bar."""
    return metrics.pitch_classes_used(widened(roll[..., 1:].max(axis=-1, keepdims=True))[..., 0] > 0, BAR)


def qualified_notes(roll: Roll) -> float:
    """Share of notes that are at least an eighth long."""
    return metrics.qualified_note_rate(np.concatenate([rows_of(roll[..., track])[:, 1]
                                                       for track in range(1, 1 + TRACKS)]), EIGHTH)


def polyphony(roll: Roll) -> float:
    """Notes of the accompaniment that sound together."""
    together = (roll[..., 1:] > 0).sum(axis=(1, 2))
    return metrics.mean(together[together > 0])


def notes_per_bar(roll: Roll) -> float:
    """Notes of the accompaniment that begin in a bar."""
    return float((roll[..., 1:] == BEGINS).sum() * BAR / len(roll))


def pitches(roll: Roll) -> Any:
    """Of every note, the melody's too."""
    return np.nonzero(roll == BEGINS)[1] + LOWEST


def scale_consistency(roll: Roll) -> float:
    """Largest share of all notes that one major or minor scale holds."""
    return metrics.scale_consistency(pitches(roll))


def pitch_class_entropy(roll: Roll) -> float:
    """Of all notes, in bits."""
    return metrics.pitch_class_entropy(pitches(roll))


def tonal_distance(roll: Roll) -> float:
    """How far the accompaniment's harmony is from the melody, beat by beat."""
    wide = widened(np.stack([roll[..., 0], roll[..., 1:].max(axis=-1)], axis=-1)) > 0
    return metrics.tonal_distance(wide[..., 0], wide[..., 1], BEAT)


MEASURES = {measure.__name__: measure for measure in (
    empty_bars, pitch_classes_per_bar, qualified_notes, polyphony, notes_per_bar, scale_consistency,
    pitch_class_entropy, tonal_distance)}


def compared(made: Sequence[Roll], held_out: Sequence[Roll], train: Sequence[Roll],
             resamples: int = 500) -> list[dict[str, Any]]:
    """One row a measure: distance to the held-out pieces with its interval, and the floor."""
    rows = distances(made, held_out, train, MEASURES, resamples=resamples)
    for row in rows:
        row["spread"] = float(np.std(values(held_out, MEASURES[row["metric"]])))
    return rows


def style_distance(rows: Sequence[dict[str, Any]], key: str = "distance") -> float:
    """The mean over the measures of distance / spread: one number, in standard deviations of the held-out music."""
    known = [row for row in rows if row[key] is not None and row["spread"] > STEADY]
    return metrics.mean([row[key] / row["spread"] for row in known])
