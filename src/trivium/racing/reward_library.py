"""The reward functions at hand: our examples, and the user's own in the data folder's ``rewards/``.

A saved function is a folder of its name with a file for each version, ``rewards/My first/1.py``, ``2.py``, so that it
can be read, copied and put under version control by anyone.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from trivium.core import files
from trivium.core.process import FolderLock
from trivium.errors import BadFile, NameTaken, NotFound, StudioError, UserCodeError
from trivium.racing.reward_source import read_text
from trivium.racing.rewards import examples

FOLDER = "rewards"
LOCK_PATIENCE_S = 5.0
# also the name of a folder: no full stop or space at its end, which Windows would drop
NAME = re.compile(r"^[A-Za-z0-9]([A-Za-z0-9 _.-]{0,62}[A-Za-z0-9_-])?$")


@dataclass(frozen=True)
class Reward:
    """A reward function that somebody can choose."""

    id: str
    title: str
    summary: str
    code: str
    source: Literal["example", "saved"]
    version: int = 1


def list_rewards(data: Path) -> list[Reward]:
    """Our examples, the default first; then the user's own, newest version of each, the last saved first."""
    ours = [Reward(each.id, each.title, each.summary, each.code, "example") for each in examples()]
    saved: list[tuple[float, Reward]] = []
    for folder in own_folders(data):
        with contextlib.suppress(UserCodeError, NotFound, OSError):  # a spoilt file must not hide the others
            saved.append((version_path(folder).stat().st_mtime, read_version(folder)))
    return ours + [reward for _, reward in sorted(saved, key=lambda each: each[0], reverse=True)]


def load_reward(data: Path, name: str, version: int | None = None) -> Reward:
    """A saved reward function, its newest version or a certain one; else the example of that id."""
    folder = own_folder(data, name)
    if folder is not None:
        return read_version(folder, version)
    for each in examples():
        if each.id == name and version is None:
            return Reward(each.id, each.title, each.summary, each.code, "example")
    raise NotFound(f"There is no reward function called '{name[:64]}'.", "List them with: trivium racing rewards")


def resolve_reward(reward: str | Path, data: Path) -> bytes | str:
    """For the command line and Python: the bytes of a file, else the code of a saved function or an example."""
    try:
        return Path(reward).read_bytes()
    except OSError as error:
        with contextlib.suppress(NotFound):
            return load_reward(data, str(reward)).code
        raise BadFile(f"{reward} can't be read: {error.strerror}.",
                      "Check the path; trivium racing rewards lists the functions that have a name.") from None


def save_reward(data: Path, name: str, code: str | bytes) -> Reward:
    """Save a reward function under a name. A save that changes it adds a version; the ones before are kept."""
    if not NAME.fullmatch(name):
        raise BadFile("This can't be the name of a reward function.",
                      "Take up to 64 letters, digits, spaces, _ . -, with a letter or digit first.")
    text = read_text(code)
    with only_one(data):
        folder = own_folder(data, name) or data / FOLDER / name
        if folder.name != name:  # one folder on macOS and Windows, so everywhere
            raise NameTaken(f"There is already a reward function called '{folder.name}'.",
                            "Write the name in the same way, or take another one.")
        last = versions(folder)[-1:]
        if last and read_version(folder).code == text:
            return read_version(folder)
        folder.mkdir(exist_ok=True)
        files.atomic_write(version_path(folder, last[0] + 1 if last else 1), text)
        return read_version(folder)


def delete_reward(data: Path, name: str) -> None:
    """Delete a saved reward function with all its versions; runs keep their own copy."""
    with only_one(data):
        folder = own_folder(data, name)
        if folder is None or folder.name != name:
            raise NotFound("There is no saved reward function of this name.", "It may have been deleted already.")
        gone = folder.with_name(f"{files.TEMPORARY_PREFIX}{name}-{os.getpid()}")
        os.rename(folder, gone)  # away at once, not file by file
        shutil.rmtree(gone, ignore_errors=True)


@contextlib.contextmanager
def only_one(data: Path) -> Iterator[None]:
    """The studio and a command line may save at the same time."""
    (data / FOLDER).mkdir(parents=True, exist_ok=True)
    lock = FolderLock(data / FOLDER / ".lock")
    if not lock.acquire(LOCK_PATIENCE_S):
        raise StudioError("Another program is saving a reward function.", "Try again in a moment.", status=503)
    try:
        yield
    finally:
        lock.release()


def own_folders(data: Path) -> list[Path]:
    """The folders of the saved functions."""
    place = data / FOLDER
    return sorted(entry for entry in place.iterdir() if NAME.fullmatch(entry.name) and versions(entry)) if (
        place.is_dir()) else []


def own_folder(data: Path, name: str) -> Path | None:
    """The folder of the function of that name, upper and lower case being the same."""
    return next((folder for folder in own_folders(data) if folder.name.casefold() == name.casefold()), None)


def versions(folder: Path) -> list[int]:
    """Rising."""
    return sorted(int(path.stem) for path in folder.glob("*.py") if path.stem.isdecimal())


def version_path(folder: Path, version: int | None = None) -> Path:
    """The file of one version, by default the newest."""
    known = versions(folder)
    return folder / f"{version if version is not None or not known else known[-1]}.py"


def read_version(folder: Path, version: int | None = None) -> Reward:
    """One version as it is shown."""
    path = version_path(folder, version)
    try:
        code = read_text(path.read_bytes())
    except FileNotFoundError:
        raise NotFound(f"'{folder.name}' has no version {version}.",
                       f"It has: {', '.join(map(str, versions(folder)))}.") from None
    number = int(path.stem)
    return Reward(folder.name, folder.name, f"Your own, version {number}." if number > 1 else "Your own.", code,
                  "saved", number)
