"""Zip files from strangers, in memory: no paths are made of their names, and no member may unpack to a flood."""

from __future__ import annotations

import io
import zipfile
import zlib

from trivium.errors import BadFile

MAX_MEMBERS = 1_000
MAX_MEMBER_BYTES = 60_000_000


def opened(data: bytes) -> zipfile.ZipFile:
    """The archive; BadFile where it is none."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise BadFile("This zip file is damaged.", "Save it again, or choose another file.") from None
    if len(archive.infolist()) > MAX_MEMBERS:
        raise BadFile(f"There are more than {MAX_MEMBERS} files in this zip file.", "Choose the file of one piece.")
    return archive


def names_in(data: bytes) -> list[str]:
    """What the files in it are called."""
    return opened(data).namelist()


def member(data: bytes, name: str) -> bytes:
    """One file of the archive, refused where it unpacks to more than MAX_MEMBER_BYTES."""
    try:
        with opened(data).open(name) as file:
            body = file.read(MAX_MEMBER_BYTES + 1)
    except (KeyError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError, ValueError):
        raise BadFile("A file in this zip file can't be unpacked.", "Save it again, or choose another file.") from None
    if len(body) > MAX_MEMBER_BYTES:
        raise BadFile("This zip file unpacks to far more than a piece of music needs.", "Choose another file.")
    return body
