"""Lets a studio have functions by the names of its stages, such as `train`, beside the modules of those names.

Importing a submodule sets it in the package, over the function of that name. So such modules answer to a call as well.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Container
from types import ModuleType
from typing import Any


def answer_calls(package: str, names: Container[str], function: Callable[[str], Any]) -> None:
    """From now on `package.NAME(...)` calls function(NAME), even once a module NAME of the package is imported."""

    class Stage(ModuleType):
        def __call__(self, *arguments: Any, **settings: Any) -> Any:
            return function(self.__name__.rpartition(".")[2])(*arguments, **settings)

    class Studio(ModuleType):
        def __setattr__(self, name: str, value: Any) -> None:
            if name in names and isinstance(value, ModuleType):
                value.__class__ = Stage
            super().__setattr__(name, value)

    sys.modules[package].__class__ = Studio
