"""Training sets in the making: each in a process of its own, so that the server answers all the while.

    python -P -m trivium.music.dataset.making FOLDER

FOLDER is DATA/music-sets/.making/ID with task.json and, where files were sent, the upload. The process writes
progress.json, and at its end the whole set or result.json with what was wrong. Only a whole set is moved to its place;
the folder goes in any case, so nothing half made is left. Strangers' files are read in confined processes below it.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trivium.core import files
from trivium.core.task_queue import PROGRESS, TASK, UPLOAD, Task, TaskQueue, do, limit_memory
from trivium.errors import BadConfig, NameTaken
from trivium.music.dataset.sets import FOLDER, NAME, place_of

MAKING = ".making"
MODULE = "trivium.music.dataset.making"
MOST_WAITING = 8
SMALLER = "Make a set of fewer or shorter pieces."


@dataclass
class Making(Task):
    """The set `name` in the making, or what became of it."""

    @property
    def text(self) -> str:
        """What it does just now."""
        if self.state == "waiting":
            return "Waiting for its turn."
        return str(self.progress.get("text", "Starting." if self.state == "working" else ""))


class Makings(TaskQueue[Making]):
    """The sets that a server is making."""

    def __init__(self, data: Path) -> None:
        super().__init__(data / FOLDER / MAKING, MODULE, MOST_WAITING, "training sets")
        self.data = data

    def begin(self, folder: Path, name: str, task: dict[str, Any]) -> Making:
        """Make a set from what lies in a `room`, or from our own generators. Refused before any work if it can't be."""
        def check(active: list[Making]) -> None:
            if not NAME.fullmatch(name):
                raise BadConfig("This can't be the name of a training set.",
                                "Use letters, digits, dots, dashes and underscores; at most 64.")
            if place_of(name, self.data).exists() or any(each.name == name for each in active):
                raise NameTaken(f"There is already a training set called {name}.", "Choose another name.")

        return self.add(Making(folder.name, name, folder), {**task, "name": name}, check)

    def settle(self, task: Making, found: dict[str, Any], code: int | None) -> None:
        """Move the whole set to its place."""
        if code == 0 and found:
            os.rename(task.folder / task.name, place_of(task.name, self.data))
            task.state = "done"
        else:
            task.fail("This music took too long to prepare." if code is None else "This music can't be prepared.",
                      SMALLER)


def make_or_tell(folder: Path) -> None:
    """In the process: the set, or what was wrong."""
    do(folder, make, "This music", SMALLER)


def make(folder: Path) -> dict[str, Any]:
    """Prepare and keep, below the folder."""
    from trivium.music.dataset.archive import unpack
    from trivium.music.dataset.prepare import prepare_files
    from trivium.music.dataset.sets import keep
    from trivium.music.dataset.sources import prepare_from

    task = json.loads((folder / TASK).read_text(encoding="utf-8"))
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
    return {"name": name}


def teller(path: Path) -> Callable[[str], None]:
    """Writes what is done just now where the server looks; files are read in several threads, so one at a time."""
    lock = threading.Lock()

    def tell(text: str) -> None:
        with lock:
            files.atomic_write(path, json.dumps({"text": text}), durable=False)

    return tell


if __name__ == "__main__":
    limit_memory()
    make_or_tell(Path(sys.argv[1]))
    sys.stdout.flush()
    os._exit(0)
