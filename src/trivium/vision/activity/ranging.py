"""What people do to the ranges of an activity project's videos, and the clips that these come to.

As with labels, each video has a version; who names ranges says which one they have seen, and where somebody else was
quicker their ranges stay, and the later one is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from trivium.errors import BadConfig, NotFound
from trivium.vision.activity.ranges import LabelledRange, checked
from trivium.vision.labels.labelling import change_each, class_name
from trivium.vision.project import ACTIVITY, Item, Project


@dataclass(frozen=True)
class RangeChange:
    """All ranges of a video, [] where nothing of interest is done, None where nobody has looked; `version` as in
    `labelling.Change`."""

    sha256: str
    ranges: Sequence[LabelledRange] | None
    version: int | None = None


def rerange(project: Project, changes: Sequence[RangeChange]) -> tuple[list[str], list[str]]:
    """(done, refused): videos that have the wanted ranges now, and those that another has changed meanwhile."""
    if project.task != ACTIVITY:
        raise BadConfig(f"The project {project.name} is for {project.task}, which has no ranges.",
                        "Make a project for activity.")
    wanted = {change.sha256: _named(project, change) for change in changes}

    def row(sha256: str) -> dict[str, Any]:
        ranges = wanted[sha256]
        return {"op": "ranges", "sha256": sha256,
                "ranges": None if ranges is None else [asdict(each) for each in ranges]}

    return change_each(project, changes, lambda item: item.ranges == wanted[item.sha256] and item.label is None, row)


def _named(project: Project, change: RangeChange) -> list[LabelledRange] | None:
    """Ranges as they are kept: within the video, their classes written in one way."""
    if change.ranges is None:
        return None
    item = project.items.get(change.sha256)
    if item is None:
        raise NotFound("There is no such video in this project.", "It may have been removed.")
    return checked((replace(each, label=class_name(each.label)) for each in change.ranges), item.duration_s)


def clips_in(item: Item) -> list[LabelledRange]:
    """The clips of a video: its ranges, or the whole where it has one class."""
    if item.label is not None:
        return [LabelledRange(item.label, 0.0, item.duration_s)]
    return list(item.ranges or ())
