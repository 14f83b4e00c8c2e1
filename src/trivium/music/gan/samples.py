"""Samples of a GAN under way: it accompanies melodies of held-out pieces, eight bars each."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from trivium.core.run import Run
from trivium.music.dataset.forms import tracks
from trivium.music.dataset.piece import GridPiece, composition_of
from trivium.music.gan.config import GanControls
from trivium.music.gan.network import Generator
from trivium.music.gan.stand import Stand
from trivium.music.gan.writing import Hand, write
from trivium.music.notes import Composition
from trivium.music.samples import SHORTEST_BEGIN, Samples, cut, excerpts
from trivium.music.written import replay

STEPS = 128  # 8 bars
FEW = 4


class GanSamples:
    """The same melodies each time, so that the samples show the learning and nothing else."""

    def __init__(self, run: Run, train: Sequence[GridPiece], held_out: Sequence[GridPiece],
                 facts: dict[str, Any]) -> None:
        self.facts = facts
        self.begins = melodies(held_out)
        self.samples = Samples(run, self.begins, excerpts(held_out, STEPS), excerpts(train, STEPS))

    def tell(self, step: int, network: Generator) -> None:
        """What the network makes of the melodies at this update."""
        network = copy.deepcopy(network).cpu()
        self.samples.tell(step, [accompanied(piece, network, self.facts, self.samples.run.seed)
                                 for piece in self.begins])


def melodies(pieces: Sequence[GridPiece]) -> list[Composition]:
    """The first bars of some pieces' melodies, as `dataset.forms.tracks` finds them."""
    found = []
    for piece in pieces:
        melody = tracks(piece)[0]
        part = cut(GridPiece(melody.notes[melody.notes[:, 2] >= 0], title=piece.title, metre=piece.metre,
                             bpm=piece.bpm), 0, STEPS)
        if len(part.notes) >= SHORTEST_BEGIN:
            notes = part.notes.copy()
            notes[:, 3] = 0
            found.append(composition_of(GridPiece(notes, title=part.title, metre=part.metre, bpm=part.bpm)))
    return found[:FEW]


def accompanied(piece: Composition, network: Generator, facts: dict[str, Any], seed: int) -> Composition:
    """The melody with the accompaniment that the network writes to it."""
    stand = Stand(piece, GanControls(), facts)
    events = [event for until in write(network, stand.song, Hand.of(facts), seed)
              for event in stand.hear(until)]
    return replay(piece, events)
