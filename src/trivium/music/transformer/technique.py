"""The Transformer as a technique: a piece goes in, passages are told as they are written, the longer piece comes out.

    trivium music compose --technique transformer --input melody.mid --out song.mid --set extension_s=20 --seed 1
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from trivium.errors import BadConfig
from trivium.music.bars import seconds_at
from trivium.music.notes import MAX_NOTES, MAX_PARTS, Composition
from trivium.music.techniques import Composed, Model, Tell
from trivium.music.transformer.compose import compose as write
from trivium.music.transformer.controls import TransformerControls
from trivium.music.transformer.models import writes_tunes
from trivium.music.transformer.passages import Passages
from trivium.music.transformer.sampling import Controls
from trivium.music.transformer.sheet import Sheet, sheet_of
from trivium.music.transformer.tokens import LOWEST, PITCHES, VOICES, Bools, Ints
from trivium.music.transformer.trained import opened
from trivium.music.written import WRITTEN, Written, replay

LAG = 8  # steps after which versions that are written side by side must agree, so that a beat can be heard
STRICT = 6.0  # nats that a note outside the scale loses where the key is kept altogether
PAUSE = 4  # steps that all voices may rest in an extension: the network would rest for ever, taking the piece for over
WINDOW = 512  # steps that are looked back on at most: a network has learned from pieces not much longer


def compose(piece: Composition, controls: TransformerControls, model: Model, seed: int, tell: Tell,
            cancelled: Callable[[], bool]) -> Composed:
    """The piece with what was written; each passage is told as a "written" event."""
    if writes_tunes(model.card["data"]) and (controls.mode == "harmonise" or controls.accompaniment):
        raise BadConfig("This model has learned from tunes alone and can't write other voices.",
                        "Choose another model, or let it extend or regenerate a tune.")
    torch.set_num_threads(1)  # so small a network gains nothing from more, and the result can't depend on them
    sheet = sheet_of(piece, controls)
    passages = Passages(sheet)
    refuse_too_much(sheet, passages)
    events: list[Written] = []

    def note(event: Written, step: int) -> None:
        events.append(event)
        done = (step - sheet.first) / (sheet.end - sheet.first)
        tell(WRITTEN, event.model_dump(mode="json"), min(max(done, 0.0), 1.0))

    def hear(step: int, sounding: Ints, onset: Bools) -> None:
        for event in passages.hear(step, sounding, onset):
            note(event, step + 1)

    network = opened(model).network
    written = write(network, sheet.draft, seed, sampling(sheet, controls, network.classes), on_step=hear,
                    stopped=cancelled, lag=LAG, window=WINDOW)
    is_whole = len(written) == len(sheet.draft.free)
    if is_whole:
        passages.step = sheet.end  # its last steps may hold nothing that is free
    for event in passages.close():
        note(event, sheet.end)
    made = replay(piece, events)
    added, removed = difference(piece, made)
    return Composed(made, added, removed, is_whole, facts(sheet, passages, len(events)))


def sampling(sheet: Sheet, controls: TransformerControls, classes: int) -> Controls:
    """The sliders as the network's writing knows them."""
    favour = np.zeros(classes)
    if controls.keep_key > 0:
        favour[:PITCHES][~sheet.at_home()[(np.arange(PITCHES) + LOWEST) % 12]] = -STRICT * controls.keep_key
    return Controls(sampling=controls.sampling, top_k=controls.top_k, top_p=controls.top_p,
                    temperature=controls.creative_risk, favour=favour, max_rest=sheet.limit(controls.max_rest_s, 0),
                    max_note=sheet.limit(controls.max_note_s, 1),
                    max_pause=PAUSE if controls.mode == "extend" else None)


def refuse_too_much(sheet: Sheet, passages: Passages) -> None:
    """What a piece can't hold is said before anything is written."""
    known = {part.id for part in sheet.piece.parts}
    if len(known | set(passages.told)) > MAX_PARTS:
        raise BadConfig(f"The piece would have more than {MAX_PARTS} parts.", "Leave out some parts first.")
    most = int(sheet.draft.free[sheet.first:, sorted(sheet.heard)].sum())
    if sheet.piece.note_count + most > MAX_NOTES:
        raise BadConfig(f"The piece could come to more than {MAX_NOTES:,} notes.", "Write less at once.")


def difference(before: Composition, after: Composition) -> tuple[int, int]:
    """Notes that are new, and notes that are gone."""
    old, new = (Counter((part.id, note) for part in piece.parts for note in part.notes) for piece in (before, after))
    return (new - old).total(), (old - new).total()


def facts(sheet: Sheet, passages: Passages, count: int) -> dict[str, Any]:
    """What else there is to say."""
    tempos = sheet.piece.tempos
    written_s = seconds_at(tempos, sheet.tick(passages.step)) - seconds_at(tempos, max(sheet.tick(sheet.first), 0))
    return {"passages": count, "input_s": sheet.input_s, "written_s": round(written_s, 3),
            "voices": {VOICES[voice]: sung.part.id for voice, sung in passages.voices.items()},
            "transposed_semitones": {VOICES[voice]: move for voice, move in enumerate(sheet.seats.moved) if move},
            "left_alone": list(sheet.seats.left_alone)}
