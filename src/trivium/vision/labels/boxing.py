"""What people do to the boxes of a detection project, and what a detector is given of them.

As with labels, each picture has a version; who draws says which one they have seen, and where somebody else was quicker
their boxes stay, and the later one is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from trivium.errors import BadConfig, StudioError
from trivium.vision.labels.boxes import LabelledBox, checked
from trivium.vision.labels.labelling import change_each, class_name
from trivium.vision.project import DETECTION, Project


class ChangedMeanwhile(StudioError):
    """Somebody else was quicker."""

    status = 409
    code = "changed_meanwhile"

    def __init__(self, thing: str = "photo", marks: str = "boxes") -> None:
        super().__init__(f"Somebody else has changed this {thing} meanwhile.", f"Look at their {marks}, then decide.")


@dataclass(frozen=True)
class BoxChange:
    """All boxes of a picture, [] where nothing is there, None where nobody has looked yet; `version` as in `Change`."""

    sha256: str
    boxes: Sequence[LabelledBox] | None
    version: int | None = None


@dataclass(frozen=True)
class BoxedPhoto:
    """A picture that somebody has looked at, with what is on it."""

    sha256: str
    width: int  # pixels, upright
    height: int
    boxes: tuple[LabelledBox, ...]


def detection_photos(project: Project) -> list[BoxedPhoto]:
    """What a detector learns from, in the order of the hashes so that the order of arrival changes nothing."""
    return [BoxedPhoto(item.sha256, item.width, item.height, tuple(item.boxes))
            for item in sorted(project.items.values(), key=lambda item: item.sha256) if item.boxes is not None]


def rebox(project: Project, changes: Sequence[BoxChange]) -> tuple[list[str], list[str]]:
    """(done, refused): pictures that have the wanted boxes now, and those that another has changed meanwhile."""
    if project.task != DETECTION:
        raise BadConfig(f"The project {project.name} is for {project.task}, which has no boxes.",
                        "Make a project for detection.")
    wanted = {change.sha256: _named(change.boxes) for change in changes}

    def row(sha256: str) -> dict[str, Any]:
        boxes = wanted[sha256]
        return {"op": "boxes", "sha256": sha256, "boxes": None if boxes is None else [asdict(box) for box in boxes]}

    return change_each(project, changes, lambda item: item.boxes == wanted[item.sha256], row)


def _named(boxes: Sequence[LabelledBox] | None) -> list[LabelledBox] | None:
    """Boxes as they are kept: clipped, their classes written in one way."""
    if boxes is None:
        return None
    return checked(LabelledBox(class_name(box.label), box.xyxy) for box in boxes)
