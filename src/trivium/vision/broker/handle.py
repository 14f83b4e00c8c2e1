"""The studio's hand on its broker: starts it, starts it again when it dies, ends it, as the settings say.

The settings are a file that commands change too, so it is looked at now and then.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Iterable

from trivium.core.keeper import WAITS_S, Keeper
from trivium.vision.broker.accounts import Account
from trivium.vision.broker.folder import BrokerFolder
from trivium.vision.broker.program import CANNOT_LISTEN
from trivium.vision.broker.settings import BrokerSettings

MISSING = 'The broker needs a library that is not here. Install it: pip install "trivium[mqtt]"'


class BrokerHandle(Keeper):
    """Keeps the broker as it is wanted."""

    name = "broker"

    def __init__(self, folder: BrokerFolder, host: str, devices: Callable[[], Iterable[Account]]) -> None:
        super().__init__()
        self.folder, self.host, self.devices = folder, host, devices
        self.port: int | None = None  # where it listens
        self.wanted = BrokerSettings()

    def look(self) -> None:
        """As the settings say."""
        now = self.folder.settings()
        if (now.on, now.port) != (self.wanted.on, self.wanted.port):
            self.end()
        self.wanted = now
        if not now.on:
            self.state, self.message = "off", ""
        elif self.may_begin:
            self._begin(now.port)
        elif (ended := self.died()) is not None:
            self._died(*ended)
        elif (self.process is not None and self.port is None and (said := self.folder.status())
              and said.get("pid") == self.process.pid):
            self.port, self.state, self.message = int(said["port"]), "running", ""

    def _begin(self, port: int) -> None:
        if importlib.util.find_spec("amqtt") is None:
            self.state, self.message, self.due = "failed", MISSING, time.monotonic() + WAITS_S[-1]
            return
        self.folder.write_accounts(self.devices)
        self.folder.forget_status()
        self.begin(self.folder.path, "trivium.vision.broker.program", str(self.folder.path), self.host, str(port))

    def _died(self, code: int, said: str) -> None:
        self.port = None
        self.message = (f"It can't listen on {self.host}, port {self.wanted.port}: {said}. Choose another port."
                        if code == CANNOT_LISTEN else "The broker ended by itself, and is started again.")

    def end(self) -> None:
        """End it."""
        self.port = None
        super().end()
