"""The routes of watching: begin, look at it live, stop.

The live view is a WebSocket that sends, for each look, the event as text and then its picture as a JPEG; whoever is
slow simply sees fewer, while of a film every frame is looked at. Cameras, the demo and films that the page brought are
watched from a page; files of the studio's machine are named on its command line only, so that no page can make the
studio open one.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field

from trivium.core.once import once
from trivium.core.spec import RUN_ID
from trivium.errors import BadConfig, NotFound
from trivium.vision.api.films import PREFIX, Brought, Films
from trivium.vision.api.state import Index
from trivium.vision.events.event import Event
from trivium.vision.events.rules import Rule, Rules
from trivium.vision.events.rules import parse as parse_rules
from trivium.vision.stream.address import Address, parse
from trivium.vision.stream.config import WatchConfig
from trivium.vision.stream.service import Watching, Watchings

router = APIRouter(tags=["vision watching"])
GONE, OVER = 4404, 1000
LOOK_S = 1.0
THREADS = 2

WatchId = Annotated[str, Path(pattern=r"^[0-9A-Za-z_-]{1,64}$", description="What is watched.")]


class NewWatch(BaseModel):
    """What to watch, with which model."""

    model_config = ConfigDict(extra="forbid")

    run: str = Field(pattern=RUN_ID, description="A training's id.")
    source: str = Field("demo", max_length=2000, description="demo, usb:0, rtsp://... or http://... (MJPEG), or "
                        "a film that was brought.")
    config: WatchConfig = Field(default_factory=WatchConfig)
    rules: list[Rule] = Field(default_factory=list, max_length=100)


class WatchView(BaseModel):
    """A source that is watched."""

    id: str
    run: str
    project: str
    model: str
    source: str
    begun_at: float
    state: str = Field(description="connecting, live, stalled, reconnecting, ended or failed.")
    message: str
    seen: int = Field(description="Frames that were looked at.")
    frames_per_s: float | None
    latency_ms: float | None = Field(description="From a frame's arrival to its event, in the median.")
    latency_p95_ms: float | None
    last: Event | None
    news: list[dict[str, Any]] = Field(description="What settled, rules that came true, cameras that stopped; newest "
                                       "first.")


def watchings(request: Request) -> Watchings:
    """Those of this server."""
    return watchings_of(request.app)


def watchings_of(app: Any) -> Watchings:
    return once(app.state, "vision_watchings", Watchings)


Them = Annotated[Watchings, Depends(watchings)]


@router.get("/watches")
def list_watches(them: Them) -> list[WatchView]:
    """What the studio watches now."""
    return [view_of(each) for each in them.list()]


@router.post("/watches", status_code=201)
def begin_watch(them: Them, index: Index, brought: Brought, body: NewWatch) -> WatchView:
    """Watch a camera or a film with a training's model."""
    from trivium.vision.stream.model import open_model
    from trivium.vision.stream.watch import Watch

    with source_of(body.source, brought) as address:
        apart = not address.live and not body.config.realtime
        model = open_model(index.folder(body.run), threads=THREADS, apart=apart)
        rules = parse_rules(Rules(rules=body.rules).model_dump(), model.classes).rules
        return view_of(them.begin(body.run, Watch(model, address, body.config), rules))


@router.get("/watches/{watch_id}")
def get_watch(them: Them, watch_id: WatchId) -> WatchView:
    """How it goes."""
    return view_of(them.get(watch_id))


@router.delete("/watches/{watch_id}", status_code=204)
def stop_watch(them: Them, watch_id: WatchId) -> Response:
    """Stop watching."""
    them.stop(watch_id)
    return Response(status_code=204)


@router.websocket("/watches/{watch_id}/live")
async def live_watch(websocket: WebSocket, watch_id: str) -> None:
    """For each look an event as text and its picture as JPEG; the newest, whenever the page is ready."""
    await websocket.accept()
    try:
        watching = watchings_of(websocket.app).get(watch_id)
    except NotFound as error:
        await websocket.close(GONE, error.message)
        return
    leaving = asyncio.create_task(_until_left(websocket))
    seen = 0
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while not leaving.done() and not websocket.app.state.hub.closed:
            found = await asyncio.to_thread(watching.newer, seen, LOOK_S)
            if found is not None:
                seen, event, view = found
                await websocket.send_text(event.line())
                await websocket.send_bytes(view)
            elif watching.over:
                await websocket.close(OVER, (watching.state.message or "It has ended.")[:100])
                break
    leaving.cancel()


async def _until_left(websocket: WebSocket) -> None:
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


def source_of(source: str, brought: Films) -> contextlib.AbstractContextManager[Address]:
    """A film that was brought, or a camera."""
    return brought.opened(source) if source.startswith(PREFIX) else contextlib.nullcontext(camera_of(source))


def camera_of(source: str) -> Address:
    """A camera or the demo; refused where it is a file, or an address that is never called."""
    if "://" not in source and not source.startswith(("demo", "usb", "/dev/video")):
        raise BadConfig("Only cameras and the demo are watched from here.",
                        "Files of the studio's machine: trivium vision run RUN --source FILE")
    address = parse(source)
    if not address.live:
        raise BadConfig("Only cameras and the demo are watched from here.", "Name a camera, or demo.")
    return address


def view_of(watching: Watching) -> WatchView:
    watch = watching.watch
    return WatchView(id=watching.id, run=watching.run, project=watch.model.project, model=watch.model.version,
                     source=watch.address.shown, begun_at=watching.begun_at, state=watching.state.state,
                     message=watching.state.message, seen=watching.number, last=watching.event,
                     news=list(watching.news)[:50], **watching.figures())
