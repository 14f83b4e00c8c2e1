"""Makes a project of a template: its photos are composed and come in as anybody's do.

    python -P -m trivium.vision.templates.making FOLDER

For the pages that happens in a process of its own, so that the server answers meanwhile. Names of photos begin with
`synthetic`, and what was taught with them says so on its card.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image

from trivium.core import files
from trivium.core.studio import resolve
from trivium.core.task_queue import PROGRESS, TASK, Task, TaskQueue, do, limit_memory
from trivium.errors import NameTaken
from trivium.vision.collect import importing
from trivium.vision.collect.pictures import jpeg
from trivium.vision.demo_data.project import QUALITY, SYNTHETIC, paint
from trivium.vision.labels.boxing import BoxChange, rebox
from trivium.vision.labels.planes import packed
from trivium.vision.project import exists, names, place_of
from trivium.vision.templates.table import Template, template

MODULE, MAKINGS = "trivium.vision.templates.making", "making"
MOST_WAITING = 10
Count = Callable[[int, int], None]  # how many of how many
USUAL_SEED = 1
CAMERA_SEED = 9_001  # of the demo camera: photos that no project has


def make(data: Path, wanted: str, name: str | None = None, seed: int = USUAL_SEED,
         say: Callable[[str], None] = lambda _text: None, count: Count = lambda _done, _all: None) -> dict[str, Any]:
    """Make the project: {"template", "project", "task", "photos", "classes", "rules", "source", "next", "how"}."""
    chosen = template(wanted)
    called = name or free_name(data, chosen.id)
    if place_of(data, called).exists():
        raise NameTaken(f"There is already a project called {called}.", "Choose another name.")
    try:
        classes = resolve(chosen.make)(data, called, chosen, seed, say, count)
    except BaseException:
        if exists(data, called):  # half a project is none
            from trivium.vision.deleting import delete_project

            delete_project(data, called)
        else:
            shutil.rmtree(place_of(data, called), ignore_errors=True)
        raise
    return {"template": chosen.id, "project": called, "task": chosen.task, "photos": chosen.photos,
            "classes": classes, "rules": [dict(rule) for rule in chosen.rules], "source": f"demo:{chosen.id}",
            "next": chosen.then, "how": chosen.how}


def free_name(data: Path, name: str) -> str:
    """The name, or with a number behind it where there is such a project."""
    there = {each.casefold() for each in names(data)}
    tries = itertools.chain([name], (f"{name}-{k}" for k in itertools.count(2)))
    return next(each for each in tries if each.casefold() not in there)


def photos(data: Path, name: str, chosen: Template, seed: int, say: Callable[[str], None],
           count: Count) -> dict[str, int]:
    """Photos with a class each, or with boxes, or masks; how many of each class there are."""
    boxes, masks = {}, {}
    with TemporaryDirectory(prefix="trivium-template-") as folder:
        for number, shot in enumerate(itertools.islice(chosen.photos_of(seed), chosen.photos)):
            file = f"{SYNTHETIC}-{seed}-{number:04}.jpg"
            place = Path(folder) / (shot.label or "") / file
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(jpeg(Image.fromarray(shot.picture), QUALITY))
            if shot.boxes is not None:
                boxes[file] = list(shot.boxes)
            if shot.mask is not None:
                masks[file] = packed(shot.mask)
            count(number + 1, 2 * chosen.photos)
        say(f"{chosen.photos} photos composed; they are being read ...")
        project, _ = importing.import_photos(data, Path(folder), name, chosen.task, say,
                                             count=lambda done, _all: count(chosen.photos + done, 2 * chosen.photos))
    if boxes:
        rebox(project, [BoxChange(sha256, boxes[item.name]) for sha256, item in project.items.items()])
    if masks:
        paint(project, masks, chosen.classes)
    return project.box_counts() if boxes else project.counts()


@dataclass
class Making(Task):
    """A project that is being made of a template; `name` is the template's."""

    result: dict[str, Any] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """How much of it is done."""
        found = self.progress
        return float(found.get("done", 0)) / max(1, int(found.get("total", 1)))


class Makings(TaskQueue[Making]):
    """What a server makes."""

    def __init__(self, data: Path) -> None:
        super().__init__(data / "vision" / MAKINGS, MODULE, MOST_WAITING, "templates")
        self.data = data

    def begin(self, wanted: str, name: str | None, seed: int) -> Making:
        """Make a project of a template."""
        chosen = template(wanted)
        if name is not None and place_of(self.data, name).exists():
            raise NameTaken(f"There is already a project called {name}.", "Choose another name.")
        folder = self.room()
        task = {"data": str(self.data), "template": chosen.id, "name": name, "seed": seed}
        return self.add(Making(folder.name, chosen.id, folder), task)

    def settle(self, task: Making, found: dict[str, Any], code: int | None) -> None:
        if found:
            task.result, task.state = found, "done"
        else:
            task.fail("The project could not be made.", "Try again; run: trivium doctor")


def work(folder: Path) -> dict[str, Any]:
    """In the process: make it."""
    task = json.loads((folder / TASK).read_text(encoding="utf-8"))

    def count(done: int, total: int) -> None:
        files.atomic_write(folder / PROGRESS, json.dumps({"done": done, "total": total}), durable=False)

    return make(Path(task["data"]), task["template"], task["name"], task["seed"], count=count)


if __name__ == "__main__":
    limit_memory()
    do(Path(sys.argv[1]), work, "Making this project", "Close other programs and try again.")
    sys.stdout.flush()
    os._exit(0)
