"""Work that takes seconds or minutes and is no run: one task at a time, each in a child process, so that the server
answers meanwhile.

    python -P -m MODULE FOLDER

FOLDER is the task's own, with task.json and, where a file was sent, the upload; the child writes progress.json while it
works and result.json at its end. The folder goes in any case: what lasts is what the child, or `settle`, has put
elsewhere. A studio says what a task is and what becomes of its result in a class of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from trivium.core import files
from trivium.core.child import run_child
from trivium.core.spec import new_id
from trivium.errors import BadFile, Busy, NotFound, StudioError

TASK, UPLOAD, PROGRESS, RESULT = "task.json", "upload", "progress.json", "result.json"
CPU_S = 3600.0
MEMORY_BYTES = 6 << 30
MOST_REMEMBERED = 20
State = Literal["waiting", "working", "done", "failed"]


@dataclass
class Task:
    """One task, or what became of it."""

    id: str
    name: str  # of what it works for
    folder: Path
    began_at: float = field(default_factory=time.time)
    state: State = "waiting"
    message: str | None = None
    hint: str | None = None
    cancelled: bool = False

    @property
    def is_active(self) -> bool:
        return self.state in ("waiting", "working")

    @property
    def progress(self) -> dict[str, Any]:
        """What the child last wrote of it; empty before."""
        return read(self.folder / PROGRESS)

    def fail(self, message: str, hint: str) -> None:
        self.state, self.message, self.hint = "failed", message, hint


T = TypeVar("T", bound=Task)


class TaskQueue(Generic[T]):
    """The tasks of one server. What a server left behind when it ended is cleared away by the next."""

    def __init__(self, folder: Path, module: str, most_waiting: int, things: str) -> None:
        self.folder, self.module, self.most_waiting, self.things = folder, module, most_waiting, things
        self.all: dict[str, T] = {}
        self.lock, self.turn = threading.Lock(), threading.Lock()
        shutil.rmtree(folder, ignore_errors=True)

    def settle(self, task: T, found: dict[str, Any], code: int | None) -> None:
        """Say what became of a task: what its child has `found`, empty if it came to nothing, and its exit code, None
        if it took too long."""
        raise NotImplementedError

    def room(self) -> Path:
        """A folder for a task that comes."""
        folder = self.folder / new_id()
        with files.disk_full_guard():
            folder.mkdir(parents=True)
        return folder

    def clear(self, folder: Path) -> None:
        """Give a `room` back."""
        shutil.rmtree(folder, ignore_errors=True)

    def add(self, task: T, wanted: dict[str, Any], check: Callable[[list[T]], None] = lambda _active: None) -> T:
        """Do what is `wanted` when its turn comes. `check` may refuse it, seeing those that are not done yet."""
        try:
            with self.lock:
                active = [each for each in self.all.values() if each.is_active]
                check(active)
                if len(active) >= self.most_waiting:
                    raise Busy(f"Other {self.things} are being worked on just now.", "Try again in a moment.")
                files.atomic_write(task.folder / TASK, json.dumps(wanted))
                self.all[task.id] = task
                for old in list(self.all)[:-MOST_REMEMBERED]:
                    if not self.all[old].is_active:
                        del self.all[old]
        except BaseException:
            self.clear(task.folder)
            raise
        threading.Thread(target=self._work, args=(task,), daemon=True, name=f"{self.things}: {task.name}").start()
        return task

    def get(self, task_id: str) -> T:
        """One of them."""
        if task_id not in self.all:
            raise NotFound("There is nothing like that in the making.", "It may be done: look at what there is.")
        return self.all[task_id]

    def drop(self, task_id: str) -> None:
        """Give one up, or forget what became of it."""
        self.get(task_id).cancelled = True
        self.all.pop(task_id, None)

    def _work(self, task: T) -> None:
        try:
            with self.turn:
                if not task.cancelled:
                    task.state = "working"
                    code = run_child(self.module, task.folder, CPU_S, lambda: task.cancelled)
                    self._end(task, code)
        except StudioError as error:
            task.fail(error.message, error.hint)
        except OSError:
            task.fail("What came of it could not be written.", "Look whether the disk is full, then try again.")
        finally:
            self.clear(task.folder)

    def _end(self, task: T, code: int | None) -> None:
        found = read(task.folder / RESULT)
        if task.cancelled:
            return
        if "message" in found:
            task.fail(found["message"], found.get("hint") or "")
        else:
            self.settle(task, found, code)


def read(path: Path) -> dict[str, Any]:
    """A small file between child and server; empty where there is none, or half of one."""
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(path.read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else {}
    return {}


async def receive(chunks: AsyncIterator[bytes], path: Path, hint: str) -> None:
    """The body of a request as a file; BadFile where there is none."""
    size = 0
    with files.disk_full_guard(), path.open("wb") as out:
        async for chunk in chunks:
            size += len(chunk)
            await asyncio.to_thread(out.write, chunk)
    if not size:
        raise BadFile("No file arrived, or an empty one.", hint)


def limit_memory() -> None:
    """In the child: a flood ends this process, not the machine."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def do(folder: Path, task: Callable[[Path], dict[str, Any]], things: str, smaller: str) -> None:
    """In the child: write what came of the task, or what was wrong."""
    try:
        found = task(folder)
    except StudioError as error:
        found = {"message": error.message, "hint": error.hint}
    except MemoryError:
        found = {"message": f"{things} needs too much memory.", "hint": smaller}
    files.atomic_write(folder / RESULT, json.dumps(found))
