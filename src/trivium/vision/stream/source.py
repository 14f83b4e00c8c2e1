"""Our end of a source: it starts the process that decodes, asks it for frames, and says how it is.

    with Source(parse("film.mp4")) as source:
        for shot in source.frames():
            ...
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from trivium.core.child import environment
from trivium.errors import BadFile, StudioError
from trivium.vision.collect.pictures import Bytes
from trivium.vision.events import outside
from trivium.vision.stream import wire
from trivium.vision.stream.address import NETWORK, VIDEO, Address
from trivium.vision.stream.eye import TASK

SIDE = 224  # pixels, of the pictures that a classifier looks at
PATIENCE_S = 60.0  # a single frame of a file may take so long, the start of Python included
LOOK_UP_S = 10.0  # so often a camera that does not answer is looked for at another address
DIED = "What decodes it came to an end."


@dataclass(frozen=True)
class Shot:
    """A frame that came; `number` counts what the source gave, so a gap tells what was passed over."""

    number: int
    taken_at: float  # seconds of the monotonic clock
    time_s: float | None
    width: int
    height: int
    name: str | None
    picture: Bytes  # (S, S, 3)
    view: bytes | None  # JPEG


@dataclass(frozen=True)
class State:
    """How a source is: connecting, live, stalled, reconnecting or ended; `message` says why in a sentence."""

    state: str
    message: str = ""
    tries: int = 0


class Source:
    """A source of frames, decoded in a process of its own."""

    def __init__(self, address: Address, patience_s: float = PATIENCE_S, side: int = SIDE) -> None:
        self.address, self.patience_s, self.side = address, patience_s, side
        self.state, self.closed = State("connecting"), False
        self.place, self.looked_up_at = address.place, 0.0
        self.folder = Path(tempfile.mkdtemp(prefix="trivium-eye-"))
        try:
            if address.kind == NETWORK:
                self._look_up()
            self._start()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def _start(self) -> None:
        fd = _opened(self.address) if self.address.kind == VIDEO and os.name != "nt" else None
        task = {"kind": self.address.kind, "place": self.place, "shown": self.address.shown, "side": self.side,
                "fd": fd}
        try:
            (self.folder / TASK).write_text(json.dumps(task), encoding="utf-8")
            (self.folder / TASK).chmod(0o600)  # a camera's address may hold its password
            self.child = subprocess.Popen(
                [sys.executable, "-P", "-m", "trivium.vision.stream.eye", str(self.folder)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=self.folder,
                env=environment(self.folder), start_new_session=True, pass_fds=() if fd is None else (fd,))
        finally:
            if fd is not None:
                os.close(fd)
        self.answers: queue.Queue[wire.Answer | None] = queue.Queue()
        self.asked = threading.Semaphore(0)  # what nobody asked for stays in the pipe, not in our memory
        threading.Thread(target=_listen, args=(self.child.stdout, self.asked, self.answers), daemon=True).start()

    def _look_up(self) -> None:
        """Where the camera's name leads now, judged; the process that decodes looks no names up."""
        self.place, self.looked_up_at = outside.pinned(self.address.place), time.monotonic()

    def _moved(self) -> bool:
        """Whether a camera that does not answer has got another address."""
        if self.address.kind != NETWORK or time.monotonic() - self.looked_up_at < LOOK_UP_S:
            return False
        before = self.place
        self.looked_up_at = time.monotonic()
        with contextlib.suppress(StudioError):  # it is away altogether, or its name leads where nothing is called
            self._look_up()
        return self.place != before

    def ask(self, request: bytes = wire.NEXT) -> Shot | State:
        """The next frame of a film, or a camera's newest; a State where there is none now, `ended` where none comes.

        Raises BadFile where a film can't be read or is cut off.
        """
        try:
            assert self.child.stdin is not None
            self.child.stdin.write(request)
            self.child.stdin.flush()
            self.asked.release()
            answer = self.answers.get(timeout=self.patience_s)
        except (OSError, ValueError):
            answer = None
        except queue.Empty:
            self._end()
            raise BadFile("A frame took too long to decode.", "Save the video again with smaller frames.") from None
        if answer is None:
            return self._died()
        if answer.kind == wire.FRAME:
            self.state = State("live")
            return shot_of(answer, self.side)
        if answer.kind == wire.STATE:
            self.state = State(str(answer.facts.get("state"))[:20], str(answer.facts.get("message"))[:300],
                               int(answer.facts.get("tries") or 0))
            if self.state.state == "reconnecting" and not self.closed and self._moved():
                self._end()
                self._start()
        elif "error" in answer.facts:
            self.state = State("ended", str(answer.facts["error"])[:300])
            raise BadFile(f"{self.address.shown}: {self.state.message}", str(answer.facts.get("hint", ""))[:300])
        else:
            self.state = State("ended")
        return self.state

    def _died(self) -> State:
        """The process is gone: a camera's is started again, a file's was too much for it."""
        self._end()
        if self.closed:
            return State("ended")
        if not self.address.live:
            self.state = State("ended", DIED)
            raise BadFile(f"{self.address.shown}: {DIED}", "The file may be damaged; save it again.")
        self._moved()
        self._start()
        self.state = State("reconnecting", DIED, self.state.tries + 1)
        return self.state

    def frames(self, request: bytes = wire.NEXT) -> Iterator[Shot]:
        """Every frame until the source ends; a camera never does."""
        while True:
            found = self.ask(request)
            if isinstance(found, Shot):
                yield found
            elif found.state == "ended":
                return

    def _end(self) -> None:
        self.asked.release()
        for stream in (self.child.stdin, self.child.stdout):
            with contextlib.suppress(OSError, ValueError):
                if stream is self.child.stdin and stream is not None:
                    stream.close()
        self.child.kill()
        self.child.wait()

    def close(self) -> None:
        """End the process that decodes."""
        self.closed = True
        self._end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


def _listen(out: BinaryIO, asked: threading.Semaphore, answers: queue.Queue[wire.Answer | None]) -> None:
    with out:
        try:
            while asked.acquire():
                answers.put(wire.receive(out))
        except (wire.Torn, OSError, ValueError):
            answers.put(None)


def _opened(address: Address) -> int:
    try:
        return os.open(address.place, os.O_RDONLY)
    except OSError as error:
        raise BadFile(f"{address.shown} can't be read: {error.strerror}.", "Check that you may read it.") from None


def shot_of(answer: wire.Answer, side: int = SIDE) -> Shot:
    """A frame from what came over the wire; only its length is relied on."""
    facts, size = answer.facts, side * side * 3
    try:
        picture = np.frombuffer(answer.pixels, np.uint8, size).reshape(side, side, 3)
        time_s, name = facts["time_s"], facts["name"]
        return Shot(int(facts["number"]), float(facts["taken_at"]), None if time_s is None else float(time_s),
                    int(facts["width"]), int(facts["height"]), None if name is None else str(name)[:500], picture,
                    answer.pixels[size:] or None)
    except (KeyError, TypeError, ValueError):
        raise StudioError("What decodes the pictures sent something else.", "Try again.") from None
