"""What a training composes at its checkpoints, to see, to hear and to measure; the same for every technique.

    samples = Samples(run, begins, held_out, train)   # once, before the first update
    samples.tell(step, pieces)                        # at an evaluation: what became of each beginning

The same few beginnings are composed on each time, with the same seed, so that the samples of a training are the film of
how its music changed. RUN/out/samples holds one file a checkpoint, and beginnings.json, in which the measures of held-
out and of training pieces stand: those of excerpts as long as a sample, because many measures depend on length.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from trivium.core import files
from trivium.core.run import Run
from trivium.errors import NotFound
from trivium.music.dataset.distances import FEWEST, distances
from trivium.music.dataset.piece import LENGTH, ONSET, STEP_TICKS, GridPiece, composition_of
from trivium.music.metrics import measures
from trivium.music.notes import Composition, with_parts

FOLDER, BEGINNINGS = "samples", "beginnings.json"
NAME = "sample"  # of the event
FEW = 4  # beginnings
MOST = 120  # excerpts of each split that are measured
SHORTEST_BEGIN = 4  # notes

Measures = dict[str, float | None]


class Samples:
    """A training's samples as they are made."""

    def __init__(self, run: Run, begins: Sequence[Composition], held_out: Sequence[Composition],
                 train: Sequence[Composition], given_steps: int = 0) -> None:
        """`given_steps` are copied from each beginning; they are heard, and not measured."""
        self.run, self.given = run, given_steps * STEP_TICKS
        content = {"begins": [piece.model_dump(mode="json") for piece in begins], "given_ticks": self.given,
                   "valid": [measures(piece) for piece in held_out], "train": [measures(piece) for piece in train]}
        files.atomic_write(run.out(f"{FOLDER}/{BEGINNINGS}"), json.dumps(content, ensure_ascii=False))

    def tell(self, step: int, pieces: Sequence[Composition]) -> None:
        """Keep what the model makes of the beginnings at this update, and say so."""
        name = f"{FOLDER}/{file_of(step)}"
        content = {"step": step, "pieces": [piece.model_dump(mode="json") for piece in pieces],
                   "measures": [measures(after(piece, self.given)) for piece in pieces]}
        files.atomic_write(self.run.out(name), json.dumps(content, ensure_ascii=False))
        self.run.sample(step, NAME, {"file": f"{files.OUT}/{name}", "pieces": len(pieces),
                                     "notes": sum(piece.note_count for piece in pieces)})


def file_of(step: int) -> str:
    """What the file of a checkpoint is called."""
    return f"step-{step:08d}.json"


def after(piece: Composition, tick: int) -> Composition:
    """What begins at this tick or later, moved to the start."""
    if tick == 0:
        return piece
    parts = [part.model_copy(update={"notes": [note.model_copy(update={"onset": note.onset - tick})
                                               for note in part.notes if note.onset >= tick]}) for part in piece.parts]
    return with_parts(piece, parts)


def excerpts(pieces: Iterable[GridPiece], steps: int, most: int = MOST) -> list[Composition]:
    """Passages of so many steps, spread evenly over the pieces; a piece that is shorter gives itself."""
    found = [cut(piece, first, steps) for piece in pieces for first in range(0, max(piece.steps - steps, 0) + 1, steps)]
    found = [piece for piece in found if len(piece.notes)]
    chosen = np.linspace(0, len(found) - 1, min(most, len(found))).astype(int)
    return [composition_of(found[i]) for i in chosen]


def beginnings(pieces: Iterable[GridPiece], steps: int, voices: Sequence[int] | None = None,
               few: int = FEW) -> list[Composition]:
    """The first steps of the first pieces, of these voices alone if any are named: what samples begin with."""
    listed = list(pieces)
    found = [cut(piece, 0, steps, voices) for piece in listed]
    if len(listed) < few:  # further passages of the same pieces, where there are few
        found += [cut(piece, steps * turn, steps, voices) for turn in range(1, few) for piece in listed]
    usable = [piece for piece in found if len(piece.notes) >= SHORTEST_BEGIN] or found[:1]
    return [composition_of(piece) for piece in usable[:few]]


def cut(piece: GridPiece, first: int, steps: int, voices: Sequence[int] | None = None) -> GridPiece:
    """The notes that begin in these steps, none of them reaching beyond."""
    onsets = piece.notes[:, ONSET]
    inside = (onsets >= first) & (onsets < first + steps)
    if voices is not None:
        inside &= np.isin(piece.notes[:, 3], voices)
    notes = piece.notes[inside].copy()
    notes[:, ONSET] -= first
    notes[:, LENGTH] = np.minimum(notes[:, LENGTH], steps - notes[:, ONSET])
    return replace(piece, notes=notes, upbeat_steps=0)


# reading, for the pages, the command line and notebooks


def steps_of(folder: Path) -> list[int]:
    """The updates at which a run has samples, in order."""
    found = (folder / files.OUT / FOLDER).glob("step-*.json")
    return sorted(int(path.stem.removeprefix("step-")) for path in found if path.stem[5:].isdigit())


def sample_of(folder: Path, step: int) -> dict[str, Any]:
    """{"step", "pieces", "measures"} of one checkpoint."""
    path = folder / files.OUT / FOLDER / file_of(step)
    if not path.is_file():
        raise NotFound(f"This training has no sample of update {step}.", "Choose one that is listed.")
    found: dict[str, Any] = files.read_json(path)
    return found


def beginnings_of(folder: Path) -> dict[str, Any]:
    """{"begins", "given_ticks", "valid", "train"}; empty lists where a run has no samples."""
    path = folder / files.OUT / FOLDER / BEGINNINGS
    found: dict[str, Any] = {"begins": [], "given_ticks": 0, "valid": [], "train": []}
    return files.read_json(path) if path.is_file() else found


def compared(folder: Path, step: int, resamples: int = 200) -> list[dict[str, Any]]:
    """One row a measure: the samples' distance from held-out pieces, its interval, and the floor (`distances`)."""
    made, known = sample_of(folder, step)["measures"], beginnings_of(folder)
    if min(len(made), len(known["valid"]), len(known["train"])) < FEWEST:
        return []
    names = sorted({name for values in (*known["valid"], *known["train"]) for name in values})
    rows = distances(made, known["valid"], known["train"], {name: lambda values, n=name: values.get(n)  # type: ignore[misc]
                                                           for name in names}, resamples=resamples)
    return [row for row in rows if row["distance"] is not None]
