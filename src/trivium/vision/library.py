"""The projects of a data folder as the server keeps them in memory, up to date with what other processes write.

A project of 10,000 pictures takes a quarter of a second to read, and a page asks for parts of it again and again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from trivium.core import files
from trivium.vision import project as kept
from trivium.vision.classification.advice import warnings
from trivium.vision.collect.checks import Findings, findings_of, near_groups
from trivium.vision.collect.store import PictureStore
from trivium.vision.project import CARD, LOG, Project, load, refresh

MOST_KEPT = 20  # projects


class Library:
    """Projects by name; one thread at a time looks at one."""

    def __init__(self, data: Path) -> None:
        self.data, self.store = data, PictureStore(data)
        self._projects: dict[str, Project] = {}
        self._near_groups: dict[str, tuple[frozenset[str], list[list[str]]]] = {}
        self._lock = threading.RLock()

    @contextmanager
    def open(self, name: str) -> Iterator[Project]:
        """The project as it is now; nobody else of this server changes it inside the block."""
        with self._lock:
            yield self._fresh(name)

    def _fresh(self, name: str) -> Project:
        found = self._projects.get(name)
        if found is not None and self._is_same(found):
            refresh(found)
        else:
            found = load(self.data, name)
        self._projects.pop(name, None)
        self._projects[name] = found  # the last asked for is the last to go
        for old in list(self._projects)[:-MOST_KEPT]:
            del self._projects[old]
        return found

    def _is_same(self, project: Project) -> bool:
        """Whether it is still the project that was read, and not another that took its name."""
        card, log = project.folder / CARD, project.folder / LOG
        if not card.is_file() or files.read_json(card).get("created_at") != project.created_at:
            return False
        return project.read_bytes <= (log.stat().st_size if log.is_file() else 0)

    def each(self, take: Callable[[Project], None]) -> None:
        """Every project, by name; a damaged one is passed over."""
        for name in kept.names(self.data):
            try:
                with self.open(name) as project:
                    take(project)
            except kept.UNREADABLE:
                continue

    def findings(self, name: str) -> Findings:
        """What to know of a project's pictures before training; copies are looked for again where pictures changed."""
        with self.open(name) as project:
            items, said = list(project.items.values()), warnings(project)
        pictures = frozenset(item.sha256 for item in items)
        known = self._near_groups.get(name)
        if known is None or known[0] != pictures:  # a label changes nothing about what looks alike
            known = self._near_groups[name] = (pictures, near_groups(items, self.store))
        return findings_of(items, said, known[1])

    def forget(self, name: str) -> None:
        with self._lock:
            self._projects.pop(name, None)
            self._near_groups.pop(name, None)
