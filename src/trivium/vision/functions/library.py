"""The inference functions at hand: our examples, and the user's own, each with all its versions.

    DATA/vision/functions/NAME/versions.jsonl   one line for each save: version, when, why
    DATA/vision/functions/NAME/VERSION.py       the code; its version is the beginning of its sha256

A save that changes nothing adds nothing, and going back to a version is saving it once more, so nothing is ever lost.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from trivium.core import files
from trivium.core.process import FolderLock
from trivium.errors import BadConfig, BadFile, Busy, NameTaken, NotFound, StudioError
from trivium.vision.functions.examples import examples

FOLDER, LOG = "functions", "versions.jsonl"
# also the name of a folder: no full stop or space at its end, which Windows would drop
NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9 _.-]{0,62}[A-Za-z0-9_-])?")
NUMBER, BEGINNING = re.compile(r"[0-9]{1,5}"), re.compile(r"[0-9a-f]{6,64}")
LENGTH, MOST_BYTES = 12, 200_000
FRAMES, MOST_FRAMES = 3, 20  # that one is tried on
LOCK_PATIENCE_S = 5.0
LIST_THEM = "List them with: trivium vision function"


class SavedMeanwhile(StudioError):
    """Somebody else was quicker."""

    status = 409
    code = "changed_meanwhile"


@dataclass(frozen=True)
class Version:
    """One save."""

    number: int  # counts the saves, from 1
    version: str
    at: float  # Unix seconds
    note: str = ""


@dataclass(frozen=True)
class Function:
    """A function that somebody can choose: the code of one version, and all its saves, the newest first."""

    id: str
    title: str
    summary: str
    code: str
    source: Literal["example", "saved"]
    version: str | None = None
    versions: tuple[Version, ...] = ()


def list_functions(data: Path) -> list[Function]:
    """Our examples, then the user's own, the last saved first; a spoilt one does not hide the others."""
    ours = [Function(each.id, each.title, each.summary, each.code, "example") for each in examples()]
    own: list[Function] = []
    for folder in sorted(_place(data).iterdir()) if _place(data).is_dir() else []:
        with contextlib.suppress(StudioError, OSError):
            if NAME.fullmatch(folder.name):
                own.append(_read(folder))
    return ours + sorted(own, key=lambda each: -each.versions[0].at)


def load_function(data: Path, name: str, version: str | None = None) -> Function:
    """A kept function, its newest version, the one of that number or that begins so; else the example of that name."""
    if NAME.fullmatch(name) and log_of(folder := _folder(data, name)):
        return _read(folder, version)
    for each in examples():
        if each.id == name and version is None:
            return Function(each.id, each.title, each.summary, each.code, "example")
    raise NotFound(f"There is no function called '{name[:64]}'.", LIST_THEM)


def save_function(data: Path, name: str, code: str, note: str = "", seen: str | None = None) -> Function:
    """Keep the code under the name; a save that changes it adds a version.

    `seen` is the version that was changed, "" where a new function is meant: where somebody else has saved another one
    meanwhile, SavedMeanwhile is raised and nothing saved. None asks nothing.
    """
    content = _content(code)
    if not NAME.fullmatch(name):
        raise BadConfig("This can't be the name of a function.",
                        "Take up to 64 letters, digits, spaces, _ . -, with a letter or digit first.")
    with _only_writer(data):
        folder = _folder(data, name)
        if folder.name != name:  # one folder on macOS and Windows, so everywhere
            raise NameTaken(f"There is already a function called '{folder.name}'.",
                            "Write the name in the same way, or take another one.")
        rows, version = log_of(folder), files.sha256_bytes(content)[:LENGTH]
        if not rows or rows[0].version != version:
            _judge(name, rows, seen)
            folder.mkdir(exist_ok=True)
            files.atomic_write(folder / f"{version}.py", content)
            made = Version(len(rows) + 1, version, round(time.time(), 3), note[:200])
            lines = [json.dumps(asdict(row), ensure_ascii=False) for row in (*reversed(rows), made)]
            files.atomic_write(folder / LOG, "\n".join(lines) + "\n")
        return _read(folder)


def restore_function(data: Path, name: str, version: str) -> Function:
    """Let an earlier version be the newest again."""
    kept = load_function(data, name, version)
    number = next(row.number for row in kept.versions if row.version == kept.version)
    return save_function(data, kept.id, kept.code, f"back to {number}")


def delete_function(data: Path, name: str) -> None:
    """Delete a kept function with all its versions; what runs with it goes on."""
    with _only_writer(data):
        folder = _folder(data, name) if NAME.fullmatch(name) else None
        if folder is None or folder.name != name or not log_of(folder):
            raise NotFound(f"No function called '{name[:64]}' is kept.", LIST_THEM)
        gone = folder.with_name(f"{files.TEMPORARY_PREFIX}{name}-{os.getpid()}")
        os.rename(folder, gone)  # away at once, not file by file
        shutil.rmtree(gone, ignore_errors=True)


def resolve_function(code: Path | str, data: Path) -> Path | Function:
    """For commands and Python: a file or folder, or else a function by NAME or NAME@VERSION."""
    name, at, version = str(code).partition("@")
    if Path(code).exists() or not NAME.fullmatch(name):
        return Path(code)
    return load_function(data, name, version if at else None)


def log_of(folder: Path) -> tuple[Version, ...]:
    """The saves, newest first."""
    try:
        lines = (folder / LOG).read_text(encoding="utf-8").splitlines()
        return tuple(reversed([Version(**json.loads(line)) for line in lines]))
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except (ValueError, TypeError):
        raise BadFile(f"The list of versions of '{folder.name}' is damaged.", f"Look at: {folder / LOG}") from None


def _judge(name: str, rows: tuple[Version, ...], seen: str | None) -> None:
    """Refuse a save over one that whoever saves has not seen."""
    if not rows or seen is None or seen == rows[0].version:
        return
    if not seen:
        raise NameTaken(f"There is already a function called '{name}'.", "Take another name.")
    raise SavedMeanwhile(f"Somebody else has saved version {rows[0].number} of '{name}' meanwhile.",
                         "Compare it with yours, then decide. Both are there still.")


def _read(folder: Path, version: str | None = None) -> Function:
    rows = log_of(folder)
    row = rows[0] if version is None else _named(folder.name, rows, version)
    content = files.read_file(folder / f"{row.version}.py")
    if files.sha256_bytes(content)[:LENGTH] != row.version:
        raise BadFile(f"The file of '{folder.name}', version {row.number}, was changed from outside.",
                      "Save it under a name of its own, or go back to another version.")
    count = f"version {row.number}" if len(rows) > 1 else "saved once"
    return Function(folder.name, folder.name, f"Your own, {count}.", content.decode("utf-8"), "saved", row.version,
                    rows)


def _named(name: str, rows: tuple[Version, ...], version: str) -> Version:
    """The save of that number, or the newest of the one version that begins so."""
    if NUMBER.fullmatch(version):
        found = [row for row in rows if row.number == int(version)]
    else:
        found = [row for row in rows if BEGINNING.fullmatch(version) and row.version.startswith(version)]
    if len({row.version for row in found}) != 1:
        known = ", ".join(f"{row.number} ({row.version})" for row in rows[:10])
        raise NotFound(f"'{name}' has no version {version[:20]!r}.", f"It has: {known}.")
    return found[0]


def _content(code: str) -> bytes:
    try:
        content = code.replace("\r\n", "\n").encode("utf-8")
    except UnicodeEncodeError:
        raise BadFile("The function holds characters that are none.", "Save it as UTF-8 text.") from None
    if not content.strip():
        raise BadFile("The function is empty.", "Begin with an example.")
    if len(content) > MOST_BYTES:
        raise BadFile(f"The function is larger than {MOST_BYTES // 1000} kB.", "Move the data out of it.")
    return content


def _place(data: Path) -> Path:
    return data / "vision" / FOLDER


def _folder(data: Path, name: str) -> Path:
    """The folder of that name; upper and lower case are the same where it is there already."""
    place = _place(data)
    there = [each for each in place.iterdir() if each.name.casefold() == name.casefold()] if place.is_dir() else []
    return there[0] if there else place / name


@contextlib.contextmanager
def _only_writer(data: Path) -> Iterator[None]:
    """The studio and a command line may save at the same time."""
    _place(data).mkdir(parents=True, exist_ok=True)
    lock = FolderLock(_place(data) / ".lock")
    if not lock.acquire(LOCK_PATIENCE_S):
        raise Busy("Another program is saving a function.", "Try again in a moment.")
    try:
        yield
    finally:
        lock.release()
