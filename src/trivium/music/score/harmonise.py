"""Harmonise held-out sopranos and compare with the composer's own: exact pitch, pitch class, voice-leading faults."""

from __future__ import annotations

from collections.abc import Sequence

from trivium.music.score.harmony import agreement, faults
from trivium.music.transformer.compose import PARTICLES, Draft, compose
from trivium.music.transformer.network import ChoraleTransformer
from trivium.music.transformer.sampling import Controls
from trivium.music.transformer.tokens import Piece

CALM = Controls(sampling="nucleus", top_p=0.95, temperature=0.7)


def harmonisation(network: ChoraleTransformer, pieces: Sequence[Piece], seed: int = 1, particles: int = PARTICLES,
                  controls: Controls = CALM) -> dict[str, float]:
    """Agreement and faults of our harmonies; `..._by_the_composer` are the faults of the originals."""
    made = [compose(network, Draft.harmony(piece), seed + i, controls, particles).sounding
            for i, piece in enumerate(pieces)]
    original = [piece.sounding for piece in pieces]
    own = {f"{name}_per_100_steps": value for name, value in faults(made).items()}
    his = {f"{name}_per_100_steps_by_the_composer": value for name, value in faults(original).items()}
    return {"sopranos": float(len(made)), **agreement(made, original), **own, **his}
