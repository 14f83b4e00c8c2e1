"""The route by which every frame's event leaves, as JSON lines or as a table."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from trivium.vision.api.devices import Devices
from trivium.vision.devices import frames

router = APIRouter(tags=["vision devices"])
MEDIA = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}
Time = Annotated[float | None, Query(description="Unix seconds.")]


@router.get("/devices/frames", response_class=StreamingResponse)
def export_frames(devices: Devices, device: str | None = None, project: str | None = None, since: Time = None,
                  until: Time = None, limit: Annotated[int | None, Query(ge=1)] = None,
                  form: Annotated[Literal["jsonl", "csv"], Query(alias="format")] = "jsonl") -> StreamingResponse:
    """Every frame's event of projects that keep them, oldest first."""
    of = devices.get(device).id if device else None
    rows = frames.frames(devices.db, of, project, since, until, limit)
    return StreamingResponse(frames.lines(rows, form), media_type=MEDIA[form],
                             headers={"Content-Disposition": f'attachment; filename="frames.{form}"'})
