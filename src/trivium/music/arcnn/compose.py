"""The AR-CNN as a technique: a piece goes in, the edits are told one by one, the edited piece comes out.

    trivium music compose --technique arcnn --input melody.mid --out song.mid --seed 1
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from safetensors import SafetensorError
from safetensors.torch import load as from_safetensors

from trivium.errors import BadConfig, BadFile
from trivium.music.arcnn.board import Board
from trivium.music.arcnn.config import ArcnnConfig, ArcnnControls
from trivium.music.arcnn.edits import replay
from trivium.music.arcnn.grid import LOWEST
from trivium.music.arcnn.network import EditNet
from trivium.music.arcnn.sampling import edits, iterations
from trivium.music.notes import Composition
from trivium.music.techniques import Composed, Model, Tell


def compose(piece: Composition, controls: ArcnnControls, model: Model, seed: int, tell: Tell,
            cancelled: Callable[[], bool]) -> Composed:
    """The piece after the edits; each is told as an "edit" event."""
    torch.set_num_threads(1)  # so small a network gains nothing from more, and the result can't depend on them
    unknown = set(controls.parts or []) - {part.id for part in piece.parts}
    if unknown:
        raise BadConfig(f"The piece has no part '{min(unknown)}'.",
                        f"Its parts are: {', '.join(part.id for part in piece.parts)}.")
    board = Board(piece, controls)
    total = iterations(board)
    is_whole = True
    for event in edits(board, opened(model), seed):
        tell("edit", event.model_dump(mode="json"), event.iteration / max(total, 1))
        if cancelled():
            is_whole = False
            break
    facts = {"edits": len(board.events), "transposed_octaves": (LOWEST - board.lowest) // 12}
    return Composed(replay(piece, board.events), board.added, board.removed, is_whole, facts)


def opened(model: Model) -> EditNet:
    """The network of a model, for composing; BadFile if weights and settings do not fit."""
    try:
        weights = from_safetensors(model.weights)  # half precision in the package, single from a training
        network = EditNet(ArcnnConfig.model_validate(model.card["config"]["arcnn"]))
        network.load_state_dict({name: array.float() if array.is_floating_point() else array
                                 for name, array in weights.items()})
    except (RuntimeError, ValueError, KeyError, TypeError, SafetensorError):
        raise BadFile(f"The model '{model.name}' is damaged.", "Take it from its training again.") from None
    return network.eval().melted()
