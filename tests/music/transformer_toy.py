"""A Transformer that has learned nothing as a model, and pieces of every kind for it to write on."""

from __future__ import annotations

from typing import Any

import numpy as np
from safetensors.numpy import save

from tests.music.conftest import TINY, chorale, tiny
from trivium.music.dataset.piece import GridPiece, composition_of, notes_of_grid
from trivium.music.melodies import find_tune, tune_piece
from trivium.music.notes import Composition, Metre, Note, Part, Tempo
from trivium.music.techniques import Composed, Model
from trivium.music.transformer.controls import TransformerControls
from trivium.music.transformer.technique import compose
from trivium.music.transformer.tokens import grid_of


def tiny_model(with_hold: bool = True) -> Model:
    """Random weights, so that everything it is told matters."""
    weights = save({name: array.numpy() for name, array in tiny(with_hold).state_dict().items()})
    card = {"technique": "transformer", "with_hold": with_hold, "data": {}, "step": 0,
            "config": {"transformer": TINY.model_dump()}}
    return Model("tiny", weights, card)


def composed(piece: Composition, seed: int = 1, model: Model | None = None, stop_after: int | None = None,
             **controls: Any) -> tuple[Composed, list[dict[str, Any]]]:
    """What the technique makes of a piece, and what it told."""
    story: list[dict[str, Any]] = []
    made = compose(piece, TransformerControls(**controls), model or tiny_model(), seed,
                   lambda name, news, _fraction: story.append({"name": name, "news": news}),
                   lambda: stop_after is not None and len(story) >= stop_after)
    return made, story


def four_parts(bars: int = 4, **changes: Any) -> Composition:
    """A chorale by rule, a part for each voice."""
    grid = grid_of(chorale(1, 4 * bars))
    piece = composition_of(GridPiece(notes_of_grid(grid.astype(np.int32)), is_four_part=True))
    return piece.model_copy(update=changes)


def melody(pitches: list[int], length: int = 480, start: int = 0, id: str = "melody", **changes: Any) -> Part:
    """A part of notes of one length."""
    return Part(id=id, name=id.capitalize(), notes=[
        Note(onset=start + number * length, length=length, pitch=pitch) for number, pitch in enumerate(pitches)],
        **changes)


SCALE = [60, 62, 64, 65, 67, 69, 71, 72]
WALTZ = Composition(metres=[Metre(beats=3)], parts=[melody(SCALE + SCALE[::-1] + [60, 64])])
JIG = Composition(metres=[Metre(beats=6, beat_unit=8)], parts=[melody(SCALE * 3, 240)])
UPBEAT = Composition(metres=[Metre(), Metre(tick=480)], parts=[melody([67, *SCALE, *SCALE[::-1]])])
TRIPLETS = Composition(parts=[melody(SCALE * 6, 160)])
CHORDS = Composition(parts=[Part(id="piano", name="Piano", notes=[
    Note(onset=480 * beat, length=480, pitch=pitch + [0, 5, 7, 0][beat % 4]) for beat in range(16)
    for pitch in (48, 60, 64, 67)])])
BAND = Composition(parts=[
    melody(SCALE * 2, id="lead"), melody([p - 5 for p in SCALE] * 2, id="second"),
    melody([p - 12 for p in SCALE] * 2, id="third"), melody([p - 17 for p in SCALE] * 2, id="fourth"),
    melody([p - 24 for p in SCALE] * 2, id="low"), melody([36, 38] * 8, id="drums", is_drum=True)])
HIGH = Composition(parts=[melody([p + 36 for p in SCALE] * 2, id="piccolo")])
SLOWING = Composition(tempos=[Tempo(bpm=120), Tempo(tick=4800, bpm=60), Tempo(tick=6720, bpm=30)],
                      parts=[melody(SCALE)])
PIECES = {"waltz": WALTZ, "jig": JIG, "upbeat": UPBEAT, "triplets": TRIPLETS, "chords": CHORDS, "band": BAND,
          "high": HIGH, "slowing": SLOWING, "four": four_parts(),
          "tune": tune_piece(find_tune("amazing-grace"))}
