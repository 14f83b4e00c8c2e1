"""``trivium up``: listen, print the address with its token, open the browser, and stop cleanly.

Only this machine can reach the studio in this version. One server at a time works on a data folder, because
only one process may write the database; a second one is told where the first one is.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import FrameType

import uvicorn
from fastapi import FastAPI

from trivium.catalog import STUDIOS
from trivium.core import files
from trivium.core.listening import listening
from trivium.core.process import FolderLock
from trivium.core.spares import Spares
from trivium.core.studio import Studio
from trivium.errors import BadFile, PortInUse, StudioError
from trivium.server.app import create_app
from trivium.settings import DEFAULT_PORT, Settings, kernel_cache

LOOPBACK = ("127.0.0.1", "localhost", "::1")
GRACE_S = 3
MESSAGE_BYTES = 65_536  # of one WebSocket message from a browser
NOTE = "server.json"


def serve(settings: Settings, open_browser: bool = True, say: Callable[[str], None] = print) -> None:
    """Run the studio until it is told to stop. Trainings go on without it and are found at the next start."""
    if settings.host not in LOOPBACK:
        raise StudioError(
            f"This version of Trivium only listens on this machine, not on {settings.host}.",
            "Leave out --host. Sharing a studio in a class needs accounts, which come in a later version.",
            code="not_loopback",
        )
    settings.data.mkdir(parents=True, exist_ok=True)
    with _only_server(settings), listen(settings.host, settings.port) as listener:
        settings = replace(settings, port=listener.getsockname()[1])
        app = create_app(settings, STUDIOS, spares=Spares(settings.runs))
        url = address(settings.host, settings.port)
        link = f"{url}/?token={app.state.access.token}"
        # Ctrl+C is how one stops it
        with _note(settings.data, url, link), contextlib.suppress(KeyboardInterrupt), _told_to_stop():
            _Server(app, link, open_browser, say).run(sockets=[listener])


class _Server(uvicorn.Server):
    """uvicorn, which tells the address when it listens, and ends the live streams when it is to stop."""

    def __init__(self, app: FastAPI, link: str, open_browser: bool, say: Callable[[str], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                lifespan="on",
                timeout_graceful_shutdown=GRACE_S,
                ws_max_size=MESSAGE_BYTES,
                ws_per_message_deflate=False,  # packing each snapshot takes time from the training
                h11_max_incomplete_event_size=65_536,
            )
        )
        self.hub, self.link, self.open_browser, self.say = app.state.hub, link, open_browser, say

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.should_exit:
            return
        warm_up(STUDIOS)
        self.say(
            f"Trivium is running. Open this address in a browser on this machine:\n\n    {self.link}\n\n"
            "Stop it with Ctrl+C; trainings go on without it."
        )
        sys.stdout.flush()
        if self.open_browser and has_screen():
            threading.Thread(target=_open, args=(self.link,), daemon=True).start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.hub.close()
        await asyncio.sleep(0)
        await super().shutdown(sockets)


def warm_up(studios: tuple[Studio, ...]) -> None:
    """Let each studio compile what its first run would have to wait for; nobody waits for that here."""
    for studio in studios:
        if studio.warm and not (kernel_cache() / f"{studio.id}-warm").exists():
            quiet = subprocess.DEVNULL
            command = [sys.executable, "-P", "-m", studio.warm]
            process = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)
            threading.Thread(target=process.wait, daemon=True).start()  # so that it leaves no zombie


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; PortInUse says what to do where the port is taken. Port 0 takes any free one."""
    try:
        return listening(host, port)
    except OSError as error:
        raise _cannot_listen(host, port, error) from None


def _cannot_listen(host: str, port: int, error: OSError) -> StudioError:
    other = f"Choose another one: trivium up --port {other_port(port)}"
    if error.errno == errno.EADDRINUSE:
        who = (
            "another Trivium studio, with another data folder"
            if is_trivium(host, port)
            else "another program"
        )
        return PortInUse(f"Port {port} is in use by {who}.", other)
    if error.errno == errno.EACCES:
        return PortInUse(f"This system doesn't let you listen on port {port}.", other, code="port_forbidden")
    return PortInUse(
        f"Trivium can't listen on {host}, port {port}: {error.strerror}.", other, code="cannot_listen"
    )


def other_port(port: int) -> int:
    """One to try instead."""
    return port + 1 if 0 < port < 65_535 else DEFAULT_PORT + 10


def is_trivium(host: str, port: int, timeout_s: float = 1.0) -> bool:
    """Whether what answers on the port is one of us."""
    connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
    try:
        connection.request("GET", "/healthz")
        answer = json.loads(connection.getresponse().read(10_000))
        return isinstance(answer, dict) and answer.get("studio") == "trivium"
    except (OSError, ValueError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def has_screen() -> bool:
    """Whether a browser window can open here."""
    if sys.platform.startswith("linux"):
        return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    return sys.platform in ("darwin", "win32")


def _open(link: str) -> None:
    with contextlib.suppress(webbrowser.Error, OSError):
        webbrowser.open(link)


@contextlib.contextmanager
def _told_to_stop() -> Iterator[None]:
    """uvicorn stops at SIGTERM and then sends it again: let that end us in order, not on the spot."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def _only_server(settings: Settings) -> Iterator[None]:
    """Hold the data folder's lock, which the system gives back however this process ends."""
    lock = FolderLock(settings.data / "server.lock")
    if not lock.acquire():
        link = _noted_link(settings.data)
        where = f" at {link}" if link else ""
        raise PortInUse(
            f"Your studio is already running{where}.",
            "Open that address, or stop the studio first; for a second one choose another data "
            f"folder and port: trivium up --data DIR --port {other_port(settings.port)}",
            code="already_running",
        )
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def _note(data: Path, url: str, link: str) -> Iterator[None]:
    """Leave a note where this server is, readable by this user only, for a second ``trivium up``."""
    path = data / NOTE
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump({"pid": os.getpid(), "url": url, "link": link}, file)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _noted_link(data: Path) -> str | None:
    try:
        note = files.read_json(data / NOTE)
        return str(note["link"])
    except (BadFile, OSError, KeyError, TypeError):
        return None
