"""The music studio: a melody becomes a composition, with models that add, accompany and continue.

In Python, the functions named in `FUNCTIONS` do what the commands of the same names do; they are imported when they
are used.
"""

import importlib
from typing import Any

from trivium.core.stages import answer_calls
from trivium.core.studio import Studio

STUDIO = Studio(
    id="music",
    title="Music",
    tagline="Turn a melody into a composition with generative models.",
    accent="#6a3ccc",
    entries={"train": "trivium.music.train:train", "compose": "trivium.music.composing:compose_run"},
    configs={"train": "trivium.music.config:TrainConfig", "compose": "trivium.music.compose_config:ComposeConfig"},
    api="trivium.music.api:router",
    commands="trivium.music.commands:music",
    warm="trivium.music.warm",
    spare="trivium.music.warm:load",
)

# name -> the module that has it
FUNCTIONS = {
    "tunes": "trivium.music.notebook",
    "load": "trivium.music.notebook",
    "look": "trivium.music.notebook",
    "export": "trivium.music.notebook",
    "render": "trivium.music.sound.rendering",
    "quantise": "trivium.music.rhythm",
    "measures": "trivium.music.metrics",
    "challenges": "trivium.music.notebook",
    "voting": "trivium.music.notebook",
    "judge": "trivium.music.challenges.judging",
    "compose": "trivium.music.composing",
    "story": "trivium.music.composing",
    "keep": "trivium.music.keeping",
    "replay": "trivium.music.arcnn.edits",
    **dict.fromkeys(
        ("prepare", "training_sets", "set_report", "set_piece", "delete_set", "settings", "train", "sample"),
                    "trivium.music.training"),
    "Composition": "trivium.music.notes",
    "Part": "trivium.music.notes",
    "Note": "trivium.music.notes",
}


def __getattr__(name: str) -> Any:
    if name not in FUNCTIONS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(FUNCTIONS[name]), name)


answer_calls(__name__, FUNCTIONS, __getattr__)
