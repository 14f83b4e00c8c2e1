"""The routes of inference functions: the library with its versions, and trying one."""

from __future__ import annotations

import base64
import binascii
import threading
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from trivium.core.spec import RUN_ID
from trivium.errors import BadFile, Busy
from trivium.vision.api.state import Data, Index
from trivium.vision.api.watch import camera_of
from trivium.vision.events.event import Event
from trivium.vision.functions import library

router = APIRouter(tags=["vision functions"])
AT_ONCE = threading.BoundedSemaphore(2)  # trials; each is a process of its own
CAP_BYTES = 40_000_000

FunctionName = Annotated[str, Path(pattern=f"^{library.NAME.pattern}$", description="Letters, digits, spaces, _ . -")]
Wanted = Annotated[str, Field(pattern=r"^[0-9a-f]{1,64}$", description="Its number, or the beginning of its sha256.")]


class FunctionVersion(BaseModel):
    """One save of a function."""

    number: int
    version: str = Field(description="The beginning of the code's sha256.")
    at: float = Field(description="Unix seconds.")
    note: str


class FunctionView(BaseModel):
    """A function on a camera's frames."""

    id: str
    title: str
    summary: str
    code: str
    source: Literal["example", "saved"]
    version: str | None
    versions: list[FunctionVersion] = Field(description="Newest first.")


class FunctionCode(BaseModel):
    """A function to keep."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(max_length=library.MOST_BYTES)
    note: str = Field("", max_length=200, description="What has changed.")
    seen: str | None = Field(None, max_length=64, description="The version that was changed, empty for a new function: "
                             "409 where somebody else has saved another one meanwhile.")


class RestoredVersion(BaseModel):
    """The version to go back to."""

    model_config = ConfigDict(extra="forbid")

    version: Wanted


class TrialMoment(BaseModel):
    """A moment to try a function on: a picture, a recorded event, or both."""

    model_config = ConfigDict(extra="forbid")

    picture: str | None = Field(None, max_length=14_000_000, description="A JPEG in base64.")
    event: Event | None = None


class FunctionTrial(BaseModel):
    """What to try, and on what."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(max_length=library.MOST_BYTES)
    run: str | None = Field(None, pattern=RUN_ID, description="The training whose model it has.")
    source: str = Field("demo", max_length=2000, description="demo, or a camera, as for watching.")
    moments: list[TrialMoment] | None = Field(None, max_length=library.MOST_FRAMES, description="In place of a camera.")
    frames: int = Field(library.FRAMES, ge=1, le=library.MOST_FRAMES)


class SaidLine(BaseModel):
    """Something that a function printed, published or returned."""

    kind: Literal["print", "message", "return"]
    topic: str | None
    text: str


class TriedFrame(BaseModel):
    """A frame, and what the function said at it."""

    number: int
    picture: str | None = Field(description="A JPEG in base64.")
    label: str | None = Field(description="Of a recorded event.")
    took_ms: float | None = Field(description="How long it had the frame, its model included.")
    said: list[SaidLine]


class FunctionFault(BaseModel):
    """What is wrong with a function."""

    line: int | None
    message: str
    hint: str


class TriedFunction(BaseModel):
    """What came of trying a function."""

    ok: bool
    error: FunctionFault | None
    before: list[SaidLine] = Field(description="Before its first frame.")
    frames: list[TriedFrame]
    ended: str


@router.get("/functions")
def list_vision_functions(data: Data) -> list[FunctionView]:
    """Our examples, then the user's own, newest version of each."""
    return [_view(each) for each in library.list_functions(data)]


@router.get("/functions/{name}")
def get_vision_function(name: FunctionName, data: Data,
                        version: Annotated[str | None, Query(pattern=r"^[0-9a-f]{1,64}$")] = None) -> FunctionView:
    """A function, its newest version or a certain one."""
    return _view(library.load_function(data, name, version))


@router.put("/functions/{name}")
def save_vision_function(name: FunctionName, body: FunctionCode, data: Data) -> FunctionView:
    """Keep a function; each save that changes it keeps the versions before."""
    return _view(library.save_function(data, name, body.code, body.note, body.seen))


@router.post("/functions/{name}/restore")
def restore_vision_function(name: FunctionName, body: RestoredVersion, data: Data) -> FunctionView:
    """Let an earlier version be the newest again."""
    return _view(library.restore_function(data, name, body.version))


@router.delete("/functions/{name}", status_code=204)
def delete_vision_function(name: FunctionName, data: Data) -> Response:
    """Delete a function with all its versions."""
    library.delete_function(data, name)
    return Response(status_code=204)


@router.post("/functions:try", openapi_extra={"x-max-bytes": CAP_BYTES})
def try_vision_function(body: FunctionTrial, data: Data, index: Index) -> TriedFunction:
    """Try a function on a few moments, confined: what it printed and published at each, or what is wrong and where."""
    from trivium.vision.functions.trying import try_code

    if body.moments is None:
        camera_of(body.source)
    run: Any = None if body.run is None else index.folder(body.run)
    moments = None if body.moments is None else [_moment(each) for each in body.moments]
    if not AT_ONCE.acquire(blocking=False):
        raise Busy("Two functions are being tried already.", "Try again in a moment.")
    try:
        return TriedFunction.model_validate(try_code(body.code, run=run, source=body.source, moments=moments,
                                                     frames=body.frames, data=data))
    finally:
        AT_ONCE.release()


def _moment(moment: TrialMoment) -> Any:
    from trivium.vision.functions.calls import Told

    try:
        view = None if moment.picture is None else base64.b64decode(moment.picture, validate=True)
    except (binascii.Error, ValueError):
        raise BadFile("A picture did not arrive whole.", "Choose it again.") from None
    if moment.event is None and view is None:
        raise BadFile("A moment is empty.", "Give a picture or an event.")
    return view if moment.event is None else Told(moment.event, view)


def _view(function: library.Function) -> FunctionView:
    return FunctionView.model_validate(function, from_attributes=True)
