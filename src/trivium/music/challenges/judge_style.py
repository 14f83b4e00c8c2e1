"""A style that the judge compares with: a few kilobytes of counts, made from music by one command.

    pip install "trivium[corpus]" && trivium music data --bach --out bach
    python -m trivium.music.challenges.judge_style bach

What is kept are averages over the train split, and two yardsticks for each part of the score: `near`, how far held-out
pieces of the same style usually are from those averages, and `far`, how far notes are that were thrown by dice.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from trivium.core import files
from trivium.errors import StudioError
from trivium.music.challenges.judge_traits import Floats, Traits, traits
from trivium.music.notes import TICKS_PER_QUARTER, Composition, Note, Part

FOLDER = Path(__file__).parent / "styles"
BACH = "bach"
COMMAND = "trivium music data --bach --out bach && python -m trivium.music.challenges.judge_style bach"
LICENCE = ("Counts made by the Trivium project, Apache-2.0 like Trivium. Counted in works of Bach, public domain, as "
           "the music21 corpus holds them with the permission of its encoders; no note of them is part of this file.")
HISTOGRAMS = ("steps", "lengths", "chords", "voices")
THROWS = 60  # pieces of dice for the far yardstick


@dataclass(frozen=True)
class Style:
    """What a style's pieces are like on average, and the two yardsticks of each part."""

    title: str
    keys: dict[str, Floats]  # mode -> (12,) from the tonic up
    histograms: dict[str, Floats]
    parallels: float  # for 100 moments of movement; told, but not scored, for dice make hardly more of them
    near: dict[str, float]
    far: dict[str, float]


@cache
def style(name: str = BACH) -> Style:
    """The style of that name, as it is in the package."""
    found = files.read_json(FOLDER / f"{name}.json")
    return Style(title=found["title"], keys={mode: np.array(each) for mode, each in found["keys"].items()},
                 histograms={part: np.array(found["histograms"][part]) for part in HISTOGRAMS},
                 parallels=float(found["parallels"]), near=found["near"], far=found["far"])


def distances(found: Traits, of: Style) -> dict[str, float | None]:
    """How far a piece is from the style in each part; None where there is nothing to compare.

    It is the share of a histogram that would have to move for the other (total variation, 0 to 1).
    """
    parts: dict[str, float | None] = {"key": nearest_key(found, of)[0] if found.pitch_classes.any() else None}
    for part in HISTOGRAMS:
        shown: Floats = getattr(found, part)
        parts[part] = apart(shown, of.histograms[part]) if shown.any() else None
    return parts


def apart(first: Floats, second: Floats) -> float:
    """Total variation distance."""
    return float(np.abs(first - second).sum() / 2)


def nearest_key(found: Traits, of: Style) -> tuple[float, int, str]:
    """Distance, tonic and mode of the key as which the piece fits best; so a piece may stand in any key."""
    return min((apart(np.roll(found.pitch_classes, -tonic), profile), tonic, mode)
               for tonic in range(12) for mode, profile in of.keys.items())


def dice(seed: int, notes: int = 64, bars: int = 16) -> Composition:
    """A piece whose every onset, length and pitch is thrown: four parts of so many notes each."""
    rng = np.random.default_rng(seed)
    step = TICKS_PER_QUARTER // 4

    def thrown() -> Note:
        return Note(onset=int(rng.integers(16 * bars)) * step, length=int(rng.integers(1, 17)) * step,
                    pitch=int(rng.integers(36, 85)))

    return Composition(title="Dice", parts=[Part(id=f"part-{k + 1}", notes=[thrown() for _ in range(notes)])
                                            for k in range(4)])


def make_style(learned: Sequence[tuple[Traits, str]], held_out: Sequence[Traits], title: str) -> Style:
    """A style of pieces with the names of their keys, measured on others."""
    keys: dict[str, list[Floats]] = {"major": [], "minor": []}
    for found, key in learned:
        if key:
            tonic, mode = tonic_of(key)
            keys[mode].append(np.roll(found.pitch_classes, -tonic))
    bare = Style(title, {mode: average(rows) for mode, rows in keys.items() if rows},
                 {part: average([getattr(found, part) for found, _ in learned]) for part in HISTOGRAMS},
                 float(np.mean([found.parallels for found, _ in learned if found.parallels is not None])), {}, {})
    thrown = [traits(dice(seed)) for seed in range(THROWS)]
    return replace(bare, near=yardstick(held_out, bare), far=yardstick(thrown, bare))


def yardstick(pieces: Sequence[Traits], of: Style) -> dict[str, float]:
    """The usual distance of pieces in each part."""
    apart_by_piece = [distances(found, of) for found in pieces]
    return {part: usual([each[part] for each in apart_by_piece]) for part in apart_by_piece[0]}


def average(rows: Sequence[Floats]) -> Floats:
    """The mean histogram."""
    return np.asarray(np.mean(np.stack(rows), axis=0))


def usual(found: Sequence[float | None]) -> float:
    """The median of what there is."""
    return float(np.median([each for each in found if each is not None]))


def tonic_of(key: str) -> tuple[int, str]:
    """The pitch class of a key's tonic, and its mode."""
    from trivium.music.dataset.key import fifths_of

    fifths, mode = fifths_of(key)
    return (fifths * 7 + (9 if mode == "minor" else 0)) % 12, mode


def written(made: Style, about: dict[str, Any]) -> str:
    """A style as JSON."""
    def rounded(values: Floats) -> list[float]:
        return [round(float(value), 5) for value in values]

    return json.dumps({
        "title": made.title, **about, "keys": {mode: rounded(each) for mode, each in made.keys.items()},
        "histograms": {part: rounded(each) for part, each in made.histograms.items()},
        "parallels": round(made.parallels, 5), "near": {part: round(each, 5) for part, each in made.near.items()},
        "far": {part: round(each, 5) for part, each in made.far.items()}}, indent=1) + "\n"


def ship(name: str, data: Path, target: Path = FOLDER) -> Path:
    """Count a kept training set of Bach's and write the style into the package."""
    from trivium.music.dataset.piece import composition_of
    from trivium.music.dataset.sources import training_set

    kept = training_set(name, data)
    learned = [(traits(composition_of(piece)), piece.key) for piece in kept.split("train")]
    held_out = [traits(composition_of(piece)) for piece in (*kept.split("valid"), *kept.split("test"))]
    about = {"source": f"{len(learned)} four-part works of Bach in the music21 corpus; {len(held_out)} others for near",
             "data_sha256": kept.sha256, "made_by": COMMAND, "licence": LICENCE}
    target.mkdir(parents=True, exist_ok=True)
    files.atomic_write(target / f"{BACH}.json", written(make_style(learned, held_out, "Bach's chorales"), about))
    return target / f"{BACH}.json"


if __name__ == "__main__":
    from trivium.settings import data_folder

    if len(sys.argv) != 2:
        sys.exit("usage: python -m trivium.music.challenges.judge_style SET")
    try:
        print(ship(sys.argv[1], data_folder()))
    except StudioError as error:
        sys.exit(str(error))
