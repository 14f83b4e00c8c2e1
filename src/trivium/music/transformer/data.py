"""Find the music that a Transformer is to learn from: a training set, a folder, or the benchmark file.

Of a training set the pieces in four parts are taken; where it has none, its tunes of one voice, as sopranos whose
companions are silent. A piece that leaves the pitches 36..81 is moved if it then fits. An upbeat is moved to the end of
its bar, so that the number of a step tells its place in the bar. The benchmark is split as published and does not say
where notes begin, so HOLD is no class there.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from trivium.core.files import read_file
from trivium.core.runfolder import Content
from trivium.errors import BadFile
from trivium.music.data import inputs_of
from trivium.music.dataset.forms import voice_grids
from trivium.music.dataset.piece import GridPiece
from trivium.music.dataset.sets import TrainingSet
from trivium.music.dataset.sources import Say, training_set
from trivium.music.score.benchmark import SHA256, SIZE, is_benchmark, open_benchmark
from trivium.music.transformer.tokens import LOWEST, PITCHES, SILENCE, Piece, V, classes_of, onsets_of, voices_of

FEWEST = 4  # pieces to learn from
SHORTEST, LONGEST = 16, 4096  # steps


def training_inputs(source: str | Path, data_dir: Path, seed: int,
                    say: Say = lambda _text: None) -> tuple[dict[str, Content], list[str]]:
    """What a run takes along to learn from `source`, and what its owner should know of it."""
    path = Path(source)
    if path.is_file() and path.stat().st_size == SIZE:
        content = read_file(path)
        if is_benchmark(content):
            splits = open_benchmark(content)  # its test pieces stay behind
            pieces = {split: [Piece.of(sounding) for sounding in splits[split]] for split in ("train", "valid")}
            return inputs_of(pieces, {"source": path.name, "sha256": SHA256, "with_hold": False}), []
    made = training_set(source, data_dir, seed, say)
    pieces = {split: taken(made, split) for split in ("train", "valid")}
    if len(pieces["train"]) < FEWEST or not pieces["valid"]:
        raise BadFile(f"Of {len(made.pieces)} pieces, {sum(map(len, pieces.values()))} have four voices, or one voice "
                      f"where none has four, and can be learned from; a Transformer needs {FEWEST}, and one to be "
                      "tested on.", "Add pieces in four parts, such as chorales or hymns, or take tunes alone.")
    left = sum(len(made.split(split)) for split in pieces) - sum(map(len, pieces.values()))
    voices = voices_of(pieces["train"])
    kind = "not in four voices" if voices == V else "no tunes"
    missed = [f"{left} pieces are left out: they are {kind}, or have no key in which they fit."] if left else []
    sources = made.card["sources"]
    card = {"source": str(sources["name"]), "licence": sources.get("licence"), "sha256": made.sha256, "with_hold": True,
            "voices": voices,
            "pieces": {split: len(found) for split, found in pieces.items()}}
    return inputs_of(pieces, card), [*missed, *made.warnings]


def taken(made: TrainingSet, split: str) -> list[Piece]:
    """The split's pieces that a Transformer can learn from: those of the set that are in four parts, or its tunes."""
    in_four = any(piece.is_four_part for piece in made.pieces)
    fitting = [fitted(piece) for piece in made.split(split) if piece.is_four_part or not in_four]
    return [piece for piece in fitting if piece is not None]


def fitted(piece: GridPiece) -> Piece | None:
    """The piece moved, if need be, so that its pitches are 36..81; None where that never is, or it is too short."""
    for grid, onset in voice_grids([piece], LOWEST, LOWEST + PITCHES - 1):
        if SHORTEST <= len(grid) <= LONGEST:
            missing = ((piece.bar_steps - piece.upbeat_steps) if piece.upbeat_steps else 0, 0)  # of the first bar
            sounding = np.pad(classes_of(grid.astype(np.int64)), (missing, (0, 0)), constant_values=SILENCE)
            return Piece.of(sounding, np.pad(onset, (missing, (0, 0))) | onsets_of(sounding))
    return None
