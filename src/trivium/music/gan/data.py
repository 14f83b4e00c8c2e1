"""What a GAN learns from: a training set, taken along into a run as it is, and read back as rolls.

Clips are cut at every beat. A clip without melody or without accompaniment teaches nothing and is left out.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trivium.core import files
from trivium.core.run import Run
from trivium.core.runfolder import Content
from trivium.errors import BadFile
from trivium.music.dataset.forms import BEGINS
from trivium.music.dataset.piece import GridPiece, Ints
from trivium.music.dataset.sets import ARRAYS, CARD, TrainingSet, packed, unpacked
from trivium.music.dataset.sources import Say, training_set
from trivium.music.gan.config import GanConfig
from trivium.music.gan.roll import BEAT, LOWEST, PITCHES, STEPS, TRACKS, Floats, Sheet, planes, sheet

FEW_CLIPS = 500  # of two bars, without overlap
CHOIR = ({"name": "Alto", "program": 48}, {"name": "Tenor", "program": 48}, {"name": "Bass", "program": 42})
BAND = ({"name": "Strings", "program": 48}, {"name": "Guitar", "program": 24}, {"name": "Bass", "program": 32})
KEPT = ("sha256", "sources", "counts", "licence", "accompaniment")  # of the set's card
ON_GRID = 0.95  # of the notes begin on a grid where it is the music's own
USUAL = 0.99  # of the sounding steps of a track have no more notes at once than may be written


@dataclass(frozen=True)
class Sheets:
    """What a training works with: pieces of two splits, none of them in both, the same as rolls, and the set's card."""

    train: list[Sheet]
    valid: list[Sheet]
    card: dict[str, Any]
    originals: tuple[list[GridPiece], list[GridPiece]]

    def facts(self) -> dict[str, Any]:
        """What a model's card says of its music: tracks, notes that sound at once, and the range of its melodies."""
        four = sum(piece.is_four_part for piece in self.originals[0]) * 2 > len(self.originals[0])
        return {"tracks": self.card.get("accompaniment") or list(CHOIR if four else BAND),
                "at_once": [most_at_once(self.train, track) for track in range(1, 1 + TRACKS)],
                "grid": grid_of(self.train), "melody_range": melody_range(self.train)}


@dataclass(frozen=True)
class Batch:
    """Clips as the networks see them; nothing of the accompaniment is given where is_given is 0."""

    melody: Floats  # (B, 2, T, P)
    accompaniment: Floats  # (B, 6, T, P)
    bars: Floats  # (B, T)
    is_given: Floats  # (B, T)

    @property
    def given(self) -> Floats:
        """(B, 6, T, P): the accompaniment where it is given, 0 elsewhere."""
        return np.where(self.is_given[:, None, :, None] > 0, self.accompaniment, np.float32(0))


def training_inputs(source: str | Path, data_dir: Path, seed: int,
                    say: Say = lambda _text: None) -> tuple[dict[str, Content], list[str]]:
    """What a run takes along to learn from `source`, and what its owner should know of it."""
    made = training_set(source, data_dir, seed, say)
    found = inputs_of(made)
    return found, [*about_clips(made), *made.warnings]


def inputs_of(made: TrainingSet) -> dict[str, Content]:
    """What a run takes along to learn from this set; BadFile if there is nothing to accompany in it."""
    for split, purpose in (("train", "learn from"), ("valid", "be tested on")):
        if not clips_in([sheet(piece) for piece in made.split(split)]):
            raise BadFile(f"This training set has no two bars with a melody and an accompaniment to {purpose}.",
                          "Add pieces of several parts: the highest is the melody, up to three others accompany it.")
    return {ARRAYS: packed(made), CARD: json.dumps(made.card, ensure_ascii=False)}


def about_clips(made: TrainingSet) -> list[str]:
    """Few clips are learned by heart."""
    count = clips_in([sheet(piece) for piece in made.split("train")])
    if count >= FEW_CLIPS:
        return []
    return [f"{count} clips of two bars to learn from: the critic will know them by heart, and the generator will play "
            f"them back. From {FEW_CLIPS} on it begins to make something of its own."]


def clips_in(sheets: Sequence[Sheet]) -> int:
    """Two-bar clips without overlap in which both melody and accompaniment sound."""
    return sum(has_both(piece, start) for piece in sheets for start in range(piece.first, piece.steps, STEPS))


def sheets_of_run(run: Run) -> Sheets:
    """The music that was copied into a run when it was made."""
    found = unpacked(files.read_file(run.input(ARRAYS)), files.read_json(run.input(CARD)))
    train, valid = found.split("train"), found.split("valid")
    return Sheets([sheet(piece) for piece in train], [sheet(piece) for piece in valid],
                  {name: found.card[name] for name in KEPT if name in found.card}, (train, valid))


def most_at_once(sheets: Sequence[Sheet], track: int) -> int:
    """How many notes of a track sound together in all but a few of the steps in which it sounds."""
    together = np.concatenate([(piece.roll[..., track] > 0).sum(axis=1) for piece in sheets])
    return int(np.quantile(together[together > 0], USUAL, method="lower")) if together.any() else 1


def grid_of(sheets: Sequence[Sheet]) -> int:
    """The coarsest grid, in steps of a sixteenth, on which nearly all notes of the accompaniment begin."""
    onsets = [np.nonzero(piece.roll[..., 1:] == BEGINS)[0] - piece.first for piece in sheets]
    return max((grid for grid in (1, 2, 4) if np.mean(np.concatenate(onsets) % grid == 0) >= ON_GRID), default=1)


def melody_range(sheets: Sequence[Sheet]) -> list[int]:
    """The lowest and highest MIDI pitch of the melodies."""
    sounding = np.flatnonzero(np.any([piece.roll[..., 0].any(axis=0) for piece in sheets], axis=0)) + LOWEST
    return [int(sounding[0]), int(sounding[-1])]


def has_both(piece: Sheet, start: int) -> bool:
    """Whether melody and accompaniment sound in the clip that begins there."""
    part = piece.roll[start:start + STEPS]
    return bool(part[..., 0].any() and part[..., 1:].any())


class Clips:
    """Every clip of some pieces, drawn in batches that follow from their seed alone."""

    def __init__(self, sheets: Sequence[Sheet]) -> None:
        self.sheets = sheets
        places = [(number, start) for number, piece in enumerate(sheets)
                  for start in range(piece.first % BEAT, max(piece.steps - STEPS // 2, 1), BEAT)
                  if has_both(piece, start)]
        self.places: Ints = np.array(places, dtype=np.int32).reshape(-1, 2)

    def batch(self, config: GanConfig, rng: np.random.Generator) -> Batch:
        """Clips drawn at random, some with their beginning given."""
        rolls = np.zeros((config.batch_clips, STEPS, PITCHES, 1 + TRACKS), dtype=np.uint8)
        bars = np.zeros((config.batch_clips, STEPS), dtype=np.float32)
        is_given = np.zeros((config.batch_clips, STEPS), dtype=np.float32)
        for clip, pick in enumerate(rng.integers(0, len(self.places), config.batch_clips)):
            number, start = self.places[pick]
            part = self.sheets[number].roll[start:start + STEPS]
            rolls[clip, :len(part)] = part
            bars[clip, :len(part)] = self.sheets[number].bars[start:start + STEPS]
            if rng.random() < config.given_percent / 100:
                is_given[clip, :BEAT * int(rng.integers(1, STEPS // BEAT))] = 1
        return Batch(planes(rolls[..., :1]), planes(rolls[..., 1:]), bars, is_given)

