"""The racing studio: teach a car to drive from its camera by reinforcement learning.

In Python, `trivium.racing.train(...)`, `evaluate`, `tracks` and so on do what the commands of the same names do; they
are imported when they are used. Gymnasium learns of the environment as soon as it is loaded, before or after this.
"""

from typing import Any

from trivium.core.stages import answer_calls
from trivium.core.studio import Studio
from trivium.racing.registration import register_when_loaded

FUNCTIONS = ("train", "evaluate", "validate", "tracks", "load_track", "import_track", "delete_track", "rewards",
             "load_reward", "save_reward", "delete_reward", "settings")  # of `notebook`

STUDIO = Studio(
    id="racing",
    title="Racing",
    tagline="Teach a car to drive itself by rewarding what it does well.",
    accent="#e4572e",
    entries={"train": "trivium.racing.train:train", "evaluate": "trivium.racing.evaluate:evaluate"},
    configs={"train": "trivium.racing.config:TrainConfig", "evaluate": "trivium.racing.config:EvaluateConfig"},
    api="trivium.racing.api:router",
    commands="trivium.racing.commands:racing",
    warm="trivium.racing.warm",
)


def __getattr__(name: str) -> Any:
    if name not in FUNCTIONS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from trivium.racing import notebook

    return getattr(notebook, name)


answer_calls(__name__, FUNCTIONS, __getattr__)

register_when_loaded()
