"""The database: migrations, backups, and writers that do not lose to each other."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from trivium.core.db import Database, NewerDatabase
from trivium.core.records import Record, SettingRecord

WRITER = """
import sys
from pathlib import Path
from trivium.core.db import Database
from trivium.core.records import SettingRecord

db = Database.in_folder(Path(sys.argv[1]))
for _ in range(40):
    with db.write() as session:
        row = session.get(SettingRecord, "count")
        row.value = row.value + 1
"""


@pytest.fixture
def db(tmp_path: Path) -> Database:
    database = Database.in_folder(tmp_path)
    database.migrate()
    return database


def test_the_migrations_make_the_tables_of_the_models(db: Database) -> None:
    with db.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Record.metadata) == []


def test_migrating_twice_changes_nothing(db: Database, tmp_path: Path) -> None:
    db.migrate()
    assert not (tmp_path / "backups").exists()


def test_sqlite_is_in_wal_mode_with_foreign_keys(db: Database) -> None:
    with db.read() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert session.scalar(text("PRAGMA foreign_keys")) == 1


def test_writers_in_many_processes_and_threads_lose_nothing(db: Database, tmp_path: Path) -> None:
    """Read-then-write transactions, which fail half the time where they begin as readers."""
    with db.write() as session:
        session.add(SettingRecord(key="count", value=0))
    children = [subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)]) for _ in range(3)]
    failed: list[Exception] = []

    def add() -> None:
        try:
            for _ in range(40):
                with db.write() as session:
                    row = session.scalars(select(SettingRecord)).one()
                    row.value = row.value + 1
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=add) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [child.wait(60) for child in children] == [0, 0, 0] and failed == []
    with db.read() as session:
        assert session.scalars(select(SettingRecord.value)).one() == 6 * 40


def test_a_write_that_raises_leaves_nothing(db: Database) -> None:
    with pytest.raises(ZeroDivisionError), db.write() as session:
        session.add(SettingRecord(key="half", value=1))
        session.flush()
        raise ZeroDivisionError
    with db.read() as session:
        assert session.get(SettingRecord, "half") is None


def test_a_reader_is_not_held_up_by_a_writer(db: Database) -> None:
    with db.write() as session:
        session.add(SettingRecord(key="new", value=1))
        session.flush()
        with db.read() as reader:
            assert reader.get(SettingRecord, "new") is None


def test_a_lock_that_is_never_released_ends_in_an_error(db: Database, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "trivium.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError, match="locked"), db.write():
        pass
    other.rollback()
    other.close()
    with db.write() as session:
        session.add(SettingRecord(key="after", value=1))


def test_an_older_database_is_copied_before_it_is_changed(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.write() as session:
        session.add(SettingRecord(key="kept", value="yes"))
        session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    monkeypatch.setattr("trivium.core.db._refuse_unknown", lambda *_: None)
    monkeypatch.setattr("trivium.core.db._upgrade", lambda _: None)
    db.migrate()
    [copy] = (tmp_path / "backups").glob("trivium-0000-*.db")
    saved = sqlite3.connect(copy)
    assert saved.execute("SELECT value FROM settings WHERE key = 'kept'").fetchone() == ('"yes"',)
    saved.close()


def test_a_newer_database_is_refused(db: Database) -> None:
    with db.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerDatabase, match="newer version"):
        db.migrate()


def test_the_migrations_lie_in_the_package() -> None:
    folder = Path(sys.modules["trivium.core.db"].__file__ or "").parent / "migrations"
    assert (folder / "env.py").is_file() and list((folder / "versions").glob("0001_*.py"))
