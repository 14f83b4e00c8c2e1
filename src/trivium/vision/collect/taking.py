"""Photos that are being taken into projects, each upload in a process of its own, so that the server answers meanwhile.

    python -P -m trivium.vision.collect.taking FOLDER

FOLDER is DATA/vision/arriving/ID with task.json and the upload. The process may write to the data folder; the photos
themselves it never opens: that is done in confined processes below it. Each batch that was read is in the project at
once, so a process that is ended loses nothing but the rest.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from trivium.core import files
from trivium.core.task_queue import PROGRESS, TASK, UPLOAD, Task, TaskQueue, do, limit_memory

ARRIVING = "arriving"
MODULE = "trivium.vision.collect.taking"
MOST_WAITING = 50
SMALLER = "Send them in smaller parts."


@dataclass
class Taking(Task):
    """Photos on their way into the project `name`, or what became of them."""

    file: str = ""
    result: dict[str, Any] = field(default_factory=dict)

    @property
    def count(self) -> tuple[int, int]:
        """How many files of how many have been read."""
        found = self.progress
        return int(found.get("done", 0)), int(found.get("total", 0))


class Takings(TaskQueue[Taking]):
    """What a server takes in."""

    def __init__(self, data: Path) -> None:
        super().__init__(data / "vision" / ARRIVING, MODULE, MOST_WAITING, "photos")
        self.data = data

    def begin(self, folder: Path, project: str, file: str, label: str | None) -> Taking:
        """Take in what lies in a `room`."""
        wanted = {"data": str(self.data), "project": project, "file": file, "label": label}
        return self.add(Taking(folder.name, project, folder, file=file), wanted)

    def settle(self, task: Taking, found: dict[str, Any], code: int | None) -> None:
        if found:
            task.result, task.state = found, "done"
        else:
            task.fail("Reading these photos took too long." if code is None else "These photos can't be read.",
                      "What was read is in the project. Send the others in smaller parts.")


def take(folder: Path) -> dict[str, Any]:
    """In the process: what came in, what not, and why."""
    from trivium.vision.collect.importing import import_photos

    task = json.loads((folder / TASK).read_text(encoding="utf-8"))

    def count(done: int, total: int) -> None:
        files.atomic_write(folder / PROGRESS, json.dumps({"done": done, "total": total}), durable=False)

    _, result = import_photos(Path(task["data"]), folder / UPLOAD, task["project"], label=task["label"],
                              called=task["file"], count=count)
    return asdict(result)


if __name__ == "__main__":
    limit_memory()
    do(Path(sys.argv[1]), take, "Reading these photos", SMALLER)
    sys.stdout.flush()
    os._exit(0)
