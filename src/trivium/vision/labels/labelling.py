"""What is done to pictures that are in a project already: labels, classes, removals, all of which can be undone.

Each picture has a version that rises with everything that is done to it. Who labels says which version they have seen;
where somebody else was quicker, their label stays, and the later one is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from trivium.errors import BadConfig, NameTaken, NotFound
from trivium.vision.labels.masks import MOST_CLASSES
from trivium.vision.project import (
    DETECTION,
    MAX_CLASS_NAME,
    SEGMENTATION,
    WITH_CLASSES,
    Item,
    Project,
    one_line,
    record,
    writing,
)

MAX_CLASSES = 1000


class Versioned(Protocol):
    """A change to a picture by somebody who has seen this version of it, None where that does not matter."""

    @property
    def sha256(self) -> str: ...

    @property
    def version(self) -> int | None: ...


@dataclass(frozen=True)
class Change:
    """A label for a picture; `version` is the one that its labeller has seen, None where that does not matter."""

    sha256: str
    label: str | None
    version: int | None = None


def class_name(text: str) -> str:
    """A class's name as it is kept: one line, one way of writing each letter."""
    name = one_line(text)
    if not name or len(name) > MAX_CLASS_NAME or not name.isprintable():
        raise BadConfig("This can't be the name of a class.", f"Use 1 to {MAX_CLASS_NAME} letters on one line.")
    return name


def relabel(project: Project, changes: Sequence[Change]) -> tuple[list[str], list[str]]:
    """(labelled, refused): pictures that have the wanted label now, and those that another has labelled meanwhile."""
    if project.task not in WITH_CLASSES:
        raise BadConfig(f"The project {project.name} is for {project.task}: its photos have no class of their own.",
                        "Draw boxes instead." if project.task == DETECTION else "Paint masks instead.")
    wanted = {change.sha256: None if change.label is None else class_name(change.label) for change in changes}
    return change_each(project, changes, lambda item: item.label == wanted[item.sha256] and item.ranges is None,
                       lambda sha256: {"op": "label", "sha256": sha256, "label": wanted[sha256]})


def change_each(project: Project, changes: Sequence[Versioned], is_so: Callable[[Item], bool],
                row: Callable[[str], dict[str, Any]]) -> tuple[list[str], list[str]]:
    """(done, refused): pictures that are as wanted now, and those that are gone or that another has changed meanwhile.

    `is_so` says whether a picture is as wanted already, `row` is the line of the log that makes it so.
    """
    done: list[str] = []
    refused: list[str] = []
    with writing(project):
        rows = []
        for change in changes:
            item = project.items.get(change.sha256)
            if item is None:
                refused.append(change.sha256)
            elif is_so(item) and not item.doubts:
                done.append(change.sha256)
            elif change.version is not None and change.version != project.versions.get(change.sha256):
                refused.append(change.sha256)
            else:
                rows.append(row(change.sha256))
                done.append(change.sha256)
        record(project, rows)
    return done, refused


def remove(project: Project, pictures: Iterable[str]) -> list[str]:
    """Take pictures out of the project; those that were in it."""
    with writing(project):
        found = [sha256 for sha256 in dict.fromkeys(pictures) if sha256 in project.items]
        record(project, [{"op": "remove", "sha256": sha256} for sha256 in found])
    return found


def restore(project: Project, pictures: Iterable[str]) -> list[str]:
    """Bring removed pictures back, with the labels they had; those that could be."""
    with writing(project):
        found = [sha256 for sha256 in dict.fromkeys(pictures) if sha256 in project.removed]
        record(project, [{"op": "restore", "sha256": sha256} for sha256 in found])
    return found


def doubt(project: Project, reasons: Iterable[tuple[str, str]]) -> None:
    """Note why a person should look at a picture's label, once for each reason."""
    with writing(project):
        record(project, [{"op": "doubt", "sha256": sha256, "text": text} for sha256, text in reasons
                         if sha256 in project.items and text not in project.items[sha256].doubts])


def add_class(project: Project, text: str) -> str:
    """Make a class that has no pictures yet; its name."""
    name = class_name(text)
    with writing(project):
        if name in project.classes:
            raise NameTaken(f"There is already a class '{name}'.", "Choose another name.")
        if len(project.classes) >= MAX_CLASSES:
            raise BadConfig(f"A project has at most {MAX_CLASSES:,} classes.", "Put some of them together.")
        _refuse_more_than_fit_a_mask(project, 1)
        record(project, [{"op": "class", "name": name}])
    return name


def add_classes(project: Project, names: Sequence[str]) -> None:
    """Make those of the classes that are not there, in this order."""
    with writing(project):
        fresh = [name for name in names if name not in project.classes]
        _refuse_more_than_fit_a_mask(project, len(fresh))
        record(project, [{"op": "class", "name": class_name(name)} for name in fresh[:MAX_CLASSES]])


def rename_class(project: Project, old: str, text: str) -> str:
    """Give a class another name; where that is a class already, the two become one."""
    name = class_name(text)
    with writing(project):
        known(project, old)
        record(project, [{"op": "rename class", "from": old, "to": name}] if name != old else [])
    return name


def delete_class(project: Project, name: str) -> int:
    """Delete a class; how many pictures had it. Labelled ones have none now, boxes of it
    are gone, its pixels in masks are background."""
    with writing(project):
        known(project, name)
        count = sum(name in item.shown for item in project.items.values())
        record(project, [{"op": "rename class", "from": name, "to": None}])
    return count


def _refuse_more_than_fit_a_mask(project: Project, more: int) -> None:
    if project.task == SEGMENTATION and len(project.classes) + more > MOST_CLASSES:
        raise BadConfig(f"A project for segmentation has at most {MOST_CLASSES} classes: a mask has no numbers for "
                        "more.", "Put some of them together.")


def known(project: Project, name: str) -> None:
    if name not in project.classes:
        raise NotFound(f"There is no class '{name[:MAX_CLASS_NAME]}' in this project.",
                       f"There are: {', '.join(project.classes) or 'none yet'}.")
