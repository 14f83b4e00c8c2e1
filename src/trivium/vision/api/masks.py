"""The routes of masks: the mask of a photo as a PNG of one channel, a new one, none, and the one before."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from trivium.errors import NotFound
from trivium.vision.api.boxes import GONE
from trivium.vision.api.state import Name, Projects, Sha, upload_body
from trivium.vision.api.views import PhotoView, photo_view
from trivium.vision.labels.boxing import ChangedMeanwhile
from trivium.vision.labels.painting import MaskChange, mask_size, plane_of, repaint, undo
from trivium.vision.labels.planes import MOST_BYTES, Plane, packed, unpacked
from trivium.vision.library import Library
from trivium.vision.project import Item, Project

router = APIRouter(tags=["vision"])

Version = Annotated[int | None, Query(ge=0, description="The photo's version that was seen; left out where that "
                                                        "doesn't matter.")]
PNG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/png": {}}, "description": "The mask."}}
BODY = upload_body("A PNG of one channel with 8 bits: 0 background, k the k-th class, 255 not labelled.", MOST_BYTES)


@router.get("/projects/{name}/photos/{sha256}/mask", response_class=Response, responses=PNG)
def get_mask(name: Name, sha256: Sha, kept: Projects) -> Response:
    """A photo's mask as a PNG of one channel: 0 background, k the k-th class, 255 not labelled. Its ETag is the
    photo's version; 404 while nobody has looked."""
    with kept.open(name) as project:
        item, version = _item(project, sha256), project.versions[sha256]
        plane = plane_of(project, item)
    if plane is None:
        raise NotFound("This photo has no mask yet.", "Nobody has looked at it.")
    headers = {"ETag": f'"{version}"', "Cache-Control": "no-store"}
    return Response(packed(plane), media_type="image/png", headers=headers)


@router.put("/projects/{name}/photos/{sha256}/mask", openapi_extra=BODY)
async def set_mask(request: Request, name: Name, sha256: Sha, kept: Projects, version: Version = None) -> PhotoView:
    """Say which class each pixel of a photo belongs to. 409 where somebody else has changed the photo since that
    version; their mask stays."""
    body = await request.body()
    return await run_in_threadpool(_painted, kept, name, sha256, body, version)


@router.delete("/projects/{name}/photos/{sha256}/mask")
def delete_mask(name: Name, sha256: Sha, kept: Projects, version: Version = None) -> PhotoView:
    """As if nobody had looked at the photo. 409 as above; can be undone."""
    return _painted(kept, name, sha256, None, version)


@router.post("/projects/{name}/photos/{sha256}/mask:undo")
def undo_mask(name: Name, sha256: Sha, kept: Projects, version: Version = None) -> PhotoView:
    """The mask as it was before the last change to it; once more, the one before that. 404 where there is none."""
    with kept.open(name) as project:
        _item(project, sha256)
        undo(project, sha256, version)
        return photo_view(project, sha256)


def _painted(kept: Library, name: str, sha256: str, body: bytes | None, version: int | None) -> PhotoView:
    with kept.open(name) as project:
        item = _item(project, sha256)
    plane: Plane | None = None if body is None else unpacked(body, mask_size(item.width, item.height))
    with kept.open(name) as project:  # the file is read while others may use the projects
        _, refused = repaint(project, [MaskChange(sha256, plane, version)])
        if refused:
            raise ChangedMeanwhile(marks="mask")
        return photo_view(project, sha256)


def _item(project: Project, sha256: str) -> Item:
    if sha256 not in project.items:
        raise NotFound(*GONE)
    return project.items[sha256]
