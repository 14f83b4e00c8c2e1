"""The live stream: one Server-Sent Events connection a tab, for all runs or one.

A browser that lost its connection names the last event it saw (``Last-Event-ID``) and is told what it
missed, or told to fetch everything again (``reset``). Comments keep the line open; at shutdown the streams
end by themselves.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse

from trivium.core.views import LiveEvent
from trivium.errors import StudioError
from trivium.server.hub import MAX_SUBSCRIBERS, EventHub

KEEP_ALIVE_S = 15.0
RETRY_MS = 1500

router = APIRouter(prefix="/api/v1", tags=["events"])


class EventStream(StreamingResponse):
    media_type = "text/event-stream"


class TooManyStreams(StudioError):
    status = 503
    code = "too_many_streams"


@router.get("/events", response_class=EventStream, responses={200: {"model": LiveEvent}})
async def stream_events(
    request: Request,
    run: Annotated[str | None, Query(description="Only this run's events.", max_length=64)] = None,
    last_event_id: Annotated[str | None, Header(description="The last event that was seen.")] = None,
) -> EventStream:
    """What happens in all runs, as it happens. The data of each message is one of the models below."""
    hub: EventHub = request.app.state.hub
    if hub.closed or len(hub.subscribers) >= MAX_SUBSCRIBERS:
        raise TooManyStreams(
            "Too many pages are open at once.", "Close some tabs of the studio, then reload."
        )
    return EventStream(
        _stream(hub, run, last_event_id), headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )


async def _stream(hub: EventHub, run: str | None, last_id: str | None) -> AsyncIterator[bytes]:
    subscriber = hub.subscribe(run)  # before looking for the gap, so that nothing falls between
    try:
        newest, missed = await asyncio.to_thread(hub.gap, last_id, run)
        yield f"retry: {RETRY_MS}\n\n".encode()
        for message in missed:
            yield message.encode()
        yield f"id: {newest}\n\n".encode()  # no event, only the place to go on from
        while True:
            try:
                next_message = await asyncio.wait_for(subscriber.queue.get(), KEEP_ALIVE_S)
            except TimeoutError:
                yield b": still here\n\n"
                continue
            if next_message is None:
                return
            if next_message.id is None or next_message.id > newest:
                yield next_message.encode()
    finally:
        hub.unsubscribe(subscriber)
