"""The routes of boxes: a photo with its own, and new ones for one or many."""

from __future__ import annotations

from fastapi import APIRouter

from trivium.errors import NotFound
from trivium.vision.api_state import Name, Projects, Sha
from trivium.vision.boxes import LabelledBox
from trivium.vision.boxing import BoxChange, ChangedMeanwhile, rebox
from trivium.vision.project import Project
from trivium.vision.views import BoxView, Drawing, LabelOutcome, PhotoBoxes, PhotoView, photo_view

router = APIRouter(tags=["vision"])

LONG_JSON = {"x-max-bytes": 24_000_000}  # 20,000 photos with some boxes each; the gate counts by it
GONE = "There is no such photo in this project.", "It may have been removed."


@router.get("/projects/{name}/photos/{sha256}")
def get_photo(name: Name, sha256: Sha, kept: Projects) -> PhotoView:
    """One photo of a project, with its boxes and its version."""
    with kept.open(name) as project:
        return _photo(project, sha256)


@router.put("/projects/{name}/photos/{sha256}/boxes")
def set_boxes(name: Name, sha256: Sha, body: PhotoBoxes, kept: Projects) -> PhotoView:
    """Say where what is on a photo: all its boxes, [] where nothing is. 409 where somebody else has changed the photo
    since that version; their boxes stay."""
    with kept.open(name) as project:
        _photo(project, sha256)
        _, refused = rebox(project, [BoxChange(sha256, _boxes(body.boxes), body.version)])
        if refused:
            raise ChangedMeanwhile
        return _photo(project, sha256)


@router.post("/projects/{name}/boxes", openapi_extra=LONG_JSON)
def draw_boxes(name: Name, body: Drawing, kept: Projects) -> LabelOutcome:
    """The same for many photos. Those that somebody else has changed since their version keep their boxes, and are
    told."""
    changes = [BoxChange(each.sha256, _boxes(each.boxes), each.version) for each in body.changes]
    with kept.open(name) as project:
        done, refused = rebox(project, changes)
        return LabelOutcome(done=[photo_view(project, each) for each in done],
                            refused=[photo_view(project, each) for each in refused if each in project.items],
                            gone=[each for each in refused if each not in project.items])


def _photo(project: Project, sha256: str) -> PhotoView:
    if sha256 not in project.items:
        raise NotFound(*GONE)
    return photo_view(project, sha256)


def _boxes(rows: list[BoxView] | None) -> list[LabelledBox] | None:
    if rows is None:
        return None
    return [LabelledBox(row.label, (row.xyxy[0], row.xyxy[1], row.xyxy[2], row.xyxy[3])) for row in rows]
