"""What a device has to say, kept until the studio says that it has it: SQLite, so that a power cut loses nothing.

Each message has a number within its `epoch` (an outbox that was made anew has another one), by which the studio tells a
repetition. Where the network is gone for so long that the box is full, the oldest goes, and that is counted.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
from pathlib import Path
from typing import Any

MOST, BATCH, BATCH_BYTES = 100_000, 200, 500_000


class Outbox:
    """A queue on disk. Safe to use from several threads."""

    def __init__(self, path: Path, most: int = MOST) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.most, self.lock = most, threading.Lock()
        self.db = sqlite3.connect(path, timeout=10.0, check_same_thread=False, isolation_level=None)
        for line in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL",
                     "CREATE TABLE IF NOT EXISTS box (seq INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL)",
                     "CREATE TABLE IF NOT EXISTS facts (key TEXT PRIMARY KEY, value TEXT NOT NULL)"):
            self.db.execute(line)
        self.db.execute("INSERT OR IGNORE INTO facts VALUES ('epoch', ?), ('dropped', '0')", (secrets.token_hex(8),))
        self.epoch = str(self._fact("epoch"))

    def _fact(self, key: str) -> str:
        return str(self.db.execute("SELECT value FROM facts WHERE key = ?", (key,)).fetchone()[0])

    def put(self, body: dict[str, Any]) -> int:
        """Add a message; its number."""
        text = json.dumps(body, ensure_ascii=False, allow_nan=False)
        with self.lock:
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
        with self.lock:
            rows = self.db.execute("SELECT seq, body FROM box ORDER BY seq LIMIT ?", (BATCH,)).fetchall()
        found: list[dict[str, Any]] = []
        size = 0
        for seq, body in rows:
            size += len(body)
            if found and size > BATCH_BYTES:
                break
            found.append({"seq": seq, "body": json.loads(body)})
        return found

    def acknowledge(self, seq: int) -> None:
        """The studio has everything up to this number."""
        with self.lock:
            self.db.execute("DELETE FROM box WHERE seq <= ?", (seq,))

    @property
    def waiting(self) -> int:
        with self.lock:
            return int(self.db.execute("SELECT count(*) FROM box").fetchone()[0])

    @property
    def dropped(self) -> int:
        """Messages that were lost because the box was full."""
        with self.lock:
            return int(self._fact("dropped"))

    def close(self) -> None:
        with self.lock:
            self.db.close()
