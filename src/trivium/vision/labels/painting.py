"""What people do to the masks of a segmentation project, and what a model is given of them.

As with boxes, each picture has a version; who paints says which one they have seen, and where somebody else was quicker
their mask stays, and the later one is told. Masks that a picture had are kept, so changes can be undone; how many:
`pruning.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from trivium.core.blobs import BlobStore
from trivium.errors import BadConfig, BadFile, NotFound
from trivium.vision.collect.pictures import VIEW_SIDE
from trivium.vision.labels.boxing import ChangedMeanwhile
from trivium.vision.labels.labelling import change_each
from trivium.vision.labels.mask_store import store_of
from trivium.vision.labels.masks import UNLABELLED, LabelledMask, counted
from trivium.vision.labels.planes import MOST_BYTES, Plane, packed, unpacked
from trivium.vision.labels.pruning import is_worth_it, prune
from trivium.vision.project import SEGMENTATION, Item, Project, record, writing


@dataclass(frozen=True)
class MaskChange:
    """A picture's mask in the project's class numbers, None where nobody has looked yet; `version` as in `Change`."""

    sha256: str
    plane: Plane | None
    version: int | None = None


def mask_size(width: int, height: int) -> tuple[int, int]:
    """Width and height of a picture's mask: the picture's own, or those of what is trained on where that is smaller."""
    scale = min(1.0, VIEW_SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def repaint(project: Project, changes: Sequence[MaskChange]) -> tuple[list[str], list[str]]:
    """(done, refused): pictures that have the wanted masks now, and those that another has changed meanwhile."""
    _only_segmentation(project)
    late = [change.sha256 for change in changes if change.sha256 in project.items
            and change.version not in (None, project.versions[change.sha256])]  # their numbers may be of other classes
    fresh, store = [change for change in changes if change.sha256 not in late], store_of(project)
    wanted = {change.sha256: _kept(project, change, store) for change in fresh}
    done, refused = change_each(project, fresh, lambda item: item.mask == wanted[item.sha256], _row(wanted.get))
    if is_worth_it(project, done):
        prune(project)
    return done, [*late, *refused]


def _row(wanted: Callable[[str], LabelledMask | None]) -> Callable[[str], dict[str, object]]:
    def row(sha256: str) -> dict[str, object]:
        mask = wanted(sha256)
        return {"op": "mask", "sha256": sha256, "mask": None if mask is None else asdict(mask)}

    return row


def _kept(project: Project, change: MaskChange, store: BlobStore) -> LabelledMask | None:
    """A mask, checked and on disk; one that says nothing of any pixel is none."""
    item, plane = project.items.get(change.sha256), change.plane
    if plane is None or item is None:
        return None
    size = mask_size(item.width, item.height)
    if plane.shape != (size[1], size[0]):
        raise BadConfig(f"The mask has {plane.shape[1]} x {plane.shape[0]} pixels, and the mask of {item.name[:200]} "
                        f"has {size[0]} x {size[1]}.", "Draw it in that size.")
    values = np.unique(plane)
    strange = [int(value) for value in values if len(project.classes) < value < UNLABELLED]
    if strange:
        raise BadConfig(f"The mask has the value {strange[0]}, and the project has {len(project.classes)} classes.",
                        "Use 0 for background, 1 for the first class and so on, 255 for what is not labelled.")
    if values.tolist() == [UNLABELLED]:
        return None
    return counted(plane, project.classes, store.put([packed(plane)], MOST_BYTES).sha256)


def undo(project: Project, sha256: str, version: int | None = None) -> None:
    """Give a picture the mask that it had before; once more, the one before that."""
    _only_segmentation(project)
    with writing(project):
        if sha256 not in project.items:
            raise NotFound("There is no such photo in this project.", "It may have been removed.")
        if version is not None and version != project.versions.get(sha256):
            raise ChangedMeanwhile(marks="mask")
        if not project.past_masks.get(sha256):
            raise NotFound("There is no earlier mask of this photo.", "It is as it came.")
        record(project, [{"op": "mask undo", "sha256": sha256}])


def plane_of(project: Project, item: Item) -> Plane | None:
    """A picture's mask in today's class numbers; None where nobody has looked yet."""
    if item.mask is None:
        return None
    try:
        content = store_of(project).path(item.mask.png).read_bytes()
        plane = unpacked(content, (item.mask.width, item.mask.height))
    except (OSError, ValueError, BadFile):
        raise BadFile(f"The mask of {item.name[:200]} is gone from the data folder, or damaged.",
                      "Draw it again, or undo the last change to it.") from None
    return np.asarray(item.mask.values(project.classes)[plane])


def _only_segmentation(project: Project) -> None:
    if project.task != SEGMENTATION:
        raise BadConfig(f"The project {project.name} is for {project.task}, which has no masks.",
                        "Make a project for segmentation.")
