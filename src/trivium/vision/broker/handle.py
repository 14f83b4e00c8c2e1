"""The studio's hand on its broker: starts it, starts it again when it dies, ends it, as the settings say.

The settings are a file that commands change too, so it is looked at now and then.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import Literal

from trivium.core.child import environment
from trivium.errors import StudioError
from trivium.vision.broker.accounts import Account
from trivium.vision.broker.folder import BrokerFolder
from trivium.vision.broker.program import CANNOT_LISTEN
from trivium.vision.broker.settings import BrokerSettings

LOOK_S = 0.25
WAITS_S = (0.5, 1.0, 2.0, 5.0, 10.0)  # before it is started again
STEADY_S = 30.0  # after so long the next death counts as the first
END_S = 5.0
MISSING = 'The broker needs a library that is not here. Install it: pip install "trivium[mqtt]"'
State = Literal["off", "starting", "running", "failed"]


class BrokerHandle:
    """Keeps the broker as it is wanted."""

    def __init__(self, folder: BrokerFolder, host: str, devices: Callable[[], Iterable[Account]]) -> None:
        self.folder, self.host, self.devices = folder, host, devices
        self.process: subprocess.Popen[str] | None = None
        self.state: State = "off"
        self.message, self.tries, self.due, self.begun = "", 0, 0.0, 0.0
        self.port: int | None = None  # where it listens
        self.wanted = BrokerSettings()
        self.ended, self.thread = threading.Event(), threading.Thread(target=self._work, daemon=True, name="broker")

    def start(self) -> None:
        """Begin to look after it."""
        self.thread.start()

    def _work(self) -> None:
        while not self.ended.is_set():
            try:
                self._look()
            except (StudioError, OSError) as error:
                self.state, self.message = "failed", str(error)
            self.ended.wait(LOOK_S)
        self._end()

    def _look(self) -> None:
        now = self.folder.settings()
        if (now.on, now.port) != (self.wanted.on, self.wanted.port):
            self._end()
            self.tries, self.due = 0, 0.0
        self.wanted = now
        if not now.on:
            self.state, self.message = "off", ""
        elif self.process is None:
            if time.monotonic() >= self.due:
                self._begin(now.port)
        elif (code := self.process.poll()) is not None:
            self._died(code)
        elif self.port is None and (said := self.folder.status()) and said.get("pid") == self.process.pid:
            self.port, self.state, self.message = int(said["port"]), "running", ""

    def _begin(self, port: int) -> None:
        if importlib.util.find_spec("amqtt") is None:
            self.state, self.message, self.due = "failed", MISSING, time.monotonic() + WAITS_S[-1]
            return
        self.folder.write_accounts(self.devices)
        self.folder.forget_status()
        self.state, self.begun = "starting", time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "trivium.vision.broker.program", str(self.folder.path), self.host, str(port)],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=self.folder.path,
            env=environment(self.folder.path), start_new_session=True)

    def _died(self, code: int) -> None:
        process, self.process, self.port = self.process, None, None
        said = process.communicate()[1].strip()[-300:] if process else ""
        if time.monotonic() - self.begun > STEADY_S:
            self.tries = 0
        self.due = time.monotonic() + WAITS_S[min(self.tries, len(WAITS_S) - 1)]
        self.tries += 1
        self.state = "failed"
        self.message = (f"It can't listen on {self.host}, port {self.wanted.port}: {said}. Choose another port."
                        if code == CANNOT_LISTEN else "The broker ended by itself, and is started again.")

    def _end(self) -> None:
        process, self.process, self.port = self.process, None, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stderr is not None:
            process.stderr.close()

    def close(self) -> None:
        """End it, and look no more."""
        self.ended.set()
        if self.thread.is_alive():
            self.thread.join(2 * END_S)
