"""The racing studio: teach a car to drive from its camera by reinforcement learning.

In Python, `trivium.racing.train(...)`, `evaluate`, `tracks` and so on do what the commands of the same names do; they
are imported when they are used. Gymnasium learns of the environment as soon as it is loaded, before or after this.
"""

import sys
from types import ModuleType
from typing import Any

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
)


def __getattr__(name: str) -> Any:
    if name not in FUNCTIONS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from trivium.racing import notebook

    return getattr(notebook, name)


class _Stage(ModuleType):
    """Modules such as `train` and `rewards` share their names with functions, so they answer to a call as well."""

    def __call__(self, *arguments: Any, **settings: Any) -> Any:
        from trivium.racing import notebook

        return getattr(notebook, self.__name__.rpartition(".")[2])(*arguments, **settings)


class _Racing(ModuleType):
    def __setattr__(self, name: str, value: Any) -> None:
        if name in FUNCTIONS and isinstance(value, ModuleType):
            value.__class__ = _Stage  # importing a submodule sets it here, over the function of that name
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Racing

register_when_loaded()
