"""The broker's process: `python -P -m trivium.vision.broker.program FOLDER HOST PORT`.

It ends with whoever started it, by the end of its standard input. It reads nothing but Python and FOLDER, and writes
FOLDER/own/status.json: where it listens, who is here, what was refused. Exit code 3: it can't listen there.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sys
import threading
from pathlib import Path
from typing import Any

from trivium.core import files
from trivium.core.listening import listening
from trivium.core.process import FolderLock

OWN, STATUS, LOCK = "own", "status.json", "broker.lock"
CANNOT_LISTEN = 3
TELL_S = 0.25
MEMORY_MB, FILE_MB = 512, 16


def main(folder: Path, host: str, port: int) -> int:
    """Serve until standard input ends."""
    try:
        listener = listening(host, port)
    except OSError as error:
        print(error.strerror or "it is not allowed", file=sys.stderr)
        return CANNOT_LISTEN
    (folder / OWN).mkdir(exist_ok=True)
    lock = FolderLock(folder / OWN / LOCK)
    if not lock.acquire(2.0):  # whoever asks whether it runs holds it for a moment
        print("another broker of this studio runs", file=sys.stderr)
        return CANNOT_LISTEN
    enclose(folder)
    logging.disable()  # what concerns a person stands in status.json
    asyncio.run(serve(folder, listener))
    return 0


def enclose(folder: Path) -> None:
    """Files: Python, the accounts, its own folder; bounded memory. It must go on listening, so seccomp stays out."""
    from trivium.core import confine, landlock
    from trivium.core.spec import Limits

    landlock.restrict([*confine.readable(), *(Path(each) for each in sys.path if each), folder],
                      [folder / OWN], [Path("/dev/null")], network=True)
    confine.limit(Limits(mem_mb=MEMORY_MB, file_mb=FILE_MB))


async def serve(folder: Path, listener: socket.socket) -> None:
    from trivium.vision.broker.accounts import Accounts
    from trivium.vision.broker.doors import Doors

    broker = Doors(Accounts(folder), listener)
    await broker.start()
    ended = asyncio.Event()
    threading.Thread(target=_until_left, args=(asyncio.get_running_loop(), ended), daemon=True).start()
    parts = [asyncio.create_task(part) for part in (broker.watch(), _tell(broker, folder, listener.getsockname()))]
    await ended.wait()
    for part in parts:
        part.cancel()
    with contextlib.suppress(Exception):
        await asyncio.wait_for(broker.shutdown(), 3.0)


def _until_left(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    while os.read(0, 4096):
        pass
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(ended.set)


async def _tell(broker: Any, folder: Path, address: Any) -> None:
    told: Any = None
    while True:
        now = {"pid": os.getpid(), "host": address[0], "port": address[1], "clients": broker.clients(),
               "messages": broker.taken, "refused": list(broker.notes.rows.values())[::-1]}
        if now != told:
            files.write_json(folder / OWN / STATUS, now, durable=False)
            told = now
        await asyncio.sleep(TELL_S)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
