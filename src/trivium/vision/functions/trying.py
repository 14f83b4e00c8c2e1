"""Tries a function on a few moments, confined as it will be at work: what did it print and publish at which?

    from trivium.vision.functions.trying import try_function
    try_function("my_function", source="demo:trash", run="run-t")["frames"]

The moments come from a source, from pictures, or from recorded events, some with a picture and some without.
"""

from __future__ import annotations

import ast
import base64
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from trivium.core import files
from trivium.errors import BadConfig, BadFile, UserCodeError
from trivium.settings import data_folder
from trivium.vision.at_work import Run
from trivium.vision.events.event import Event
from trivium.vision.functions.calls import TEXT_NAME, Camera, Heard, Told, attend, entry_of
from trivium.vision.functions.library import FRAMES, MOST_FRAMES, resolve_function
from trivium.vision.functions.runner import ENTRY
from trivium.vision.stream import wire
from trivium.vision.stream.address import parse
from trivium.vision.stream.source import Shot, Source, State

SECONDS = 60.0
SHOWN = 2_000  # characters of a print or a message
SAID = 200  # prints and messages of a frame
Moment = bytes | Told  # a JPEG, or what was recorded


class Recorded:
    """Pictures and recorded events as a camera's frames."""

    def __init__(self, moments: Sequence[Moment]) -> None:
        self.moments: Iterator[tuple[int, Moment]] = iter(list(enumerate(moments)))

    def ask(self, request: bytes = wire.NEXT) -> Shot | Told | State:
        number, moment = next(self.moments, (0, None))
        if moment is None:
            return State("ended")
        if isinstance(moment, Told):
            return moment
        return Shot(number, 0.0, None, 0, 0, None, np.zeros((1, 1, 3), np.uint8), moment)


class Looked:
    """A camera whose pictures are kept, to show them beside what was said."""

    def __init__(self, camera: Camera) -> None:
        self.camera, self.shown = camera, list[tuple[bytes | None, Event | None]]()

    def ask(self, request: bytes = wire.NEXT) -> Shot | Told | State:
        found = self.camera.ask(request)
        if not isinstance(found, State):
            self.shown.append((found.view, found.event if isinstance(found, Told) else None))
        return found


def try_function(code: Path | str, *, run: Run | None = None, source: str = "demo", events: Path | str | None = None,
                 frames: int = FRAMES, data: Path | str | None = None) -> dict[str, Any]:
    """Try a file, a folder or a kept function: {"ok", "error": {"line", "message", "hint"}, "frames": [...], ...}.

    `events` is a file of recorded events, which take the place of a source.
    """
    found = resolve_function(code, data_folder(data))
    if isinstance(found, Path):
        entry_of(found)
    moments = None if events is None else recorded(files.read_file(Path(events)).decode("utf-8", "replace"), frames)
    return try_code(found if isinstance(found, Path) else found.code, run=run, source=source, moments=moments,
                    frames=frames, data=data)


def try_code(code: Path | str, *, run: Run | None = None, source: str = "demo",
             moments: Sequence[Moment] | None = None, frames: int = FRAMES,
             data: Path | str | None = None) -> dict[str, Any]:
    """The same of code as it stands, on the first frames of a source or on given moments."""
    if not 1 <= frames <= MOST_FRAMES:
        raise BadConfig(f"A function can't be tried on {frames} frames.", f"Try 1 to {MOST_FRAMES}.")
    if moments is not None:
        return _tried(code, Recorded(moments[:frames]), run, frames, data)
    with Source(parse(source)) as camera:
        return _tried(code, camera, run, frames, data)


def recorded(text: str, frames: int = MOST_FRAMES) -> list[Told]:
    """The first events of a file of JSON lines."""
    found: list[Told] = []
    for number, line in enumerate(text.splitlines(), 1):
        if len(found) < frames and line.strip():
            try:
                found.append(Told(Event.model_validate_json(line)))
            except ValidationError:
                raise BadFile(f"Line {number} holds no event.",
                              "Take an events.jsonl that watching wrote: trivium vision run --out") from None
    if not found:
        raise BadFile("The file holds no event.", "Take an events.jsonl that watching wrote: trivium vision run --out")
    return found


def _tried(code: Path | str, camera: Camera, run: Run | None, frames: int,
           data: Path | str | None) -> dict[str, Any]:
    looked, heard, error = Looked(camera), Heard(), None
    ended = ""
    try:
        ended = attend(code, looked, heard, run=run, data=data, seconds=SECONDS, frames=frames)
    except UserCodeError as wrong:
        error = {"line": wrong.line, "hint": wrong.hint,
                 "message": wrong.message.removeprefix(f"{TEXT_NAME}, line {wrong.line}: ")}
    if error is None and not heard.frames:
        error = {"line": None, "message": "It looked at no frame.", "hint": advice(code)}
    took = {frame: round(seconds * 1e3, 1) for frame, seconds in heard.took}
    rows = [{"number": number, "took_ms": took.get(number),
             "picture": None if view is None else base64.b64encode(view).decode(),
             "label": None if event is None else event.label, "said": said_at(heard, number)}
            for number, (view, event) in enumerate(looked.shown, 1)]
    return {"ok": error is None, "error": error, "before": said_at(heard, 0), "frames": rows, "ended": ended}


def said_at(heard: Heard, frame: int) -> list[dict[str, Any]]:
    """What it said after it was given so many frames: its prints line by line, what it published, what it returned."""
    prints = "".join(text for at, text in heard.log if at == frame).splitlines()
    rows = [{"kind": "print", "topic": None, "text": line[:SHOWN]} for line in prints if line.strip()]
    rows += [{"kind": "message", "topic": each["topic"], "text": _text(each["payload"])[:SHOWN]}
             for each in heard.messages if each["frame"] == frame]
    rows += [{"kind": "return", "topic": None, "text": text[:SHOWN]} for at, text in heard.returned if at == frame]
    return rows[:SAID]


def _text(payload: Any) -> str:
    return payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)


def advice(code: Path | str) -> str:
    """What to do where no frame was looked at; a name that is nearly right is named."""
    usual = f"Give it a function {ENTRY}(frame, seen), or a loop with awscam.getLastFrame()."
    try:
        names = [node.name for node in ast.walk(ast.parse(code)) if isinstance(node, ast.FunctionDef)] if isinstance(
            code, str) else []
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return usual
    near = next((name for name in names if name.lower().replace("_", "") == ENTRY.replace("_", "")), None)
    return usual if near is None else f"Call {near} {ENTRY}: {ENTRY}(frame, seen) is called for each frame."


