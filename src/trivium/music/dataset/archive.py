"""Many files of notes in one zip, as a browser sends a folder: unpacked under numbers, never under their own names.

No path is made of a member's name, links are not followed, and what unpacks to a flood is stopped as it unpacks.
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from trivium.errors import BadFile
from trivium.music.dataset.prepare import ENDINGS, KNOWN, LICENCE_FILES, MAX_FILES
from trivium.music.files.importing import FILE_CAP_BYTES

MAX_UNPACKED_BYTES = 1_000_000_000
CHUNK = 1 << 20
ZIP_HINT = "Zip the folder again, or send its files themselves."
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)


@dataclass
class Unpacked:
    """What lies in the folder now: (path, name to show), and what was left out."""

    files: list[tuple[Path, str]] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)  # {"file", "message"}
    others: list[str] = field(default_factory=list)  # names of files that are no files of notes
    licence: str | None = None
    size: int = 0


def unpack(path: Path, into: Path) -> Unpacked:
    """Unpack the files of notes of a zip into a folder.

    Raises:
        BadFile: it is no zip, holds too much, or no music at all.
    """
    found, seen = Unpacked(), set[str]()
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if not info.is_dir() and not is_hidden(info.filename)]
            if len(members) > MAX_FILES:
                raise BadFile(f"There are {len(members):,} files in this zip file; a set may have {MAX_FILES:,}.",
                              "Zip a folder within it.")
            for info in members:
                take(archive, info, into / f"{len(found.files):06d}", unused(shown(info.filename), seen), found)
    except BROKEN:
        raise BadFile("This zip file is damaged.", ZIP_HINT) from None
    if not found.files and not found.failed:
        what = f"none of its {len(found.others)} files is a file of notes (such as {found.others[0]})" \
            if found.others else "it is empty"
        raise BadFile(f"There is no music in this zip file: {what}.", KNOWN)
    return found


def take(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, name: str, found: Unpacked) -> None:
    """One member: unpacked, or noted down with the reason why not."""
    pure = PurePosixPath(name)
    if pure.stem.upper() in LICENCE_FILES and found.licence is None:
        found.licence = first_line(archive, info, pure.name)
    elif pure.suffix.lower() not in ENDINGS:
        found.others.append(pure.name)
    elif (reason := fault(info)) or (reason := copied(archive, info, target, found)):
        found.failed.append({"file": name, "message": reason})
    else:
        found.files.append((target, name))


def fault(info: zipfile.ZipInfo) -> str:
    """Why a member is not even opened; empty where it is."""
    if stat.S_ISLNK(info.external_attr >> 16):
        return "It is a link to another file, which Trivium does not follow."
    if info.flag_bits & 1:
        return "It is locked with a password."
    return too_large() if info.file_size > FILE_CAP_BYTES else ""


def copied(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, found: Unpacked) -> str:
    """Unpack a member by what it really holds, not by what it says; why that failed, or empty."""
    size = 0
    try:
        with archive.open(info) as source, target.open("wb") as out:
            while chunk := source.read(CHUNK):
                size += len(chunk)
                found.size += len(chunk)
                if size > FILE_CAP_BYTES:
                    return too_large()
                if found.size > MAX_UNPACKED_BYTES:
                    raise BadFile(f"This zip file unpacks to more than {MAX_UNPACKED_BYTES // 1_000_000:,} MB.",
                                  "Make a set of a part of it.")
                out.write(chunk)
    except BROKEN:
        return "It can't be unpacked: it is damaged."
    return ""


def too_large() -> str:
    """What is said of a file over the limit."""
    return f"It is larger than {FILE_CAP_BYTES // 1_000_000} MB. Choose a smaller file."


def first_line(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> str:
    """The first line of a licence file."""
    try:
        with archive.open(info) as file:
            lines = [line.strip() for line in file.read(4000).decode("utf-8", "replace").splitlines() if line.strip()]
    except BROKEN:
        return name
    return f"{name}: {lines[0][:200]}" if lines else name


def shown(name: str) -> str:
    """A member's name as it can be shown; nothing is opened by it."""
    clean = "".join(c if c.isprintable() else "?" for c in name.replace("\\", "/"))
    return clean[-200:].lstrip("/") or "?"


def unused(name: str, seen: set[str]) -> str:
    """The name, or with a number behind it where the zip holds two of them."""
    number, free = 1, name
    while free in seen:
        number += 1
        free = f"{name} ({number})"
    seen.add(free)
    return free


def is_hidden(name: str) -> bool:
    """What a system puts beside people's files: .DS_Store, __MACOSX."""
    parts: list[Any] = name.replace("\\", "/").split("/")
    return any((part.startswith(".") and part not in (".", "..")) or part == "__MACOSX" for part in parts)
