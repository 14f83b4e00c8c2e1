"""Personal mode's sign-in: a token in the printed address, swapped for a cookie.

The token is made new at each start and lives in memory only. It may be used as often as one likes while
that server runs, so that the printed address opens a new tab or another browser of this machine. Each use
makes a session of its own: 256 random bits in an HttpOnly cookie, only their hash in the database, so that
open tabs stay signed in when the server is started again. Programs may send the token as ``Authorization:
Bearer``.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time

from sqlalchemy import delete

from trivium.core.db import Database
from trivium.core.records import SessionRecord

LIFETIME_S = 30 * 24 * 3600


class Access:
    """The token of this start, and the sessions of all."""

    def __init__(self, db: Database, port: int) -> None:
        self.db = db
        self.token = secrets.token_urlsafe(32)
        self.cookie_name = f"trivium_{port}"  # cookies ignore the port, so two studios need two names
        self.lifetime_s = LIFETIME_S
        self._known: set[str] = set()

    def knows_token(self, token: str) -> bool:
        return hmac.compare_digest(token.encode("utf-8", "replace"), self.token.encode())

    def new_session(self) -> str:
        value, now = secrets.token_urlsafe(32), time.time()
        with self.db.write() as session:
            session.execute(delete(SessionRecord).where(SessionRecord.expires_at < now))
            session.add(SessionRecord(token_hash=_hash(value), created_at=now, expires_at=now + LIFETIME_S))
        return value

    def knows_session(self, value: str) -> bool:
        if not value:
            return False
        hashed = _hash(value)
        if hashed in self._known:
            return True
        with self.db.read() as session:
            row = session.get(SessionRecord, hashed)
        if row is None or row.expires_at < time.time():
            return False
        self._known.add(hashed)
        return True


def _hash(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()
