"""Samples of a Transformer under way: it goes on for six bars from the first two of held-out pieces."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import numpy as np

from trivium.core.run import Run
from trivium.music.dataset.piece import GridPiece, composition_of, notes_of_grid
from trivium.music.notes import Composition
from trivium.music.samples import FEW, Samples, excerpts
from trivium.music.transformer.compose import Draft, compose
from trivium.music.transformer.network import ChoraleTransformer
from trivium.music.transformer.sampling import Controls
from trivium.music.transformer.tokens import BAR_STEPS, Piece, V, grid_of

GIVEN, NEW = 2 * BAR_STEPS, 6 * BAR_STEPS  # steps


class TransformerSamples:
    """The same beginnings each time, so that the samples show the learning and nothing else."""

    def __init__(self, run: Run, train: Sequence[Piece], held_out: Sequence[Piece]) -> None:
        self.begins = [Piece.of(piece.sounding[:GIVEN], piece.onset[:GIVEN]) for piece in held_out[:FEW]]
        real, learned = (excerpts([as_grid(piece) for piece in split], NEW) for split in (held_out, train))
        self.samples = Samples(run, [heard(piece) for piece in self.begins], real, learned, given_steps=GIVEN)

    def tell(self, step: int, network: ChoraleTransformer) -> None:
        """How the network goes on at this update."""
        on_cpu = copy.deepcopy(network).cpu()
        self.samples.tell(step, [heard(compose(on_cpu, Draft.continuation(piece, NEW), self.samples.run.seed,
                                               Controls())) for piece in self.begins])


def as_grid(piece: Piece) -> GridPiece:
    """The piece as a table of notes."""
    return GridPiece(notes_of_grid(grid_of(piece.sounding).astype(np.int32), piece.onset), is_four_part=True)


def heard(piece: Piece) -> Composition:
    """The piece as a document."""
    return composition_of(as_grid(piece))


def warm_up(network: ChoraleTransformer) -> None:
    """Compile what writes samples, or fetch it from where it was compiled before: a confined run can't look there."""
    compose(network, Draft.continuation(Piece.of(np.full((2, V), 20)), 1), 0, Controls())
