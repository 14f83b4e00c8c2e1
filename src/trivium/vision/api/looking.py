"""The route of a look: what is where on a frame of a page's camera, film or photo, by boxes or masks."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from trivium.errors import BadFile
from trivium.vision.api.state import Index, RunId, upload_body
from trivium.vision.events.event import Box, Guess, Mask

router = APIRouter(tags=["vision"])

FRAME_SIDE = 1024  # pixels
TOP = 5


class Look(BaseModel):
    """What a detector or a segmentation model sees."""

    label: str | None = Field(description="The surest thing, or what covers most; null where nothing is seen.")
    confidence: float | None
    top: list[Guess]
    boxes: list[Box] | None = Field(None, description="Of a detector, the surest first.")
    masks: list[Mask] | None = Field(None, description="Of a segmentation model, the largest first.")


@router.post("/trainings/{run_id}/look:frame",
             openapi_extra=upload_body("Pixels, row by row, RGBA with 8 bits each.", 4 * FRAME_SIDE**2))
async def look_at_frame(
    request: Request, run_id: RunId, index: Index, width: Annotated[int, Query(ge=8, le=FRAME_SIDE)],
    height: Annotated[int, Query(ge=8, le=FRAME_SIDE)],
    threshold: Annotated[float | None, Query(ge=0, le=1, description="Left out: the model's own.")] = None,
) -> Look:
    """What is where on a frame, by a detector or a segmentation model. Pixels and not a file, as for classes."""
    from trivium.vision.stream.ready import look_at_pixels

    pixels = await request.body()
    if len(pixels) != 4 * width * height:
        raise BadFile("These are not as many pixels as width and height say.", "Send width x height x 4 bytes.")
    folder = await run_in_threadpool(index.folder, run_id)
    seen = await run_in_threadpool(look_at_pixels, folder, pixels, (width, height), TOP, threshold)
    best = seen.top[0] if seen.top else None
    return Look(label=best and best.label, confidence=best and best.probability, top=seen.top, boxes=seen.boxes,
                masks=seen.masks)
