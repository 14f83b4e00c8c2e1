"""The versions of each project's model on a device: put there checked, switched at once, taken back at once.

    PLACE/projects/NAME/versions/VERSION.zip    a bundle, as it came
    PLACE/projects/NAME/current.json            which version runs, which ran before, which failed
    PLACE/projects/NAME/setup.json              what it watches, and its rules

`current.json` is replaced as a whole, so a device whose power fails in between runs the old version or the new one.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trivium.core import files
from trivium.core.process import FolderLock
from trivium.errors import BadConfig, BadFile, NotFound, StudioError
from trivium.vision.devices.setup import KEPT, NAME, VERSION, Setup, parse_setup
from trivium.vision.stream.model import Model, bundle_of, open_model, version_of

PROJECTS, VERSIONS, CURRENT, SETUP = "projects", "versions", "current.json", "setup.json"
LOCK_PATIENCE_S = 10.0


@dataclass
class Standing:
    """Which version runs."""

    current: str | None
    previous: list[str]
    failed: list[str]
    changed_at: float


class Shelf:
    """The models on a device."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def folder(self, project: str) -> Path:
        """Where a project's versions lie."""
        if not NAME.fullmatch(project):
            raise BadConfig(f"{project[:64]!r} can't be the name of a project.",
                            "Use letters, digits, dots, dashes and underscores.")
        return self.place / PROJECTS / project

    def projects(self) -> list[str]:
        """The projects that have a version here."""
        folder = self.place / PROJECTS
        return sorted(each.name for each in folder.iterdir() if (each / CURRENT).is_file()) if folder.is_dir() else []

    def install(self, project: str, bundle: Path) -> str:
        """Put a version there, once it has been tried in the runtime; it does not run yet."""
        card, _ = bundle_of(bundle)
        open_model(bundle, checked=True)
        version = version_of(card)
        target = self.path(project, version)
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.is_file() or files.sha256_file(target) != files.sha256_file(bundle):
            files.atomic_write(target, files.read_file(bundle))
        return version

    def path(self, project: str, version: str) -> Path:
        """A version's bundle."""
        if not re.fullmatch(VERSION, version):
            raise BadConfig(f"{version[:40]!r} is no version.", "A version is a number such as 3fa94c0b12de.")
        return self.folder(project) / VERSIONS / f"{version}.zip"

    def standing(self, project: str) -> Standing:
        """Which version runs; none where the project is new."""
        path = self.folder(project) / CURRENT
        if not path.is_file():
            return Standing(None, [], [], 0.0)
        found = files.read_json(path)
        try:
            return Standing(found["current"], list(found["previous"]), list(found["failed"]),
                            float(found["changed_at"]))
        except (KeyError, TypeError, ValueError):
            raise BadFile(f"{path} is damaged.", "Deploy the project once more.") from None

    def switch(self, project: str, version: str, kept: Iterable[str] = ()) -> Standing:
        """Let this version run from now on; those of `kept` stay, so that going back to one needs no network."""
        if not self.path(project, version).is_file():
            raise NotFound(f"The version {version} of {project} is not on this device.", "Deploy it first.")
        with self._writing(project):
            now = self.standing(project)
            if now.current == version:
                return now
            before = [each for each in [now.current, *now.previous] if each and each != version]
            first = [each for each in before if each in {*kept}]
            rest = [each for each in before if each not in first]
            chosen = {*(first + rest)[:KEPT]}
            return self._write(project, Standing(version, [each for each in before if each in chosen], now.failed,
                                                 time.time()))

    def roll_back(self, project: str, failed: bool = False) -> Standing:
        """Let the version run that ran before; with `failed` the present one is marked, and not taken again."""
        with self._writing(project):
            now = self.standing(project)
            there = [each for each in now.previous if self.path(project, each).is_file() and each not in now.failed]
            if not there:
                raise NotFound(f"There is no earlier version of {project} on this device.", "Deploy another one.")
            marked = [*now.failed, now.current] if failed and now.current else now.failed
            rest = [each for each in now.previous if each != there[0]]
            if now.current and not failed:
                rest.append(now.current)
            return self._write(project, Standing(there[0], rest[:KEPT], marked[-KEPT:], time.time()))

    def _write(self, project: str, standing: Standing) -> Standing:
        files.write_json(self.folder(project) / CURRENT, vars(standing))
        wanted = {standing.current, *standing.previous}
        for path in (self.folder(project) / VERSIONS).glob("*.zip"):
            if path.stem not in wanted and time.time() - path.stat().st_mtime > 60.0:
                path.unlink(missing_ok=True)  # one that was put there and never switched to, or is long past
        return standing

    @contextmanager
    def _writing(self, project: str) -> Iterator[None]:
        folder = self.folder(project)
        folder.mkdir(parents=True, exist_ok=True)
        lock = FolderLock(folder / "lock")
        if not lock.acquire(LOCK_PATIENCE_S):
            raise StudioError(f"Somebody else is changing {project} on this device.", "Try again in a moment.", 503)
        try:
            yield
        finally:
            lock.release()

    def model(self, project: str, threads: int = 1) -> Model:
        """The version that runs, opened."""
        now = self.standing(project)
        if now.current is None:
            raise NotFound(f"No version of {project} is on this device.", "Deploy one first.")
        return open_model(self.path(project, now.current), threads)

    def setup(self, project: str) -> Setup:
        """What it watches."""
        path = self.folder(project) / SETUP
        return parse_setup(files.read_json(path)) if path.is_file() else Setup()

    def write_setup(self, project: str, setup: Setup) -> None:
        """Keep what it watches; a camera's password may stand in it."""
        folder = self.folder(project)
        folder.mkdir(parents=True, exist_ok=True)
        files.write_json(folder / SETUP, setup.model_dump(mode="json"), mode=files.OWNER_ONLY)

    def remove(self, project: str) -> None:
        """Take a project off this device."""
        import shutil

        shutil.rmtree(self.folder(project), ignore_errors=True)

    def overview(self) -> list[dict[str, Any]]:
        """Every project here: versions, which runs, what it watches."""
        rows = []
        for project in self.projects():
            now = self.standing(project)
            setup = self.setup(project)
            rows.append({"project": project, "version": now.current, "previous": now.previous, "failed": now.failed,
                         "changed_at": now.changed_at, "source": setup.shown().source, "enabled": setup.enabled,
                         "rules": len(setup.rules)})
        return rows
