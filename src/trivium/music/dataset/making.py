"""Training sets in the making: each in a process of its own, so that the server answers all the while.

    python -P -m trivium.music.dataset.making FOLDER

FOLDER is DATA/music-sets/.making/ID with task.json and, where files were sent, the upload. The process writes
progress.json, and at its end the whole set or result.json with what was wrong. Only a whole set is moved to its place;
the folder goes in any case, so nothing half made is left. Strangers' files are read in confined processes below it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from trivium.core import files
from trivium.core.child import run_child
from trivium.core.spec import new_id
from trivium.errors import BadConfig, NameTaken, NotFound, StudioError
from trivium.music.dataset.sets import FOLDER, NAME, place_of
from trivium.music.files.importing import Busy

MAKING = ".making"
TASK, UPLOAD, PROGRESS, RESULT = "task.json", "upload", "progress.json", "result.json"
CPU_S = 3600.0
MEMORY_BYTES = 6 << 30
MOST_WAITING, MOST_REMEMBERED = 8, 20
State = Literal["waiting", "working", "done", "failed"]


@dataclass
class Making:
    """One set in the making, or what became of it."""

    id: str
    name: str
    folder: Path
    began_at: float = field(default_factory=time.time)
    state: State = "waiting"
    message: str | None = None
    hint: str | None = None
    cancelled: bool = False

    @property
    def text(self) -> str:
        """What it does just now."""
        if self.state == "waiting":
            return "Waiting for its turn."
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            return str(json.loads((self.folder / PROGRESS).read_text(encoding="utf-8"))["text"])
        return "Starting." if self.state == "working" else ""


class Makings:
    """The sets that a server is making, one at a time; what a server left behind when it ended is cleared away."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.folder = data / FOLDER / MAKING
        self.all: dict[str, Making] = {}
        self.lock, self.turn = threading.Lock(), threading.Lock()
        shutil.rmtree(self.folder, ignore_errors=True)

    def room(self) -> Path:
        """A folder for an upload that arrives."""
        folder = self.folder / new_id()
        with files.disk_full_guard():
            folder.mkdir(parents=True)
        return folder

    def clear(self, folder: Path) -> None:
        """Give a `room` back that nothing was made of."""
        shutil.rmtree(folder, ignore_errors=True)

    def begin(self, folder: Path, name: str, task: dict[str, Any]) -> Making:
        """Make a set from what lies in a `room`, or from our own generators. Refused before any work if it can't be."""
        try:
            if not NAME.fullmatch(name):
                raise BadConfig("This can't be the name of a training set.",
                                "Use letters, digits, dots, dashes and underscores; at most 64.")
            place = place_of(name, self.data)
            with self.lock:
                active = [each for each in self.all.values() if each.state in ("waiting", "working")]
                if place.exists() or any(each.name == name for each in active):
                    raise NameTaken(f"There is already a training set called {name}.", "Choose another name.")
                if len(active) >= MOST_WAITING:
                    raise Busy("Other training sets are being made just now.", "Try again in a moment.")
                making = Making(folder.name, name, folder)
                files.atomic_write(folder / TASK, json.dumps({**task, "name": name}))
                self.all[making.id] = making
                for old in list(self.all)[:-MOST_REMEMBERED]:
                    if self.all[old].state in ("done", "failed"):
                        del self.all[old]
        except BaseException:
            self.clear(folder)
            raise
        threading.Thread(target=self._make, args=(making,), daemon=True, name=f"set {name}").start()
        return making

    def get(self, making_id: str) -> Making:
        """One of them."""
        if making_id not in self.all:
            raise NotFound("There is no such training set in the making.", "Look at the list of training sets.")
        return self.all[making_id]

    def drop(self, making_id: str) -> None:
        """Give one up, or forget what became of it."""
        making = self.get(making_id)
        making.cancelled = True
        self.all.pop(making_id, None)

    def _make(self, making: Making) -> None:
        try:
            with self.turn:
                if not making.cancelled:
                    making.state = "working"
                    code = run_child("trivium.music.dataset.making", making.folder, CPU_S, lambda: making.cancelled)
                    self._settle(making, code)
        except StudioError as error:
            making.state, making.message, making.hint = "failed", error.message, error.hint
        except OSError:
            making.state, making.message = "failed", "The training set could not be written."
            making.hint = "Look whether the disk is full, then try again."
        finally:
            shutil.rmtree(making.folder, ignore_errors=True)

    def _settle(self, making: Making, code: int | None) -> None:
        """Move the whole set to its place, or say what was wrong."""
        if making.cancelled:
            return
        found: dict[str, Any] = {}
        with contextlib.suppress(OSError, ValueError):
            found = json.loads((making.folder / RESULT).read_text(encoding="utf-8"))
        if "message" in found:
            making.state, making.message, making.hint = "failed", found["message"], found.get("hint")
        elif code == 0 and (making.folder / making.name).is_dir():
            os.rename(making.folder / making.name, place_of(making.name, self.data))
            making.state = "done"
        else:
            took_long = code is None
            making.state = "failed"
            making.message = "This music took too long to prepare." if took_long else "This music can't be prepared."
            making.hint = "Make a set of fewer or shorter pieces."


def main(folder: Path) -> int:
    """In the process: make the set that the task asks for."""
    limit_memory()
    make_or_tell(folder)
    return 0


def make_or_tell(folder: Path) -> None:
    """The set, or what was wrong in result.json."""
    task = json.loads((folder / TASK).read_text(encoding="utf-8"))
    try:
        make(folder, task)
    except StudioError as error:
        files.atomic_write(folder / RESULT, json.dumps({"message": error.message, "hint": error.hint}))
    except MemoryError:
        files.atomic_write(folder / RESULT, json.dumps({"message": "This music needs too much memory.",
                                                        "hint": "Make a set of fewer or shorter pieces."}))


def make(folder: Path, task: dict[str, Any]) -> None:
    """Prepare and keep, below the folder."""
    from trivium.music.dataset.archive import unpack
    from trivium.music.dataset.prepare import prepare_files
    from trivium.music.dataset.sets import keep
    from trivium.music.dataset.sources import prepare_from

    say = teller(folder / PROGRESS)
    seed, licence, name = int(task["seed"]), task.get("licence"), str(task["name"])
    sent = task.get("file")
    if sent is None:
        made = prepare_from(**task["source"], seed=seed, say=say)
    elif str(sent).lower().endswith(".zip"):
        say("Unpacking ...")
        (folder / "files").mkdir()
        found = unpack(folder / UPLOAD, folder / "files")
        others = {"count": len(found.others), "such_as": found.others[0] if found.others else None}
        made = prepare_files(name, found.files, seed, licence or found.licence, others, found.failed, say)
    else:
        made = prepare_files(name, [(folder / UPLOAD, str(sent))], seed, licence, say=say)
    say("Writing the set ...")
    keep(made, str(folder / name), folder)


def teller(path: Path) -> Callable[[str], None]:
    """Writes what is done just now where the server looks; files are read in several threads, so one at a time."""
    lock = threading.Lock()

    def tell(text: str) -> None:
        with lock:
            files.atomic_write(path, json.dumps({"text": text}), durable=False)

    return tell


def limit_memory() -> None:
    """A flood ends this process, not the machine."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


if __name__ == "__main__":
    exit_code = main(Path(sys.argv[1]))
    os._exit(exit_code)
