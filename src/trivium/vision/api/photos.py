"""The routes of photos: lists for grids of any length, thumbnails, labels, removal and its undoing, suggestions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse

from trivium.errors import NotFound
from trivium.vision.api.state import Index, Limit, Name, Offset, Projects, Sha
from trivium.vision.api.views import (
    Changed,
    Labelling,
    LabelOutcome,
    PhotoChoice,
    PhotoPage,
    Show,
    SuggestionView,
    photo_view,
)
from trivium.vision.collect.checks import KINDS
from trivium.vision.collect.store import THUMBNAIL
from trivium.vision.labels import labelling

router = APIRouter(tags=["vision"])

LONG_JSON = {"x-max-bytes": 6_000_000}  # 20,000 photos; the gate counts by it
FOR_EVER = {"Cache-Control": "private, max-age=31536000, immutable"}  # the address names the content
PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/jpeg": {}, "image/png": {}}, "description": "The picture."}}


@router.get("/projects/{name}/photos")
def list_photos(
    name: Name, kept: Projects, show: Show = "all",
    label: Annotated[str | None, Query(max_length=100, alias="class")] = None,
    newest_first: bool = False, offset: Offset = 0, limit: Limit = 200,
) -> PhotoPage:
    """Photos of a project by the order of their arrival, a page at a time."""
    with kept.open(name) as project:
        found = [item.sha256 for item in project.items.values()
                 if KINDS[show](item) and (label is None or label in item.shown)]
        if newest_first:
            found.reverse()
        return PhotoPage(total=len(found), items=[photo_view(project, each) for each in found[offset:offset + limit]])


@router.post("/projects/{name}/labels", openapi_extra=LONG_JSON)
def label_photos(name: Name, body: Labelling, kept: Projects) -> LabelOutcome:
    """Say what photos show. A photo that somebody else has changed since its version keeps their label, and is told."""
    changes = [labelling.Change(each.sha256, each.label, each.version) for each in body.changes]
    with kept.open(name) as project:
        done, refused = labelling.relabel(project, changes)
        there = [each for each in refused if each in project.items]
        return LabelOutcome(done=[photo_view(project, each) for each in done],
                            refused=[photo_view(project, each) for each in there],
                            gone=[each for each in refused if each not in project.items])


@router.post("/projects/{name}/photos:remove", openapi_extra=LONG_JSON)
def remove_photos(name: Name, body: PhotoChoice, kept: Projects) -> Changed:
    """Take photos out of a project; they can be brought back."""
    with kept.open(name) as project:
        return Changed(photos=labelling.remove(project, body.photos))


@router.post("/projects/{name}/photos:restore", openapi_extra=LONG_JSON)
def restore_photos(name: Name, body: PhotoChoice, kept: Projects) -> Changed:
    """Bring removed photos back, with the labels they had."""
    with kept.open(name) as project:
        return Changed(photos=labelling.restore(project, body.photos))


@router.get("/projects/{name}/suggestions")
def list_suggestions(
    name: Name, kept: Projects, index: Index,
    run: Annotated[str, Query(pattern=r"^[0-9A-Za-z_-]{1,64}$", description="A finished training's id.")],
) -> list[SuggestionView]:
    """A model's label for each photo that has none, and for each whose label it doubts; the surest first."""
    from trivium.vision.classification.results import suggestions

    folder = index.folder(run)
    with kept.open(name) as project:
        items = list(project.items.values())
    return [SuggestionView.model_validate(row, extra="ignore") for row in suggestions(folder, items, kept.store)]


@router.get("/pictures/{sha256}/thumbnail", response_class=Response, responses=PICTURE)
def get_thumbnail(sha256: Sha, kept: Projects) -> Response:
    """A small JPEG of a photo, 256 pixels at most."""
    return _picture(kept.store.derived(THUMBNAIL, sha256))


@router.get("/pictures/{sha256}", response_class=Response, responses=PICTURE)
def get_picture(sha256: Sha, kept: Projects) -> Response:
    """A photo as it is trained on: upright, without EXIF data, no larger than needed."""
    return _picture(kept.store.view(sha256))


def _picture(path: Path) -> Response:
    try:
        with path.open("rb") as file:
            is_png = file.read(4) == b"\x89PNG"
    except FileNotFoundError:
        raise NotFound("There is no such picture.", "It may have been deleted with its project.") from None
    return FileResponse(path, media_type="image/png" if is_png else "image/jpeg", headers=FOR_EVER)
