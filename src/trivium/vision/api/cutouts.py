"""The route of cut-outs: a photo without its background."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from trivium.core.task_queue import UPLOAD, receive
from trivium.vision.api.state import Arriving, Index, RunId, upload_body
from trivium.vision.collect.store import PICTURE_CAP_BYTES

router = APIRouter(tags=["vision"])

SHARE = "X-Share-Kept"  # a header: how much of the picture is kept, 0 to 1
CHOOSE = "Choose a photo."
PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/png": {}, "image/jpeg": {}},
          "description": f"PNG with transparency, or JPEG with a background; {SHARE}: how much of it is kept, 0 to 1."}}


@router.post("/trainings/{run_id}/cutout", response_class=Response, responses=PICTURE,
             openapi_extra=upload_body("A photo.", PICTURE_CAP_BYTES))
async def cut_out_photo(
    request: Request, run_id: RunId, index: Index, arriving: Arriving,
    label: Annotated[str | None, Query(max_length=100, description="Keep this class alone.")] = None,
    background: Annotated[str | None, Query(max_length=40, description="blur or a colour; left out: nothing.")] = None,
) -> Response:
    """Cut what a segmentation model knows out of a photo. It is read in a confined process, and not kept."""
    from trivium.vision.segmentation.cutout import cut_out

    run = await run_in_threadpool(index.folder, run_id)
    folder = arriving.room()
    try:
        await receive(request.stream(), folder / UPLOAD, CHOOSE)
        made = await run_in_threadpool(lambda: cut_out(run, (folder / UPLOAD).read_bytes(), label, background))
    finally:
        arriving.clear(folder)
    return Response(made.content, media_type=f"image/{made.format.lower()}",
                    headers={SHARE: f"{made.share:.5f}", "Cache-Control": "no-store"})
