"""Makes gymnasium.make("trivium/Racing-v0") and its vector form known, without importing what they are made of.

Gymnasium has no list of plugins to be put on, so a package must tell it; and importing Gymnasium for that would make
`import trivium.racing` slow for everybody else. So where it is not loaded yet, its import is waited for.
"""

from __future__ import annotations

import importlib.util
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

ENVIRONMENT = "trivium/Racing-v0"


def register() -> None:
    """Once; a second call changes nothing."""
    import gymnasium

    if ENVIRONMENT not in gymnasium.registry:
        gymnasium.register(ENVIRONMENT, entry_point="trivium.racing.env:RacingEnv",
                           vector_entry_point="trivium.racing.env:RacingVectorEnv", disable_env_checker=True)


def register_when_loaded() -> None:
    """Now, or right after somebody's `import gymnasium`."""
    if "gymnasium" in sys.modules:
        register()
    elif not any(isinstance(finder, Waiting) for finder in sys.meta_path):
        sys.meta_path.insert(0, Waiting())


class Waiting(MetaPathFinder):
    """Stands first among the finders of modules until Gymnasium is looked for; lets the others find it."""

    def find_spec(self, fullname: str, path: Any = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname != "gymnasium":
            return None
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def execute_and_register(module: ModuleType) -> None:
            execute(module)
            register()

        spec.loader.exec_module = execute_and_register  # type: ignore[method-assign]
        return spec
