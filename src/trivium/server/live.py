"""The live view: the snapshot of a running run, sent over a WebSocket whenever it changed.

The run keeps ``live.bin``, a memory-mapped snapshot behind a sequence lock: an odd count means that it is
being written, and a count that changed while we read means that we read half of each. The newest snapshot
is sent at most thirty times a second; a browser that is slow simply misses some. It may ask for another
car's camera by ``{"focus_car": 3}``, which the run reads from ``control.json``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import mmap
import os
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from trivium.core import files
from trivium.core.index import RunIndex
from trivium.core.status import read_status
from trivium.errors import DiskFull, NotFound

FRAMES_PER_S = 30
HEADER = struct.Struct("<4sIII")  # magic, version, sequence, cars
MAGIC = b"TRVL"
SEQ_OFFSET = 8
HEADER_BYTES = 64
MAX_SNAPSHOT_BYTES = 4_000_000
READ_TRIES = 20
STATUS_S = 1.0  # how often the run is asked whether it still goes on

GONE, FINISHED = 4404, 1000

router = APIRouter(tags=["live"])


class Snapshot:
    """A reader of one ``live.bin``; opens it when it appears, and again when a new one takes its place."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._map: mmap.mmap | None = None
        self._file_id: tuple[int, int] | None = None
        self._sent: int | None = None

    def newer(self) -> bytes | None:
        """The whole snapshot where it changed since the last call, else None."""
        if self._map is None and not self._open():
            return None
        assert self._map is not None
        for _ in range(READ_TRIES):
            before = self._sequence()
            if before == self._sent:
                return None
            if before % 2 == 0:
                content = self._map[:]
                if self._sequence() == before and content[:4] == MAGIC:
                    self._sent = before
                    return content
        return None

    def reopen_if_replaced(self) -> None:
        with contextlib.suppress(OSError):
            found = self.path.stat()
            if (found.st_ino, found.st_size) == self._file_id:
                return
        self.close()

    def close(self) -> None:
        if self._map is not None:
            self._map.close()
        self._map, self._file_id, self._sent = None, None, None

    def _open(self) -> bool:
        with contextlib.suppress(OSError, ValueError), self.path.open("rb") as file:
            found = os.fstat(file.fileno())
            if HEADER_BYTES <= found.st_size <= MAX_SNAPSHOT_BYTES:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
                self._file_id = (found.st_ino, found.st_size)
                return True
        return False

    def _sequence(self) -> int:
        assert self._map is not None
        return int.from_bytes(self._map[SEQ_OFFSET : SEQ_OFFSET + 4], "little")


@router.websocket("/api/v1/runs/{run_id}/live")
async def watch_run(websocket: WebSocket, run_id: str) -> None:
    """Binary snapshots of the run until it ends; takes ``{"focus_car": n}``."""
    index: RunIndex = websocket.app.state.index
    await websocket.accept()
    try:
        folder = await asyncio.to_thread(index.folder, run_id)
    except NotFound as error:
        await websocket.close(GONE, error.message)
        return
    async with anyio.create_task_group() as both:

        async def until_done(part: Callable[[WebSocket, Path], Awaitable[None]]) -> None:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # RuntimeError: sent after it was closed
                await part(websocket, folder)
            both.cancel_scope.cancel()

        both.start_soon(until_done, _send)
        both.start_soon(until_done, _hear)


async def _send(websocket: WebSocket, folder: Path) -> None:
    snapshot = Snapshot(folder / "live.bin")
    since_status_s = STATUS_S
    try:
        while not websocket.app.state.hub.closed:
            if since_status_s >= STATUS_S:
                since_status_s = 0.0
                snapshot.reopen_if_replaced()
                is_over = (await asyncio.to_thread(read_status, folder)).final
            if (content := snapshot.newer()) is not None:
                await websocket.send_bytes(content)
            if is_over:
                await websocket.close(FINISHED, "The run has ended.")
                return
            await asyncio.sleep(1 / FRAMES_PER_S)
            since_status_s += 1 / FRAMES_PER_S
        await websocket.close(1001, "The studio is stopping.")
    finally:
        snapshot.close()


async def _hear(websocket: WebSocket, folder: Path) -> None:
    """Until the browser leaves. What is not understood is left aside."""
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return
        car = focus_car(message.get("text"))
        if car is not None:
            with contextlib.suppress(OSError, DiskFull):
                await asyncio.to_thread(files.write_json, folder / "control.json", {"focus_car": car}, False)


def focus_car(text: str | None) -> int | None:
    """The car that a message asks for, or None where it asks for none."""
    try:
        value = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    car = value.get("focus_car") if isinstance(value, dict) else None
    return car if isinstance(car, int) and not isinstance(car, bool) and 0 <= car < 100_000 else None
