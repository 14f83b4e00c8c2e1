"""Photos in a folder or a zip, with the class that the folder of each names.

    photos/cat/1.jpg          class cat
    photos/train/cat/1.jpg    class cat; a level of train, val and test is passed over
    photos/1.jpg              no class yet

Names are only ever read, never made into paths, and links are not followed, so no archive leads out of itself. What is
passed over is told, a line each.
"""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from trivium.errors import BadFile
from trivium.vision.collect.store import PICTURE_CAP_BYTES
from trivium.vision.project import MAX_CLASS_NAME, one_line

SPLITS = {"train", "training", "val", "valid", "validation", "test", "testing"}
MAX_FILES = 200_000
IGNORED = {"thumbs.db", "desktop.ini", "readme.md", "readme.txt", "license", "licence", "license.txt"}


@dataclass(frozen=True)
class Found:
    """A file that may be a picture."""

    name: str  # as its owner knows it, parts divided by /
    label: str | None
    read: Callable[[], bytes]


@dataclass
class Source:
    """What a folder or a zip holds."""

    found: list[Found] = field(default_factory=list)
    passed_over: list[dict[str, str]] = field(default_factory=list)  # {"file", "message"}
    split_folders: bool = False

    def pass_over(self, name: str, message: str) -> None:
        self.passed_over.append({"file": name, "message": message})


@contextmanager
def opened(path: Path, name: str | None = None) -> Iterator[Source]:
    """The photos of a folder, a zip, or a single file called `name`; a zip stays open inside the block."""
    if path.is_dir():
        yield in_folder(path)
    elif not path.exists():
        raise BadFile(f"{path} does not exist.", "Check the path.")
    elif zipfile.is_zipfile(path):
        with _zip(path) as archive:
            yield in_zip(archive)
    else:
        yield Source([Found(name or path.name, None, lambda: bytes_of(path))])


def in_folder(folder: Path) -> Source:
    """Every file below a folder."""
    source, readers = Source(), dict[str, Callable[[], bytes]]()
    for place, folders, names in os.walk(folder, followlinks=False):
        for name in [each for each in folders if (Path(place) / each).is_symlink()]:
            source.pass_over(_relative(folder, place, name), "It is a link to another folder; links are not followed.")
        folders[:] = sorted(each for each in folders if not each.startswith(".") and each != "__MACOSX")
        for name in sorted(names):
            path, shown = Path(place) / name, _relative(folder, place, name)
            if _is_ignored(name):
                continue
            if path.is_symlink():
                source.pass_over(shown, "It is a link to another file; links are not followed.")
            elif not path.is_file():
                source.pass_over(shown, "It is no file.")
            else:
                readers[shown] = lambda path=path: bytes_of(path)  # type: ignore[misc]
        _refuse_flood(len(readers))
    return _labelled(source, readers)


def in_zip(archive: zipfile.ZipFile) -> Source:
    """Every file in a zip."""
    source, readers = Source(), dict[str, Callable[[], bytes]]()
    for entry in archive.infolist():
        name = entry.filename.replace("\\", "/")
        parts = PurePosixPath(name).parts
        if entry.is_dir() or not parts or _is_ignored(parts[-1]) or "__MACOSX" in parts:
            continue
        if name.startswith("/") or ".." in parts or ":" in parts[0]:
            source.pass_over(name[:200], "Its path leads out of the zip file.")
        elif stat.S_ISLNK(entry.external_attr >> 16):
            source.pass_over(name[:200], "It is a link to another file; links are not followed.")
        elif entry.flag_bits & 1:
            source.pass_over(name[:200], "It is locked with a password.")
        else:
            readers[name] = lambda entry=entry: member(archive, entry)  # type: ignore[misc]
        _refuse_flood(len(readers))
    return _labelled(source, readers)


def _labelled(source: Source, readers: dict[str, Callable[[], bytes]]) -> Source:
    """Tell each file's class from its folders."""
    folders = {name: PurePosixPath(name).parts[:-1] for name in readers}
    depth = _wrapping(list(folders.values()))
    first = {parts[depth].lower() for parts in folders.values() if len(parts) > depth}
    if first and first <= SPLITS and any(len(parts) > depth + 1 for parts in folders.values()):
        source.split_folders, depth = True, depth + 1
    for name, read in readers.items():
        parts = folders[name]
        label = one_line(parts[depth])[:MAX_CLASS_NAME] if len(parts) > depth else None
        source.found.append(Found(name, label or None, read))
    return source


def _wrapping(folders: list[tuple[str, ...]]) -> int:
    """How many outer folders hold everything and so name no class; one class alone keeps its folder."""
    depth = 0
    while folders and all(len(parts) > depth + 1 and parts[depth] == folders[0][depth] for parts in folders):
        depth += 1
    return depth


def bytes_of(path: Path) -> bytes:
    """A file's content, refused where it is too large for a picture."""
    try:
        with path.open("rb") as file:
            return capped(file.read(PICTURE_CAP_BYTES + 1))
    except OSError as error:
        raise BadFile(f"It can't be read: {error.strerror}.", "Check that you may read it.") from None


def member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """A file of the zip; what its header claims of its size is not relied on."""
    try:
        with archive.open(entry) as file:
            return capped(file.read(PICTURE_CAP_BYTES + 1))
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError, ValueError):
        raise BadFile("It can't be unpacked.", "Make the zip file again.") from None


def capped(data: bytes) -> bytes:
    if len(data) > PICTURE_CAP_BYTES:
        raise BadFile(f"It is larger than {PICTURE_CAP_BYTES // 1_000_000} MB.", "Save it smaller, or as JPEG.")
    return data


def _zip(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise BadFile(f"{path} is a damaged zip file.", "Make it again.") from None


def _refuse_flood(count: int) -> None:
    if count > MAX_FILES:
        raise BadFile(f"There are more than {MAX_FILES:,} files.", "Import a part of them.")


def _is_ignored(name: str) -> bool:
    return name.startswith(".") or name.lower() in IGNORED


def _relative(folder: Path, place: str, name: str) -> str:
    return (Path(place) / name).relative_to(folder).as_posix()
