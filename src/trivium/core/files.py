"""Where each thing lies on disk, and how it is written so that a crash leaves the old or the new, never half.

A write goes to a temporary file in the same folder, is synced, renamed over the old one, and the folder is synced.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from trivium.errors import BadFile, DiskFull

DISK_FULL_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
SPEC, STATUS, EVENTS, NAME = "spec.json", "status.json", "events.jsonl", "name.txt"
INPUTS, CHECKPOINTS, MODEL, OUT = "inputs", "checkpoints", "model", "out"
LOCK, STOP, LOG, CRASH, RESERVE, TMP = "lock", "stop", "runner.log", "crash.txt", ".reserve", "tmp"
MAX_JSON_BYTES = 16 << 20
TEMPORARY_PREFIX = ".tmp-"
ANYONE_READS, OWNER_ONLY = 0o644, 0o600


def is_disk_full(error: BaseException) -> bool:
    """Whether this is the operating system's way of saying that there is no room."""
    return isinstance(error, OSError) and error.errno in DISK_FULL_ERRNOS


@contextlib.contextmanager
def disk_full_guard() -> Iterator[None]:
    """Turn "no room" into DiskFull."""
    try:
        yield
    except OSError as error:
        if is_disk_full(error):
            raise DiskFull() from error
        raise


def write_all(fd: int, data: bytes) -> None:
    """Write every byte; a disk that fills up in the middle raises instead of writing short."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view):]


def sync_folder(folder: Path) -> None:
    """Make renames in `folder` last. Windows cannot open a folder and needs no such call."""
    if os.name == "nt":
        return
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def write_file(path: Path, data: bytes, durable: bool = True, mode: int = ANYONE_READS) -> None:
    """Write a new file and sync it (not its folder). `mode` holds from its first byte on."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), mode)
    try:
        write_all(fd, data)
        if durable:
            os.fsync(fd)
    finally:
        os.close(fd)


def atomic_write(path: Path, data: bytes | str, durable: bool = True, mode: int = ANYONE_READS) -> None:
    """Replace `path` by `data` at once; on failure the old file stays and no temporary file is left."""
    content = data.encode() if isinstance(data, str) else data
    temporary = path.with_name(f"{TEMPORARY_PREFIX}{path.name}-{os.getpid()}")
    try:
        with disk_full_guard():
            write_file(temporary, content, durable, mode)
            _replace(temporary, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError) and error.filename == str(temporary):
            error.filename = str(path)  # what a person asked for
        raise
    if durable:
        sync_folder(path.parent)


def _replace(source: Path, target: Path) -> None:
    """os.replace, patient on Windows, where a reader that has the target open makes it fail for a moment."""
    for _ in range(20 if os.name == "nt" else 0):
        try:
            os.replace(source, target)
            return
        except PermissionError:
            import time

            time.sleep(0.01)
    os.replace(source, target)


def write_json(path: Path, value: Any, durable: bool = True, mode: int = ANYONE_READS) -> None:
    """Write `value` as readable JSON, atomically. NaN is refused: it is not JSON."""
    atomic_write(path, json.dumps(value, indent=1, allow_nan=False, ensure_ascii=False) + "\n", durable, mode)


def read_file(path: Path) -> bytes:
    """The bytes of a file that a person named."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadFile(f"{path} can't be read: {error.strerror}.", "Check the path.") from None


def read_json(path: Path) -> Any:
    """The value in a JSON file; BadFile when it is missing, damaged or absurdly large."""
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            raise BadFile(f"{path} is too large.", "Restore it from a copy, or start a new run.")
        return json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
    except FileNotFoundError:
        raise BadFile(f"{path} does not exist.", "Check the path.") from None
    except (ValueError, RecursionError):
        raise BadFile(f"{path} is damaged: it is not JSON.", "Restore it from a copy, or start a new run.") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def sha256_bytes(data: bytes) -> str:
    """Hex sha256 of the bytes."""
    return hashlib.sha256(data).hexdigest()


def sha256_file(path: Path) -> str:
    """Hex sha256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def inside(folder: Path, name: str) -> Path:
    """`folder / name`, refused if it would leave the folder (.., absolute, drive, NUL)."""
    if not name or "\0" in name or "\\" in name or re.match(r"^[A-Za-z]:", name):
        raise BadFile(f"{name!r} is not a usable file name.", "Use letters, digits, dots and dashes.")
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()) or path.resolve() == folder.resolve():
        raise BadFile(f"{name!r} lies outside the run's folder.", "Use a plain file name.")
    return path


def remove_temporaries(folder: Path) -> None:
    """Remove what a killed process left half written in `folder`."""
    import shutil

    if not folder.is_dir():
        return
    for entry in folder.iterdir():
        if entry.name.startswith(TEMPORARY_PREFIX):
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)


def folder_size(folder: Path, stop_after: int = 1_000_000) -> tuple[int, int]:
    """Bytes and number of files below `folder`, symbolic links not followed; stops counting at `stop_after` files."""
    total = count = 0
    todo = [str(folder)]
    while todo and count < stop_after:
        with contextlib.suppress(OSError), os.scandir(todo.pop()) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        todo.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_size
                count += 1
                if count >= stop_after:
                    break
    return total, count
