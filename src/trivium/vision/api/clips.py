"""The routes of clips: the ranges of a video, and the strip of frames that pages play."""

from __future__ import annotations

import base64

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse
from starlette.concurrency import run_in_threadpool

from trivium.core.task_queue import UPLOAD, receive
from trivium.errors import NotFound
from trivium.vision.activity.ranging import RangeChange, rerange
from trivium.vision.activity.strips import STRIP
from trivium.vision.activity.views import ClipVerdict, VideoRanges, ranges_in
from trivium.vision.api.photos import FOR_EVER, PICTURE
from trivium.vision.api.state import Arriving, FileName, Index, Name, Projects, RunId, Sha, upload_body
from trivium.vision.api.views import PhotoView, photo_view
from trivium.vision.collect.store import PICTURE_CAP_BYTES
from trivium.vision.finished import training
from trivium.vision.labels.boxing import ChangedMeanwhile
from trivium.vision.project import ACTIVITY

router = APIRouter(tags=["vision"])


@router.put("/projects/{name}/photos/{sha256}/ranges")
def set_ranges(name: Name, sha256: Sha, body: VideoRanges, kept: Projects) -> PhotoView:
    """Say what a video shows from when to when: all its ranges, [] where nothing of interest is done. 409 where
    somebody else has changed the video since that version; their ranges stay."""
    with kept.open(name) as project:
        if sha256 not in project.items:
            raise NotFound("There is no such clip in this project.", "It may have been removed.")
        _, refused = rerange(project, [RangeChange(sha256, ranges_in(body.ranges), body.version)])
        if refused:
            raise ChangedMeanwhile("clip", "ranges")
        return photo_view(project, sha256)


@router.post("/trainings/{run_id}/classify:clip", openapi_extra=upload_body("A video.", PICTURE_CAP_BYTES))
async def classify_clip(request: Request, run_id: RunId, index: Index, arriving: Arriving,
                        file: FileName) -> ClipVerdict:
    """What a film shows from when to when. It is read in a confined process, and not kept."""
    from trivium.vision.activity.spans import spans

    run = await run_in_threadpool(index.folder, run_id)
    await run_in_threadpool(training, run, ACTIVITY)
    folder = arriving.room()
    try:
        await receive(request.stream(), folder / UPLOAD, "Choose a video.")
        found = await run_in_threadpool(spans, run, folder / UPLOAD, file)
    finally:
        arriving.clear(folder)
    strip = base64.b64encode(found.pop("strip")).decode()
    return ClipVerdict.model_validate({**found, "strip": strip}, extra="ignore")


@router.get("/pictures/{sha256}/strip", response_class=Response, responses=PICTURE)
def get_strip(sha256: Sha, kept: Projects) -> Response:
    """Frames of a video in one JPEG, ten in a row: for a short one eight a second, for a long one spread evenly."""
    path = kept.store.derived(STRIP, sha256)
    if not path.is_file():
        raise NotFound("There is no such video.", "It may have been deleted with its project.")
    return FileResponse(path, media_type="image/jpeg", headers=FOR_EVER)
