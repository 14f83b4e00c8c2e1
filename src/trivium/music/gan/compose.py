"""The GAN as a technique: a melody goes in, bars of accompaniment are told as written, a fuller piece comes out.

    trivium music compose --technique gan --input melody.mid --out song.mid --seed 1
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from safetensors import SafetensorError
from safetensors.torch import load as from_safetensors

from trivium.errors import BadConfig, BadFile
from trivium.music.gan.config import GanConfig, GanControls
from trivium.music.gan.network import Generator
from trivium.music.gan.stand import Stand
from trivium.music.gan.writing import Hand, write
from trivium.music.notes import MAX_NOTES, Composition
from trivium.music.techniques import Composed, Model, Tell
from trivium.music.written import WRITTEN, replay


def compose(piece: Composition, controls: GanControls, model: Model, seed: int, tell: Tell,
            cancelled: Callable[[], bool]) -> Composed:
    """The piece with its accompaniment; each bar of each part is told as a "written" event."""
    torch.set_num_threads(1)  # so small a network gains nothing from more, and the result can't depend on them
    network = opened(model)
    stand = Stand(piece, controls, model.card["facts"])
    song, hand = stand.song, Hand.of(model.card["facts"], controls.creative_risk, controls.density)
    first, is_whole = song.first, True
    added = 0
    for until in write(network, song, hand, seed):
        for event in stand.hear(until):
            added += len(event.added)
            if piece.note_count + added > MAX_NOTES:
                raise BadConfig(f"The piece would come to more than {MAX_NOTES:,} notes.", "Choose fewer bars.")
            tell(WRITTEN, event.model_dump(mode="json"), (until - first) / max(song.end - first, 1))
        if cancelled() and until < song.end:
            is_whole = False
            break
    facts = {"passages": len(stand.events), "melody": stand.melody.id,
             "accompaniment": [part.id for part in stand.parts.values()], "transposed_semitones": stand.moved}
    return Composed(replay(piece, stand.events), added, sum(len(event.removed) for event in stand.events), is_whole,
                    facts)


def opened(model: Model) -> Generator:
    """The network of a model, for composing; BadFile if weights and settings do not fit."""
    try:
        weights = from_safetensors(model.weights)  # half precision in the package, single from a training
        network = Generator(GanConfig.model_validate(model.card["config"]["gan"]))
        network.load_state_dict({name: array.float() for name, array in weights.items()})
        facts = model.card["facts"]
        if len(facts["tracks"]) != len(facts["at_once"]) or len(facts["melody_range"]) != 2 or facts["grid"] < 1:
            raise ValueError("not the facts of a GAN")
    except (RuntimeError, ValueError, KeyError, TypeError, SafetensorError):
        raise BadFile(f"The model '{model.name}' is damaged.", "Take it from its training again.") from None
    return network.eval()
