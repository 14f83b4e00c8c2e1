"""The process that decodes: python -P -m trivium.vision.stream.eye FOLDER

A film or photo may be made to harm its decoder, and a camera may be somebody else's. So they are read here, confined:
for files and the demo without network or other files, for cameras on the network without other files, programs or
sockets that lead into this machine's own programs. What leaves is small pictures of a fixed size. Of a film every frame
goes out, in order; of a camera the newest one when we are asked.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from trivium.vision.stream import wire
from trivium.vision.stream.address import DEMO, FOLDER, NETWORK, USB, VIDEO, Address

if TYPE_CHECKING:
    from trivium.core.confine import Confinement

TASK = "task.json"
MEMORY_MB = 2048
AHEAD = 4  # frames of a film decoded before they are asked for
WAIT_S, STALL_S = 1.0, 2.0
BACK_OFF_S = (0.5, 1.0, 2.0, 5.0, 10.0)

Frames = Callable[[], Iterator[Any]]


class Feed(Protocol):
    """Answers a request."""

    def answer(self, request: bytes) -> wire.Answer: ...


class Everything:
    """A film or folder: every frame, decoded and made small a little ahead."""

    def __init__(self, frames: Frames, side: int) -> None:
        self.frames, self.side = frames, side
        self.ready: queue.Queue[tuple[wire.Answer, Any]] = queue.Queue(AHEAD)
        self.end: wire.Answer | None = None
        threading.Thread(target=self._decode, daemon=True).start()

    def _decode(self) -> None:
        number, end = 0, wire.Answer(wire.END, {})
        try:
            for frame in self.frames():
                self.ready.put((answer_of(frame, number, self.side), frame))
                number += 1
        except BaseException as error:
            end = wire.Answer(wire.END, {"error": sentence(error), "hint": getattr(error, "hint", "")})
        self.ready.put((end, None))

    def answer(self, request: bytes) -> wire.Answer:
        if self.end is None:
            found, frame = self.ready.get()
            if frame is not None:
                return with_view(found, frame, request)
            self.end = found
        return self.end


class Newest:
    """A camera: the frame that came last; it is opened again whenever it stops."""

    def __init__(self, frames: Frames, side: int, sleep: Callable[[float], None] = time.sleep) -> None:
        self.frames, self.side, self.sleep = frames, side, sleep
        self.changed = threading.Condition()
        self.frame: Any = None
        self.number, self.sent, self.tries = -1, -1, 0
        self.state, self.message = "connecting", ""
        threading.Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        while True:
            try:
                for frame in self.frames():
                    with self.changed:
                        self.frame, self.number, self.state, self.message, self.tries = (
                            frame, self.number + 1, "live", "", 0)
                        self.changed.notify_all()
                self.message = "The camera ended."
            except BaseException as error:
                self.message = sentence(error)
            with self.changed:
                self.state, self.tries = "reconnecting", self.tries + 1
            self.sleep(BACK_OFF_S[min(self.tries, len(BACK_OFF_S)) - 1])

    def answer(self, request: bytes) -> wire.Answer:
        with self.changed:
            self.changed.wait_for(lambda: self.number > self.sent, WAIT_S)
            if self.number > self.sent:
                frame, self.sent = self.frame, self.number
            else:
                frame = None
        if frame is None:
            stalled = self.state == "live"
            return wire.Answer(wire.STATE, {
                "state": "stalled" if stalled else self.state, "tries": self.tries,
                "message": "The camera sends no new pictures." if stalled else self.message})
        return with_view(answer_of(frame, self.sent, self.side), frame, request)


def answer_of(frame: Any, number: int, side: int) -> wire.Answer:
    """A frame with its small picture."""
    return wire.Answer(wire.FRAME, {"number": number, "taken_at": frame.taken_at, "time_s": frame.time_s,
                                    "width": frame.width, "height": frame.height, "name": frame.name},
                       frame.picture(side))


def with_view(answer: wire.Answer, frame: Any, request: bytes) -> wire.Answer:
    """The same with a JPEG behind the picture, where one is asked for."""
    from trivium.vision.stream.frames import VIEW_SIDE

    if request == wire.NEXT:
        return answer
    view = frame.view(None if request == wire.FULL else VIEW_SIDE)
    return wire.Answer(answer.kind, answer.facts, answer.pixels + view)


def sentence(error: BaseException) -> str:
    """One sentence, whatever it was."""
    from trivium.errors import StudioError

    if isinstance(error, StudioError):
        return error.message
    if isinstance(error, MemoryError):
        return "It needs more memory than decoding may take."
    return f"It can't be decoded ({type(error).__name__})."


def photos(folder: Path) -> Iterator[Any]:
    """The photos of a folder, one after the other; what is no photo is passed over."""
    from trivium.errors import BadFile
    from trivium.vision.collect import pictures, sources
    from trivium.vision.stream.frames import ImageFrame

    count = 0
    for found in sources.in_folder(folder).found:
        with contextlib.suppress(BadFile):
            yield ImageFrame(pictures.read(found.read(), found.name).image, time.monotonic(), name=found.name)
            count += 1
    if not count:
        raise BadFile("There is no photo in this folder.", "Choose another folder.")


def feed_of(address: Address, side: int, fd: int | None) -> Feed:
    """What answers for this source."""
    from trivium.vision.stream import demo, films

    if address.kind == VIDEO:
        at = os.open(address.place, os.O_RDONLY | getattr(os, "O_BINARY", 0)) if fd is None else fd
        return Everything(lambda: films.film(at), side)
    if address.kind == FOLDER:
        return Everything(lambda: photos(Path(address.place)), side)
    if address.kind == DEMO:
        return Newest(lambda: demo.camera(address.place), side)
    return Newest(lambda: films.camera(address), side)


def main(folder: Path) -> int:
    """Confine, then answer until nobody asks any more."""
    from trivium.core.confine import confine, enclose
    from trivium.core.spec import Limits

    requests, out = os.fdopen(os.dup(0), "rb", 0), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing that a library prints may get between the answers
    task = json.loads((folder / TASK).read_text(encoding="utf-8"))
    address = Address(task["kind"], task["place"], task["shown"])
    also = {FOLDER: [Path(address.place)], NETWORK: [Path("/etc/ssl")]}.get(address.kind, [])
    cameras = [Path(address.place)] if address.kind == USB else []
    on_network = address.kind == NETWORK
    enclosed = enclose(folder, folder, also=also, cameras=cameras, network=on_network)
    from trivium.vision.collect import pictures
    from trivium.vision.stream import demo, films

    films.preload()
    pictures.preload()
    demo.scene(1, 0)
    if address.kind == DEMO:
        demo.preload(address.place)
    held = confine(folder, Limits(mem_mb=MEMORY_MB, file_mb=1), enclosed=enclosed, also=also, cameras=cameras,
                   network=on_network)
    serve(feed_of(address, task["side"], task["fd"]) if as_far_as_can_be(held) else Unconfined(), requests, out)
    return 0


def as_far_as_can_be(held: Confinement) -> bool:
    """Whether the process is confined as far as this machine can do it."""
    from trivium.core.confine import probe

    return held.level == probe().level


class Unconfined:
    """Decodes nothing: this machine can confine the process, and did not."""

    def answer(self, request: bytes) -> wire.Answer:
        return wire.Answer(wire.END, {"error": "The process that decodes could not be confined.",
                                      "hint": "See what is missing with: trivium doctor"})


def serve(feed: Feed, requests: BinaryIO, out: BinaryIO) -> None:
    """One answer for each byte that comes in."""
    with contextlib.suppress(BrokenPipeError, OSError):
        while request := requests.read(1):
            wire.send(out, feed.answer(request))


if __name__ == "__main__":
    exit_code = main(Path(sys.argv[1]))
    os._exit(exit_code)
