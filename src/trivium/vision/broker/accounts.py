"""Who may come in, and what they may say and hear: a file that the studio writes and the broker reads.

The file holds hashes of credentials, never the credentials, which are 256 random bits. The broker reads it again
whenever it has changed; where it is missing or damaged nobody comes in.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from trivium.core import files
from trivium.vision.broker.rights import covers, is_topic

NAME = "accounts.json"
STUDIO = "studio"  # the studio's own account
HEARS_AS, HEARS = "studio-in", "trivium/#"  # the client by which it hears, and what
READ_AS = (0, 0, 0)


@dataclass(frozen=True)
class Account:
    """One that may come in."""

    name: str
    hash: str
    read: tuple[str, ...]
    write: tuple[str, ...]

    def may_say(self, topic: str) -> bool:
        """Whether it may publish there."""
        return is_topic(topic) and any(covers(wide, topic) for wide in self.write)

    def may_hear(self, text: str) -> bool:
        """Whether it may subscribe to a filter, or be sent what is on a topic."""
        return any(covers(wide, text) for wide in self.read)


def hashed(secret: str) -> str:
    """What is kept of a credential."""
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


def of_device(name: str, credential_hash: str) -> Account:
    """A device says and hears what is its own."""
    own = (f"trivium/{name}/#", f"deeplens/{name}/#", f"$aws/things/{name}/#")
    return Account(name, credential_hash, own, own)


def write(folder: Path, accounts: Iterable[Account]) -> None:
    """Replace the file at once."""
    files.write_json(folder / NAME, [asdict(each) for each in accounts], mode=files.OWNER_ONLY)


class Accounts:
    """The file, as it is now."""

    def __init__(self, folder: Path) -> None:
        self.path, self.read_as = folder / NAME, READ_AS
        self.all: dict[str, Account] = {}

    def refresh(self) -> bool:
        """Read it again where it has changed; whether it had."""
        try:
            stat = self.path.stat()
            now = (stat.st_mtime_ns, stat.st_ino, stat.st_size)
        except OSError:
            now = READ_AS
        if now == self.read_as:
            return False
        self.all, self.read_as = _read(self.path), now
        return True

    def get(self, name: str | None) -> Account | None:
        """An account by its name."""
        self.refresh()
        return self.all.get(name or "")

    def known(self, name: str | None, secret: str | None) -> Account | None:
        """The account with this name and credential."""
        found = self.get(name)
        right = hmac.compare_digest(hashed(secret or ""), found.hash if found else hashed(""))
        return found if right and secret else None


def _read(path: Path) -> dict[str, Account]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return {row["name"]: Account(row["name"], row["hash"], tuple(row["read"]), tuple(row["write"]))
                for row in rows}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
