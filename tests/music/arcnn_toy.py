"""Small real music for the AR-CNN's tests: seeded, with a rule that a small network can learn."""

from __future__ import annotations

import numpy as np

from trivium.music.arcnn.data import sheet
from trivium.music.arcnn.grid import Sheet
from trivium.music.dataset.piece import GridPiece
from trivium.music.dataset.sets import TrainingSet, content_hash
from trivium.music.notes import Composition, Note, Part

SIXTEENTH = 120


def chord_piece(seed: int, bars: int = 8) -> Composition:
    """A melody in quarters over a held triad in each bar: what is missing follows from what is there."""
    rng = np.random.default_rng(seed)
    key = 60 + int(rng.integers(0, 5))
    melody, chords = [], []
    for bar in range(bars):
        root = key + int(rng.choice([0, 5, 7]))
        for beat in range(4):
            pitch = root + int(rng.choice([0, 4, 7]))
            melody.append(Note(onset=bar * 1920 + beat * 480, length=480, pitch=pitch + 12))
        chords += [Note(onset=bar * 1920, length=1920, pitch=root + step - 12) for step in (0, 4, 7)]
    return Composition(title=f"Toy {seed}",
                       parts=[Part(id="melody", name="Melody", notes=melody),
                              Part(id="chords", name="Chords", notes=chords)])


def chord_grid(seed: int) -> GridPiece:
    """The same piece as training data; each note of the chord has a voice of its own."""
    rows = [(note.onset // 120, note.length // 120, note.pitch, 0 if part.id == "melody" else 1 + number % 3, 80)
            for part in chord_piece(seed).parts for number, note in enumerate(part.notes)]
    return GridPiece(np.array(sorted(rows), dtype=np.int32), title=f"Toy {seed}")


def chord_sheet(seed: int) -> Sheet:
    """And as the network learns from it."""
    return sheet(chord_grid(seed))


def chord_set(count: int) -> TrainingSet:
    """Many of them, every sixth held out."""
    pieces = [chord_grid(seed) for seed in range(count)]
    splits = ["valid" if number % 6 == 5 else "train" for number in range(count)]
    card = {"sha256": content_hash(pieces, splits), "pieces": [piece.facts() for piece in pieces], "warnings": []}
    return TrainingSet(pieces, splits, card)
