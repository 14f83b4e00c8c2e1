"""Photos that are being taken into projects, each upload in a process of its own, so that the server answers meanwhile.

    python -P -m trivium.vision.taking FOLDER

FOLDER is DATA/vision/arriving/ID with task.json and the upload. The process may write to the data folder; the photos
themselves it never opens: that is done in confined processes below it. Each batch that was read is in the project at
once, so a process that is ended loses nothing but the rest.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from trivium.core import files
from trivium.core.child import run_child
from trivium.core.spec import new_id
from trivium.errors import NotFound, StudioError

ARRIVING = "arriving"
TASK, UPLOAD, PROGRESS, RESULT = "task.json", "upload", "progress.json", "result.json"
CPU_S = 3600.0
MEMORY_BYTES = 6 << 30
MOST_WAITING, MOST_REMEMBERED = 50, 20
State = Literal["waiting", "working", "done", "failed"]


class Busy(StudioError):
    """Enough photos are waiting to be read."""

    status = 503
    code = "busy"


@dataclass
class Taking:
    """Photos on their way into a project, or what became of them."""

    id: str
    project: str
    folder: Path
    file: str
    began_at: float = field(default_factory=time.time)
    state: State = "waiting"
    result: dict[str, Any] = field(default_factory=dict)
    message: str | None = None
    hint: str | None = None
    cancelled: bool = False

    @property
    def count(self) -> tuple[int, int]:
        """How many files of how many have been read."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            found = json.loads((self.folder / PROGRESS).read_text(encoding="utf-8"))
            return int(found["done"]), int(found["total"])
        return 0, 0


class Takings:
    """What a server takes in, one upload at a time; what it left behind when it ended is cleared away."""

    def __init__(self, data: Path) -> None:
        self.data, self.folder = data, data / "vision" / ARRIVING
        self.all: dict[str, Taking] = {}
        self.lock, self.turn = threading.Lock(), threading.Lock()
        shutil.rmtree(self.folder, ignore_errors=True)

    def room(self) -> Path:
        """A folder for an upload that arrives."""
        folder = self.folder / new_id()
        with files.disk_full_guard():
            folder.mkdir(parents=True)
        return folder

    def clear(self, folder: Path) -> None:
        """Give a `room` back that is not needed any more."""
        shutil.rmtree(folder, ignore_errors=True)

    def begin(self, folder: Path, project: str, file: str, label: str | None) -> Taking:
        """Take in what lies in a `room`."""
        try:
            with self.lock:
                if sum(each.state in ("waiting", "working") for each in self.all.values()) >= MOST_WAITING:
                    raise Busy("Other photos are being read just now.", "Try again in a moment.")
                taking = Taking(folder.name, project, folder, file)
                files.atomic_write(folder / TASK, json.dumps({"data": str(self.data), "project": project, "file": file,
                                                              "label": label}))
                self.all[taking.id] = taking
                for old in list(self.all)[:-MOST_REMEMBERED]:
                    if self.all[old].state in ("done", "failed"):
                        del self.all[old]
        except BaseException:
            self.clear(folder)
            raise
        threading.Thread(target=self._take, args=(taking,), daemon=True, name=f"photos of {project}").start()
        return taking

    def get(self, taking_id: str) -> Taking:
        """One of them."""
        if taking_id not in self.all:
            raise NotFound("There is no such import.", "Look at the photos of the project.")
        return self.all[taking_id]

    def drop(self, taking_id: str) -> None:
        """Give one up, or forget what became of it; photos that are in the project stay."""
        self.get(taking_id).cancelled = True
        self.all.pop(taking_id, None)

    def _take(self, taking: Taking) -> None:
        try:
            with self.turn:
                if not taking.cancelled:
                    taking.state = "working"
                    code = run_child("trivium.vision.taking", taking.folder, CPU_S, lambda: taking.cancelled)
                    self._settle(taking, code)
        except OSError:
            self._fail(taking, "The photos could not be written.", "Look whether the disk is full, then try again.")
        finally:
            self.clear(taking.folder)

    def _settle(self, taking: Taking, code: int | None) -> None:
        found: dict[str, Any] = {}
        with contextlib.suppress(OSError, ValueError):
            found = json.loads((taking.folder / RESULT).read_text(encoding="utf-8"))
        if "message" in found:
            self._fail(taking, found["message"], found.get("hint") or "")
        elif found:
            taking.result, taking.state = found, "done"
        else:
            self._fail(taking, "Reading these photos took too long." if code is None else "These photos can't be read.",
                       "What was read is in the project. Send the others in smaller parts.")

    def _fail(self, taking: Taking, message: str, hint: str) -> None:
        taking.message, taking.hint, taking.state = message, hint, "failed"


def main(folder: Path) -> int:
    """In the process: take in what the task names, or say what was wrong."""
    limit_memory()
    try:
        found = take(folder)
    except StudioError as error:
        found = {"message": error.message, "hint": error.hint}
    except MemoryError:
        found = {"message": "Reading these photos needs too much memory.", "hint": "Send them in smaller parts."}
    files.atomic_write(folder / RESULT, json.dumps(found))
    return 0


def take(folder: Path) -> dict[str, Any]:
    """What came in, what not, and why."""
    from trivium.vision.importing import import_photos

    task = json.loads((folder / TASK).read_text(encoding="utf-8"))

    def count(done: int, total: int) -> None:
        files.atomic_write(folder / PROGRESS, json.dumps({"done": done, "total": total}), durable=False)

    _, result = import_photos(Path(task["data"]), folder / UPLOAD, task["project"], label=task["label"],
                              called=task["file"], count=count)
    return asdict(result)


def limit_memory() -> None:
    """A flood ends this process, not the machine."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


if __name__ == "__main__":
    exit_code = main(Path(sys.argv[1]))
    os._exit(exit_code)
