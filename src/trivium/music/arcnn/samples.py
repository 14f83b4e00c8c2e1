"""Samples of an AR-CNN under way: it puts notes under melodies of held-out pieces, eight bars each."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from trivium.core.run import Run
from trivium.music.arcnn.board import Board
from trivium.music.arcnn.config import ArcnnControls
from trivium.music.arcnn.edits import replay
from trivium.music.arcnn.grid import WINDOW
from trivium.music.arcnn.network import EditNet
from trivium.music.arcnn.sampling import edits
from trivium.music.dataset.piece import GridPiece
from trivium.music.notes import Composition
from trivium.music.samples import Samples, beginnings, excerpts

CONTROLS = ArcnnControls(sampling_iterations=28, max_removed_percent=0.0)  # the melody stays; some two seconds


class ArcnnSamples:
    """The same melodies each time, so that the samples show the learning and nothing else."""

    def __init__(self, run: Run, train: Sequence[GridPiece], held_out: Sequence[GridPiece]) -> None:
        self.begins = beginnings(held_out, WINDOW, voices=[0])
        self.samples = Samples(run, self.begins, excerpts(held_out, WINDOW), excerpts(train, WINDOW))

    def tell(self, step: int, network: EditNet) -> None:
        """What the network makes of the melodies at this update."""
        melted = copy.deepcopy(network).cpu().melted()
        self.samples.tell(step, [composed(piece, melted, self.samples.run.seed) for piece in self.begins])


def composed(piece: Composition, network: EditNet, seed: int) -> Composition:
    """The melody with the notes that the network puts to it."""
    board = Board(piece, CONTROLS)
    for _ in edits(board, network, seed):
        pass
    return replay(piece, board.events)
