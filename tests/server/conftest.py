"""The real app over a data folder of its own, in this process; and as a process of its own on a free port."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import httpx
import psutil
import pytest
from fastapi import FastAPI

from tests.core import toy
from trivium.catalog import STUDIOS
from trivium.core import jobs
from trivium.core.studio import Studio
from trivium.server.app import create_app
from trivium.settings import Settings

with warnings.catch_warnings():  # it would rather have httpx2, which is too young to lean on
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient, WebSocketDenialResponse

__all__ = ["BASE", "ROOT", "SERVE", "ServerProcess", "TestClient", "WebSocketDenialResponse", "spare_of", "wait_for"]

ROOT = Path(__file__).resolve().parents[2]
BASE = "http://127.0.0.1:8470"
SERVE = """
import sys
from pathlib import Path
from typing import TypeVar
from trivium.errors import StudioError
from trivium.server.up import serve
from trivium.settings import Settings
try:
    serve(Settings(data=Path(sys.argv[1]), port=int(sys.argv[2])), open_browser=False)
except StudioError as error:
    print(error)
    sys.exit(1)
"""


@pytest.fixture(autouse=True)
def toy_is_importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The toy studio's code lies in the tests, where a runner would not look."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data folder; whatever still runs in it at the end is ended."""
    folder = tmp_path / "data"
    folder.mkdir()
    yield folder
    for info in jobs.list_runs(folder):
        if jobs.is_alive(info.folder):
            jobs.kill(info.folder)


@pytest.fixture
def app(data: Path) -> FastAPI:
    return create_app(Settings(data=data), (*STUDIOS, toy.STUDIO))


@pytest.fixture
def visitor(app: FastAPI) -> Iterator[TestClient]:
    """A browser that has not signed in."""
    with TestClient(app, base_url=BASE) as client:
        yield client


@pytest.fixture
def client(visitor: TestClient, app: FastAPI) -> TestClient:
    """A signed-in browser."""
    assert visitor.get(f"/?token={app.state.access.token}").status_code == 200
    return visitor


@pytest.fixture
def made_elsewhere(data: Path) -> Callable[..., str]:
    """``made_elsewhere(steps=5)`` makes a queued run as the command line does, and returns its id."""

    def make(name: str = "toy", studio: Studio = toy.STUDIO, **config: object) -> str:
        return jobs.create_run(studio, "train", name, config, data=data).name

    return make


@pytest.fixture
def toy_run(app: FastAPI, data: Path, made_elsewhere: Callable[..., str]) -> Callable[..., str]:
    """The same, known to the server at once."""

    def make(name: str = "toy", **config: object) -> str:
        run_id = made_elsewhere(name, **config)
        app.state.index.add(data / "runs" / run_id)
        return run_id

    return make


T = TypeVar("T")


def wait_for(look: Callable[[], T], what: str, timeout_s: float = 30.0) -> T:
    """The first true answer; fails with ``what`` was waited for."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {timeout_s} s for {what}")


class ServerProcess:
    """The studio in a process of its own, on a port that the system gives it, and on the same one when started again.

    A port that was free a moment ago may be another program's by the time a loaded machine gets round to it.
    """

    def __init__(self, data: Path, port: int = 0) -> None:
        self.data, self.port, self.link = data, port, ""
        self.process: subprocess.Popen[str] | None = None

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> contextlib.closing[httpx.Client]:
        """Start it and sign in."""
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(self.data), str(self.port)],
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=os.environ.copy(),
        )
        assert self.process.stdout is not None
        printed = []
        for line in self.process.stdout:
            printed.append(line)
            if line.strip().startswith("http"):
                self.link = line.strip()
                self.port = int(self.link.removeprefix("http://127.0.0.1:").partition("/")[0])
                break
        assert self.link, "".join(printed)
        client = httpx.Client(base_url=self.base, timeout=60, follow_redirects=True)
        assert client.get(self.link).status_code == 200
        return contextlib.closing(client)

    def end(self, number: int = signal.SIGTERM, timeout_s: float = 30.0) -> float:
        """Send the signal; how long it took to go, in seconds."""
        assert self.process is not None
        begun = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(timeout_s)
        took_s = time.monotonic() - begun
        if self.process.stdout is not None:
            self.process.stdout.close()
        return took_s


def spare_of(server: ServerProcess) -> int | None:
    """The process that a server keeps ready for a run, if there is one."""
    assert server.process is not None
    for child in psutil.Process(server.process.pid).children():
        with contextlib.suppress(psutil.Error):  # gone meanwhile
            if "trivium.core.spare" in child.cmdline():
                return int(child.pid)
    return None


@pytest.fixture
def server(data: Path) -> Iterator[ServerProcess]:
    process = ServerProcess(data)
    yield process
    if process.process is not None and process.process.poll() is None:
        process.end(signal.SIGKILL)
