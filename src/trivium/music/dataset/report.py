"""The report on generated pieces: every measure's distribution against held-out pieces, and how much was copied.

    from trivium.music.dataset.report import held_out_report
    rows = held_out_report(pieces_of_a_model, training_set("mine", data), split="valid")

Each figure stands beside its floor: what training pieces, real music of the same kind, score against the same held-out
pieces. Look at `valid` while trying things out, and at `test` once, at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trivium.music.dataset.distances import Metric, distances
from trivium.music.dataset.piece import GridPiece, composition_of, voice_grid
from trivium.music.dataset.sets import TrainingSet
from trivium.music.dataset.split import TRAIN, VALID
from trivium.music.dataset.windows import grid_of, shares_found
from trivium.music.metrics import measures
from trivium.music.voice_leading import FIFTH, OCTAVE, parallels

MOST_TRAIN = 300  # training pieces that are measured; the floor needs no more


def held_out_report(generated: Sequence[GridPiece], training_set: TrainingSet, split: str = VALID, seed: int = 1,
                    resamples: int = 500) -> dict[str, Any]:
    """{"split", "metrics": rows of `distances`, "copied": rows {"steps", "generated", "floor"}}.

    `copied` is the share of windows, in any key, that stand in train; its floor is the share of the held-out pieces'.
    """
    held_out, train = training_set.split(split), training_set.split(TRAIN)
    made_of, held_of, train_of = ([measures_of(piece) for piece in pieces]
                                  for pieces in (generated, held_out, train[:MOST_TRAIN]))
    names = sorted({name for values in (*made_of, *held_of, *train_of) for name in values})
    rows = distances(made_of, held_of, train_of, {name: looked_up(name) for name in names}, seed, resamples)
    known = [grid_of(piece) for piece in train]
    made = shares_found([grid_of(piece) for piece in generated], known)
    floor = shares_found([grid_of(piece) for piece in held_out], known)
    return {"split": split, "pieces": len(generated), "metrics": [row for row in rows if row["distance"] is not None],
            "copied": [{"steps": steps, "generated": made[steps], "floor": floor[steps]} for steps in made]}


def looked_up(name: str) -> Metric:
    """Looks one measure up."""
    return lambda values: values.get(name)


def measures_of(piece: GridPiece) -> dict[str, float | None]:
    """The measures of a piece by name, and of four voices the faults in 100 steps."""
    found = measures(composition_of(piece))
    if piece.is_four_part and piece.steps:
        grid = voice_grid(piece)[0]
        found["parallel_fifths_per_100_steps"] = 100 * parallels(grid, FIFTH) / piece.steps
        found["parallel_octaves_per_100_steps"] = 100 * parallels(grid, OCTAVE) / piece.steps
    return found
