"""Our end of an inference function: it is given frames, its messages are taken, and it is stopped where it must be.

    from trivium.vision.functions.calls import run_function
    run_function("trash_function/", run="run-v", source="demo", frames=20)["messages"]

A function loops for ever by its nature. It is stopped where it goes on without asking for a frame, where it prints or
publishes without end, where its source is over, or when somebody says so.
"""

from __future__ import annotations

import base64
import contextlib
import json
import math
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Generic, Protocol, TypeVar

from trivium.core.child import environment, used_s
from trivium.errors import BadFile, UserCodeError
from trivium.settings import data_folder
from trivium.vision.at_work import Run, bundle_or_run
from trivium.vision.deploy import HEAD
from trivium.vision.deploy import MODEL as MODEL_PART
from trivium.vision.events.event import Event
from trivium.vision.functions.library import resolve_function
from trivium.vision.functions.lookalikes import FRAME_SIZE
from trivium.vision.functions.runner import CODE, LENGTH, MODEL, TASK
from trivium.vision.stream import wire
from trivium.vision.stream.address import parse
from trivium.vision.stream.model import bundle_of
from trivium.vision.stream.source import Shot, Source, State

CPU_S = 20.0  # without asking for a frame
PRINTED, PUBLISHED = 200_000, 1_000  # characters, messages, between two frames
START_S = 120.0
KEPT_MESSAGES, KEPT_LINES = 10_000, 2_000
KEPT_BYTES = 20_000_000  # of messages, and of lines
LINE_BYTES, LINES_AHEAD = 2_000_000, 10
SAID_BYTES = 50_000_000  # between two frames, whatever it is
CODE_BYTES = 50_000_000
TEXT_NAME, LABELS = "function.py", "labels.txt"  # of a function that comes as text
NAMES = ("lambda_function.py", "greengrassHelloWorld.py", TEXT_NAME)
Message = dict[str, Any]
T = TypeVar("T")
UP = "The time was up."


@dataclass(frozen=True)
class Told:
    """A moment that was judged already: its event, and its picture where there is one."""

    event: Event
    view: bytes | None = None


class Camera(Protocol):
    """What frames come from."""

    def ask(self, request: bytes = wire.NEXT) -> Shot | Told | State:
        """The next frame, or how the camera is."""


@dataclass
class Kept(Generic[T]):
    """The last things that a function said: at most so many, and at most so many bytes."""

    most: int
    things: deque[tuple[T, int]] = field(default_factory=deque)
    size: int = 0

    def append(self, thing: T, size: int) -> None:
        self.things.append((thing, size))
        self.size += size
        while len(self.things) > self.most or self.size > KEPT_BYTES:
            self.size -= self.things.popleft()[1]

    def __iter__(self) -> Iterator[T]:
        return iter([thing for thing, _ in self.things])


@dataclass
class Heard:
    """What a function said."""

    messages: Kept[Message] = field(default_factory=lambda: Kept(KEPT_MESSAGES))
    log: Kept[tuple[int, str]] = field(default_factory=lambda: Kept(KEPT_LINES))  # with the frame
    returned: Kept[tuple[int, str]] = field(default_factory=lambda: Kept(KEPT_LINES))  # with the frame
    took: deque[tuple[int, float]] = field(default_factory=lambda: deque(maxlen=KEPT_LINES))  # frame, seconds for it
    given_at: float = math.inf  # of the frame that it has now, on the monotonic clock
    said: int = 0  # bytes since the last frame
    frames: int = 0
    printed: int = 0
    published: int = 0
    cpu_s: float = 0.0


def run_function(code: Path | str, *, run: Run | None = None, source: str = "demo", seconds: float | None = None,
                 frames: int | None = None, thing: str = "deeplens_trivium", size: tuple[int, int] = FRAME_SIZE,
                 data: Path | str | None = None, publish: Callable[[str, bytes], None] | None = None,
                 say: Callable[[str], None] = lambda _text: None) -> dict[str, Any]:
    """Run a function: a file, a folder, or one that is kept, NAME or NAME@VERSION.

    {"frames", "messages": [{"topic", "payload", "time", "frame"}], "log", "ended"}. UserCodeError says in one sentence
    what was wrong with it, and in which line.
    """
    found = resolve_function(code, data_folder(data))
    text = found if isinstance(found, Path) else found.code
    heard = Heard()
    if isinstance(text, Path):
        entry_of(text)  # before a camera is opened
    with Source(parse(source)) as camera:
        ended = attend(text, camera, heard, run=run, data=data, thing=thing, size=size, seconds=seconds, frames=frames,
                       publish=publish, say=say)
    return {"function": str(code), "source": camera.address.shown, "frames": heard.frames,
            "messages": list(heard.messages), "log": [text for _, text in heard.log], "ended": ended}


def attend(code: Path | str, camera: Camera, heard: Heard, *, run: Run | None = None, data: Path | str | None = None,
           thing: str = "deeplens_trivium", size: tuple[int, int] = FRAME_SIZE, seconds: float | None = None,
           frames: int | None = None, publish: Callable[[str, bytes], None] | None = None,
           say: Callable[[str], None] = lambda _text: None) -> str:
    """Run the code, a path or text, on what the camera gives, and say why it ended; what it says goes into `heard`."""
    card, parts = ({}, {}) if run is None else bundle_of(bundle_or_run(run, data))
    folder = Path(tempfile.mkdtemp(prefix="trivium-function-"))
    try:
        file = put_code(code, folder / CODE, [str(name) for name in card.get("classes", [])])
        if MODEL_PART in parts and HEAD not in parts:  # one that judges many frames together tells by its events alone
            (folder / MODEL).write_bytes(parts[MODEL_PART])
        task = {"file": file, "thing": thing, "size": list(size), "card": card}
        (folder / TASK).write_text(json.dumps(task), encoding="utf-8")
        return _attend(folder, camera, heard, seconds, frames, publish, say)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def put_code(code: Path | str, target: Path, classes: list[str]) -> str:
    """The function's files in a folder of their own; the name of the one that is run.

    Text comes alone, so the labels that old functions read are written beside it.
    """
    if isinstance(code, Path):
        copy_code(code, target)
        return entry_of(code)
    target.mkdir()
    (target / TEXT_NAME).write_text(code, encoding="utf-8")
    (target / LABELS).write_text("\n".join(classes), encoding="utf-8")
    return TEXT_NAME


def entry_of(path: Path) -> str:
    """The file that is the function."""
    if path.is_file() and path.suffix == ".py":
        return path.name
    if not path.is_dir():
        raise BadFile(f"{path} is no Python file and no folder.", "Give the function's .py file, or its folder.")
    found = sorted(each.name for each in path.glob("*.py"))
    first = next((name for name in NAMES if name in found), found[0] if len(found) == 1 else None)
    if first is None:
        raise BadFile(f"It is not clear which file in {path} is the function.",
                      f"Call it {NAMES[0]}, or name the file itself.")
    return first


def copy_code(path: Path, target: Path) -> None:
    """The function's files, its labels beside it; links are not followed."""
    place = path if path.is_dir() else path.parent
    target.mkdir()
    size = 0
    for each in sorted(place.rglob("*") if path.is_dir() else place.glob("*.txt")):
        if each.is_file() and not each.is_symlink() and "__pycache__" not in each.parts:
            size += each.stat().st_size
            if size > CODE_BYTES:
                raise BadFile("The function's folder holds more than 50 MB.", "Move the data out of it.")
            (target / each.relative_to(place)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(each, target / each.relative_to(place))
    if path.is_file():
        shutil.copyfile(path, target / path.name)


def _attend(folder: Path, camera: Camera, heard: Heard, seconds: float | None, frames: int | None,
            publish: Callable[[str, bytes], None] | None, say: Callable[[str], None]) -> str:
    child = subprocess.Popen([sys.executable, "-P", "-m", "trivium.vision.functions.runner", str(folder)],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder,
                             env=environment(folder), start_new_session=True)
    assert child.stdin is not None and child.stdout is not None
    lines: queue.Queue[bytes | None] = queue.Queue(LINES_AHEAD)
    threading.Thread(target=_listen, args=(child.stdout, lines), daemon=True).start()
    begin, ready, until = time.monotonic(), False, math.inf
    try:
        while True:
            if ready and time.monotonic() >= until:
                return UP
            try:
                line = lines.get(timeout=0.2)
            except queue.Empty:
                _watchdog(child.pid, heard, ready, begin)
                continue
            if line is None:
                raise UserCodeError("The function's process came to an end.",
                                    "It may have needed too much memory.", file="function")
            message = _counted(line, heard)
            if message.get("op") in ("frame", "end"):
                _timed(heard)
            if message.get("op") == "ready":
                ready, heard.cpu_s = True, used_s(child.pid)
                until = math.inf if seconds is None else time.monotonic() + seconds
            elif message.get("op") == "frame":
                if frames is not None and heard.frames >= frames:
                    return f"It has seen {frames} frames."
                if ended := _give(camera, child.stdin, heard, until):
                    return ended
                heard.cpu_s = used_s(child.pid)
            elif message.get("op") == "end":
                return _ended(message)
            else:
                _take(message, heard, publish, say)
    except KeyboardInterrupt:
        return "It was stopped."
    finally:
        child.kill()
        child.wait()
        with contextlib.suppress(OSError):
            child.stdin.close()
        with contextlib.suppress(queue.Empty):  # so that the thread which listens comes to its end
            while lines.get(timeout=1.0) is not None:
                pass


def _listen(out: IO[bytes], lines: queue.Queue[bytes | None]) -> None:
    with out, contextlib.suppress(OSError, ValueError):
        while line := out.readline(LINE_BYTES):
            lines.put(line)
    lines.put(None)


def _counted(line: bytes, heard: Heard) -> Message:
    """A line as a message; one that is none counts all the same."""
    heard.said += len(line)
    if heard.said > SAID_BYTES:
        raise UserCodeError(f"The function said more than {SAID_BYTES // 1_000_000} MB without looking at a frame, so "
                            "it was stopped.", "Say less, or look at a frame in between.", file="function")
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _watchdog(pid: int, heard: Heard, ready: bool, begin: float) -> None:
    """Stop what computes for ever without looking at the camera."""
    if ready and used_s(pid) - heard.cpu_s > CPU_S:
        raise UserCodeError(f"The function asked for no frame for {CPU_S:.0f} s of processor time, so it was stopped.",
                            "Look for a loop without awscam.getLastFrame().", file="function")
    if not ready and time.monotonic() - begin > START_S:
        raise UserCodeError("The function's process did not start.", "Try again; run: trivium doctor", file="function")


def _give(camera: Camera, answers: IO[bytes], heard: Heard, until: float) -> str:
    """The newest frame to the function; where none comes any more, or in time, why."""
    while isinstance(found := camera.ask(wire.FULL), State):
        if found.state == "ended":
            return "The source has ended."
        if time.monotonic() >= until:
            return UP
    event = found.event.line().encode() if isinstance(found, Told) else b""
    view = found.view or b""
    with contextlib.suppress(BrokenPipeError):
        answers.write(LENGTH.pack(len(event)) + event + LENGTH.pack(len(view)) + view)
        answers.flush()
    heard.frames += 1
    heard.given_at = time.monotonic()
    heard.printed = heard.published = heard.said = 0
    return ""


def _timed(heard: Heard) -> None:
    """How long it had the frame that it gives back now."""
    if heard.given_at < math.inf:
        heard.took.append((heard.frames, time.monotonic() - heard.given_at))
    heard.given_at = math.inf


def _take(message: Message, heard: Heard, publish: Callable[[str, bytes], None] | None,
          say: Callable[[str], None]) -> None:
    """Something that it printed or published."""
    if message.get("op") == "print":
        text = str(message.get("text", ""))
        heard.printed += len(text)
        if heard.printed > PRINTED:
            raise UserCodeError(f"The function printed more than {PRINTED:,} characters without looking at a frame, so "
                                "it was stopped.", "Print less, or look at a frame in between.", file="function")
        heard.log.append((heard.frames, text), len(text))
        if text.strip():
            say(text.rstrip())
    elif message.get("op") == "return":
        text = str(message.get("text", ""))
        heard.returned.append((heard.frames, text), len(text))
    elif message.get("op") == "publish":
        heard.published += 1
        if heard.published > PUBLISHED:
            raise UserCodeError(f"The function published more than {PUBLISHED:,} messages without looking at a frame, "
                                "so it was stopped.", "Publish once a frame.", file="function")
        with contextlib.suppress(ValueError, TypeError):
            payload = base64.b64decode(str(message.get("payload", "")), validate=True)
            topic = str(message.get("topic", ""))[:500]
            heard.messages.append({"topic": topic, "payload": _readable(payload), "time": round(time.time(), 3),
                                   "frame": heard.frames}, len(topic) + len(payload))
            if publish is not None:
                publish(topic, payload)


def _readable(payload: bytes) -> Any:
    """JSON where it is, else text: samples say status and faults on the same topic as results."""
    text = payload.decode("utf-8", "replace")
    try:
        return json.loads(text, parse_constant=lambda name: name)
    except (ValueError, RecursionError):
        return text


def _ended(message: Message) -> str:
    if not message.get("error"):
        return "The function came to its end."
    line, file = message.get("line"), str(message.get("file") or "function")
    place = f"{file}, line {line}: " if isinstance(line, int) else ""
    raise UserCodeError(f"{place}{str(message['error'])[:1000]}", "Correct the function and run it again.",
                        line=line if isinstance(line, int) else None, file=file)
