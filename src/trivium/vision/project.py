"""Projects: pictures with labels for one task, each a folder that `ls` and `cat` can read.

    DATA/vision/projects/NAME/project.json    task, classes in their order, when it was made
    DATA/vision/projects/NAME/log.jsonl       what was done to its pictures, one line each, never rewritten

The state is what the log comes to when it is read from its beginning, so nothing is ever lost, anything can be undone,
and two people who work on different pictures at once do not meet. Writers take turns by a lock.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from trivium.core import files
from trivium.core.process import FolderLock
from trivium.errors import BadConfig, BadFile, NotFound, StudioError

FOLDER, CARD, LOG, LOCK = "projects", "project.json", "log.jsonl", "lock"
TASKS = ("classification",)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
LOCK_PATIENCE_S = 30.0


class Busy(StudioError):
    """Somebody else is writing to the project."""

    status = 503
    code = "busy"


@dataclass
class Item:
    """A picture in a project."""

    sha256: str
    name: str  # as it came, such as cat/1.jpg
    label: str | None
    width: int
    height: int
    dhash: str
    sharpness: float
    doubts: list[str] = field(default_factory=list)  # why a person should look at its label


@dataclass
class Project:
    """A project as it is now."""

    name: str
    folder: Path
    task: str
    classes: list[str]
    created_at: float
    items: dict[str, Item]  # by sha256, in the order of their arrival

    def labelled(self) -> list[Item]:
        """The pictures that can be learned from."""
        return [item for item in self.items.values() if item.label is not None]


def place_of(data: Path, name: str) -> Path:
    """Where a project of that name lies."""
    if not NAME.fullmatch(name):
        raise BadConfig(f"{name[:64]!r} can't be the name of a project.",
                        "Use letters, digits, dots, dashes and underscores.")
    return data / "vision" / FOLDER / name


def create(data: Path, name: str, task: str) -> Project:
    """The project of that name, made if there is none; its task can't change."""
    folder = place_of(data, name)
    if task not in TASKS:
        raise BadConfig(f"There is no task {task!r}.", f"There is: {', '.join(TASKS)}.")
    folder.mkdir(parents=True, exist_ok=True)
    with _writing(folder):
        if not (folder / CARD).is_file():
            files.write_json(folder / CARD, {"task": task, "classes": [], "created_at": round(time.time(), 3)})
    project = load(data, name)
    if project.task != task:
        raise BadConfig(f"The project {name} is for {project.task}, not for {task}.", "Choose another name.")
    return project


def load(data: Path, name: str) -> Project:
    """A project by its name."""
    folder = place_of(data, name)
    if not (folder / CARD).is_file():
        there = ", ".join(each.name for each in _folders(data)) or "none yet"
        raise NotFound(f"There is no project called {name[:64]}.", f"There are: {there}. Make one with: trivium vision "
                       "import PHOTOS --task classification --name NAME")
    card = files.read_json(folder / CARD)
    try:
        project = Project(folder.name, folder, str(card["task"]), list(card["classes"]), float(card["created_at"]), {})
    except (KeyError, TypeError, ValueError):
        raise BadFile(f"{folder / CARD} is damaged.", "Restore it from a copy.") from None
    for line in _lines(folder / LOG):
        _apply(project, line)
    return project


def load_all(data: Path) -> list[Project]:
    """Every project, by name; a damaged one is passed over."""
    found = []
    for folder in _folders(data):
        try:
            found.append(load(data, folder.name))
        except StudioError:
            continue
    return found


def add(project: Project, items: Iterable[Item]) -> None:
    """Put pictures into the project; the last word on a picture counts."""
    rows = [{"op": "add", **asdict(item)} for item in items]
    with _writing(project.folder):
        _append(project.folder, rows)
        for row in rows:
            _apply(project, row)
        card = files.read_json(project.folder / CARD)
        new = sorted({item.label for item in project.labelled() if item.label} - set(card["classes"]))
        if new:
            files.write_json(project.folder / CARD, {**card, "classes": [*card["classes"], *new]})
    project.classes = [*card["classes"], *new]


def label(project: Project, sha256: str, name: str | None) -> None:
    """Say what a picture shows; a new class is made by using it."""
    if sha256 not in project.items:
        raise NotFound("There is no such picture in this project.", "It may have been removed.")
    add(project, [replace(project.items[sha256], label=name, doubts=[])])


def _apply(project: Project, line: dict[str, Any]) -> None:
    """One line of the log; what a newer version wrote and this one does not know is passed over."""
    if line.get("op") == "add":
        row = {name: line[name] for name in Item.__dataclass_fields__ if name in line}
        try:
            project.items[str(line["sha256"])] = Item(**row)
        except (KeyError, TypeError):
            return
    elif line.get("op") == "remove":
        project.items.pop(str(line.get("sha256")), None)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """The whole lines of a log; one that a crash cut off counts for nothing."""
    if not path.is_file():
        return
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                found = json.loads(line)
            except ValueError:
                continue
            if isinstance(found, dict):
                yield found


def _append(folder: Path, rows: list[dict[str, Any]]) -> None:
    """All lines in one write, synced; a line that was cut off before is closed first."""
    now = round(time.time(), 3)
    text = "".join(json.dumps({**row, "at": now}, ensure_ascii=False) + "\n" for row in rows).encode()
    path = folder / LOG
    with files.disk_full_guard():
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o644)
        size = os.fstat(fd).st_size
        try:
            if size and os.pread(fd, 1, size - 1) != b"\n":
                text = b"\n" + text
            files.write_all(fd, text)
            os.fsync(fd)
        except BaseException:
            os.ftruncate(fd, size)  # all of it or nothing
            raise
        finally:
            os.close(fd)


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    lock = FolderLock(folder / LOCK)
    if not lock.acquire(LOCK_PATIENCE_S):
        raise Busy(f"Somebody else is writing to {folder.name} just now.", "Try again in a moment.")
    try:
        yield
    finally:
        lock.release()


def _folders(data: Path) -> list[Path]:
    return sorted(card.parent for card in (data / "vision" / FOLDER).glob(f"*/{CARD}"))
