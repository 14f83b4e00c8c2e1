"""The database: engine, sessions and migrations.

SQLite in WAL mode, written by the server's one process only. A write session opens with ``BEGIN
IMMEDIATE``: a plain ``BEGIN`` that turns from reading to writing fails at once with "database is locked"
whatever the time-out, so pysqlite's own transaction handling is switched off and an event sends the right
``BEGIN``. A PostgreSQL URL is accepted (``postgresql+psycopg://...``) but has not been tried yet.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.orm import Session

from trivium.errors import DiskFull, StudioError

BUSY_TIMEOUT_S = 5.0
KEPT_BACKUPS = 5
WRITES = "trivium_writes"


class NewerDatabase(StudioError):
    """The data folder was written by a newer version of the studio."""


class DamagedDatabase(StudioError):
    """The database's file can't be read or opened."""


class Database:
    """The engine and its two kinds of session; ``read()`` never waits for a writer, ``write()`` has the
    only pen.
    """

    def __init__(self, url: str, backups: Path | None = None) -> None:
        self.url = url
        self.backups = backups
        self.engine = create_engine(url, connect_args=_connect_args(url))
        if self.engine.dialect.name == "sqlite":
            _prepare_sqlite(self.engine)

    @classmethod
    def in_folder(cls, data: Path) -> Database:
        """The embedded database of a data folder."""
        data.mkdir(parents=True, exist_ok=True)
        return cls(f"sqlite:///{data / 'trivium.db'}", backups=data / "backups")

    @contextmanager
    def read(self) -> Iterator[Session]:
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Commits at the end of the block, rolls back when it raises."""
        engine = self.engine.execution_options(**{WRITES: True})
        with Session(engine, expire_on_commit=False) as session, session.begin():
            session.connection()  # take the write lock now, not at the first statement
            yield session

    def migrate(self) -> None:
        """Bring the schema up to date; an older SQLite file is copied to the backups folder first."""
        try:
            self._migrate()
        except DatabaseError as error:
            raise _cannot_open(self.engine, error) from error

    def _migrate(self) -> None:
        scripts = ScriptDirectory.from_config(_alembic_config())
        head = scripts.get_current_head()
        with self.engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
        if current == head:
            return
        if current is not None:
            _refuse_unknown(scripts, current)
            self._back_up(current)
        with self.engine.execution_options(**{WRITES: True}).begin() as connection:
            _upgrade(connection)

    def _back_up(self, revision: str) -> Path | None:
        path = self.engine.url.database
        if self.engine.dialect.name != "sqlite" or not path or self.backups is None:
            return None
        self.backups.mkdir(parents=True, exist_ok=True)
        target = self.backups / f"trivium-{revision}-{int(time.time())}.db"
        source, copy = sqlite3.connect(path), sqlite3.connect(target)
        try:
            source.backup(copy)
        finally:
            copy.close()
            source.close()
        for old in sorted(self.backups.glob("trivium-*.db"), key=lambda p: p.stat().st_mtime)[:-KEPT_BACKUPS]:
            old.unlink(missing_ok=True)
        return target

    def close(self) -> None:
        self.engine.dispose()


def _cannot_open(engine: Engine, error: DatabaseError) -> StudioError:
    if "disk is full" in str(error):  # SQLite gives it no type of its own
        return DiskFull()
    if isinstance(error, OperationalError):
        return DamagedDatabase(
            f"The studio's database can't be opened: {error.orig}.",
            f"Check that you may read and write {engine.url.database or 'it'}, then try again.",
        )
    return DamagedDatabase(
        f"The studio's database is damaged: {error.orig}.",
        f"Move {engine.url.database or 'it'} away, or put a copy from the folder backups in its place. Runs, "
        "imported tracks and saved reward functions are found again by themselves; compositions are not.",
    )


def _connect_args(url: str) -> dict[str, Any]:
    return {"timeout": BUSY_TIMEOUT_S, "check_same_thread": False} if url.startswith("sqlite") else {}


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # we send BEGIN ourselves
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            f"busy_timeout={int(BUSY_TIMEOUT_S * 1000)}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _upgrade(connection: Connection) -> None:
    config = _alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _refuse_unknown(scripts: ScriptDirectory, revision: str) -> None:
    try:
        scripts.get_revision(revision)
    except CommandError as error:
        raise NewerDatabase(
            "This data folder was written by a newer version of Trivium.",
            hint="Install that version or a newer one, or choose another folder with --data. "
            "Copies made before each upgrade lie in the folder's backups.",
        ) from error
