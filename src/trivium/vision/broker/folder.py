"""What the studio keeps of its broker on disk.

    DATA/vision/broker/settings.json   whether it runs, its port, accounts of clients (hashes)
    DATA/vision/broker/studio.key      the studio's own credential; only its owner can read it
    DATA/vision/broker/accounts.json   who may come in: what the broker reads
    DATA/vision/broker/own/            the broker's own: where it listens, who is here, what was refused
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from trivium.core import files
from trivium.core.process import FolderLock
from trivium.errors import BadFile, StudioError
from trivium.vision.broker import accounts
from trivium.vision.broker.accounts import STUDIO, Account, hashed
from trivium.vision.broker.program import LOCK, OWN, STATUS
from trivium.vision.broker.settings import BrokerSettings

SETTINGS, KEY, CHANGING = "settings.json", "studio.key", "changing.lock"
PATIENCE_S = 10.0


class BrokerFolder:
    """The broker's folder in a data folder."""

    def __init__(self, data: Path) -> None:
        self.path = data / "vision" / "broker"

    def settings(self) -> BrokerSettings:
        """As they are now."""
        path = self.path / SETTINGS
        if not path.is_file():
            return BrokerSettings()
        try:
            return BrokerSettings.model_validate(files.read_json(path))
        except ValidationError:
            raise BadFile(f"{path} is damaged.", "Delete it, switch the broker on again, and make accounts anew."
                          ) from None

    @contextmanager
    def changing(self) -> Iterator[BrokerSettings]:
        """Change the settings; they are written at the end of the block."""
        with self._alone():
            settings = self.settings()
            yield settings
            files.write_json(self.path / SETTINGS, settings.model_dump(mode="json"), mode=files.OWNER_ONLY)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.path.mkdir(parents=True, exist_ok=True)
        lock = FolderLock(self.path / CHANGING)
        if not lock.acquire(PATIENCE_S):
            raise StudioError("Somebody else is changing the broker's accounts.", "Try again in a moment.", 503)
        try:
            yield
        finally:
            lock.release()

    def secret(self) -> str:
        """The studio's own credential, made when it is first asked for."""
        path = self.path / KEY
        if not path.is_file():
            self.path.mkdir(parents=True, exist_ok=True)
            files.atomic_write(path, secrets.token_urlsafe(32), mode=files.OWNER_ONLY)
        return path.read_text(encoding="utf-8").strip()

    def write_accounts(self, devices: Callable[[], Iterable[Account]]) -> None:
        """Tell the broker who may come in, from now on; nothing where there has never been one."""
        if not (self.path / SETTINGS).is_file():
            return
        with self._alone():  # who reads first writes first, or a credential that was taken back would come back
            studio = Account(STUDIO, hashed(self.secret()), ("#", "$aws/#"), ("#", "$aws/#"))
            clients = (Account(each.name, each.hash, tuple(each.read), tuple(each.write))
                       for each in self.settings().clients)
            accounts.write(self.path, [studio, *clients, *devices()])

    def status(self) -> dict[str, Any] | None:
        """What the broker says of itself; None where none runs."""
        if not self.runs():
            return None
        try:
            found = files.read_json(self.path / OWN / STATUS)
        except (StudioError, OSError):
            return None
        return found if isinstance(found, dict) else None

    def forget_status(self) -> None:
        """What the last one said no longer holds."""
        (self.path / OWN / STATUS).unlink(missing_ok=True)

    def runs(self) -> bool:
        """Whether one runs now."""
        if not (self.path / OWN).is_dir():
            return False
        lock = FolderLock(self.path / OWN / LOCK)
        if not lock.acquire():
            return True
        lock.release()
        return False
