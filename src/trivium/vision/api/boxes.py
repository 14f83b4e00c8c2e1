"""The routes of boxes: a photo with its own, and new ones for one or many."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from trivium.core.spec import RUN_ID
from trivium.errors import NotFound
from trivium.vision.api.state import Index, Name, Projects, Sha
from trivium.vision.api.views import BoxView, Drawing, LabelOutcome, PhotoBoxes, PhotoView, Sha256, photo_view
from trivium.vision.labels.boxes import LabelledBox
from trivium.vision.labels.boxing import BoxChange, ChangedMeanwhile, rebox
from trivium.vision.project import Project

router = APIRouter(tags=["vision"])

LONG_JSON = {"x-max-bytes": 24_000_000}  # 20,000 photos with some boxes each; the gate counts by it
GONE = "There is no such photo in this project.", "It may have been removed."


AT_ONCE = 32  # photos that a page may ask a model about
RunQuery = Annotated[str, Query(pattern=RUN_ID, description="A finished training's id.")]
Photos = Annotated[list[Sha256], Query(min_length=1, max_length=AT_ONCE, description="Photos by their sha256.")]


class ProposedBox(BoxView):
    """A box that a model would draw."""

    confidence: float


class ProposalView(BaseModel):
    """What a model would draw on a photo, the surest first."""

    sha256: str
    boxes: list[ProposedBox]


class DoubtReason(BaseModel):
    """A box that a model would draw and nobody has, or another class there; or one that it does not find."""

    kind: Literal["not drawn", "other class", "not found"]
    label: str
    there: str | None = Field(description="The class that is drawn there.")
    xyxy: tuple[float, float, float, float]
    doubt: float


class DoubtfulPhoto(BaseModel):
    """A photo whose boxes a model doubts."""

    sha256: str
    name: str
    doubt: float
    reasons: list[DoubtReason]


@router.get("/projects/{name}/proposals")
def list_proposals(
    name: Name, kept: Projects, index: Index, run: RunQuery, photo: Photos,
    threshold: Annotated[float | None, Query(ge=0, le=1, description="Left out: the model's own.")] = None,
) -> list[ProposalView]:
    """The boxes that a detector would draw on these photos."""
    from trivium.vision.detection.proposing import propose

    folder = index.folder(run)
    with kept.open(name) as project:
        there = [sha256 for sha256 in photo if sha256 in project.items]
    found = propose(folder, project, there, kept.store, threshold)
    return [ProposalView.model_validate({"sha256": sha256, "boxes": [box.model_dump() for box in boxes]})
            for sha256, boxes in found.items()]


@router.get("/projects/{name}/box-doubts")
def list_doubtful_boxes(name: Name, kept: Projects, index: Index, run: RunQuery,
                        everything: bool = False) -> list[DoubtfulPhoto]:
    """Photos whose boxes a detector doubts, the most doubtful first: held-out ones, or with `everything` all."""
    from trivium.vision.detection.proposing import doubtful_boxes

    folder = index.folder(run)
    with kept.open(name) as project:
        now = replace(project, items=dict(project.items))  # to look at all takes long, and nobody has to wait for it
    return [DoubtfulPhoto.model_validate(row) for row in doubtful_boxes(folder, now, kept.store, everything)]


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
