"""Build hook: puts the built web pages into the wheel, and into the source archive.

The pages are built only when they are not there yet, so a wheel made from the source archive needs no Node;
and never for an editable install, where `make` builds them. Node is the system's if that is new enough; else
the one from PyPI, which only then is asked for as a build dependency. TRIVIUM_NO_PAGES=1 leaves the pages out
(command line and Python API work without them).
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent / "tools"))
import node


class PagesHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs `npm install` and `npm run build` in web/ when src/trivium/static/index.html is missing."""

    PLUGIN_NAME = "custom"

    @property
    def static(self) -> Path:
        return Path(self.root) / "src" / "trivium" / "static"

    def needed(self) -> bool:
        return not os.environ.get("TRIVIUM_NO_PAGES") and not (self.static / "index.html").is_file()

    def dependencies(self) -> list[str]:
        return [node.PYPI_NODE] if self.needed() and node.system_node() is None else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable" or not self.needed():
            return
        web = Path(self.root) / "web"
        self.app.display_info("Building the web pages ...")
        # not `npm ci`: it refuses a lock file that was made on another platform
        install = ("npm", "install", "--no-save", "--no-audit", "--no-fund")
        for arguments in (install, ("npm", "run", "build")):
            if node.run(*arguments, cwd=web) != 0:
                # half-built pages would be taken for whole ones next time
                shutil.rmtree(self.static, ignore_errors=True)
                raise RuntimeError(f"`{' '.join(arguments)}` in web/ failed; the lines above say why.")
        if not (self.static / "index.html").is_file():
            raise RuntimeError("The web build ended well but left no src/trivium/static/index.html.")
