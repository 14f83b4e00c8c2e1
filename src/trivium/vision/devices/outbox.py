"""What a device has to say, kept until the studio says that it has it: SQLite, so that a power cut loses nothing.

Each message has a number within its `epoch` (an outbox that was made anew has another one), by which the studio tells a
repetition. Where the network is gone for so long that the box is full, the oldest goes, and that is counted; so is a
message that no studio would take, or that can't be kept.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from trivium.errors import StudioError

MOST, BATCH, BATCH_BYTES = 100_000, 200, 500_000  # the studio takes a million bytes at once
LONGEST = 400_000  # bytes of one message


class Outbox:
    """A queue on disk. Safe to use from several threads; StudioError where the disk does not take it."""

    def __init__(self, path: Path, most: int = MOST) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.most, self.lock, self.lost = most, threading.RLock(), 0
        with self._disk():
            self.db = sqlite3.connect(path, timeout=10.0, check_same_thread=False, isolation_level=None)
            for line in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL",
                         "CREATE TABLE IF NOT EXISTS box (seq INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL)",
                         "CREATE TABLE IF NOT EXISTS facts (key TEXT PRIMARY KEY, value TEXT NOT NULL)"):
                self.db.execute(line)
            self.db.execute("INSERT OR IGNORE INTO facts VALUES ('epoch', ?), ('dropped', '0')",
                            (secrets.token_hex(8),))
            self.epoch = str(self._fact("epoch"))

    @contextmanager
    def _disk(self) -> Iterator[None]:
        """One thread at a time, and a sentence for what the disk refuses."""
        with self.lock:
            try:
                yield
            except sqlite3.Error as error:
                raise StudioError(f"The outbox can't be read or written ({error}).",
                                  "Is the disk full? Make room, or leave the studio and join again.") from None

    def _fact(self, key: str) -> str:
        return str(self.db.execute("SELECT value FROM facts WHERE key = ?", (key,)).fetchone()[0])

    def put(self, body: dict[str, Any]) -> int:
        """Add a message; its number, 0 where it is too long for any studio to take."""
        text = json.dumps(body, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace").decode()
        if len(text.encode()) > LONGEST:
            self.lose()
            return 0
        with self._disk():
            self.db.execute("BEGIN IMMEDIATE")
            try:
                seq = int(self.db.execute("INSERT INTO box (body) VALUES (?)", (text,)).lastrowid or 0)
                gone = self.db.execute("DELETE FROM box WHERE seq <= ? - ?", (seq, self.most)).rowcount
                if gone:
                    self.db.execute("UPDATE facts SET value = value + ? WHERE key = 'dropped'", (gone,))
                self.db.execute("COMMIT")
            except BaseException:
                self.db.execute("ROLLBACK")
                raise
            return seq

    def batch(self) -> list[dict[str, Any]]:
        """The oldest messages: [{"seq", "body"}]."""
        with self._disk():
            rows = self.db.execute("SELECT seq, body FROM box ORDER BY seq LIMIT ?", (BATCH,)).fetchall()
        found: list[dict[str, Any]] = []
        size = 0
        for seq, body in rows:
            size += len(body.encode()) + 50  # and its number
            if found and size > BATCH_BYTES:
                break
            found.append({"seq": seq, "body": json.loads(body)})
        return found

    def acknowledge(self, seq: int) -> None:
        """The studio has everything up to this number."""
        with self._disk():
            self.db.execute("DELETE FROM box WHERE seq <= ?", (seq,))

    def lose(self) -> None:
        """Count a message that could not be kept."""
        with self.lock:
            self.lost += 1

    @property
    def waiting(self) -> int:
        with self._disk():
            return int(self.db.execute("SELECT count(*) FROM box").fetchone()[0])

    @property
    def dropped(self) -> int:
        """Messages that were lost: the box was full; or, since it was opened, they could not be kept."""
        with self._disk():
            return int(self._fact("dropped")) + self.lost

    def close(self) -> None:
        with self.lock:
            self.db.close()
