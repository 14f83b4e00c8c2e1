"""Saved reward functions leave the database for files, ``rewards/NAME/VERSION.py`` in the data folder.

There the command line can save them too, for only the server writes the database. The files are written before the
table goes, and writing them again changes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from trivium.core import files

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    rows = op.get_bind().execute(sa.text("SELECT name, version, code, created_at FROM rewards ORDER BY name, version"))
    names: dict[str, str] = {}
    for name, version, code, created_at in rows.all():
        folder = _place() / names.setdefault(name, _free(name, names.values()))
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{version}.py"
        files.atomic_write(path, code)
        os.utime(path, (created_at, created_at))  # the list shows the last saved first
    op.drop_table("rewards")


def _place() -> Path:
    database = op.get_bind().engine.url.database
    assert database, "only SQLite has held saved code"
    return Path(database).parent / "rewards"


def _free(name: str, taken: Collection[str]) -> str:
    """A folder's name on any system: no space or full stop at its end, upper and lower case being the same."""
    plain, number = name.rstrip(" ."), 2
    wanted = plain
    while wanted.casefold() in {other.casefold() for other in taken}:
        wanted, number = f"{plain[:60]} {number}", number + 1
    return wanted
