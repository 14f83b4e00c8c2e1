"""Templates as plain functions, for notebooks and scripts: what `trivium vision template` does.

    import trivium.vision as vision
    vision.make_template("trash")
    vision.train("trash", seed=1, out="run-t")
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from trivium.core.jobs import find_run
from trivium.core.runfolder import Named as Run
from trivium.errors import NameTaken
from trivium.settings import data_folder
from trivium.vision.ready_made.asking import make_ready
from trivium.vision.ready_made.nanodet import stored
from trivium.vision.templates.making import USUAL_SEED, make
from trivium.vision.templates.table import TEMPLATES, sheet
from trivium.vision.templates.table import template as chosen


def templates() -> list[dict[str, Any]]:
    """The templates: id, title, what it teaches, task, classes, photos, about how many minutes, what to do next."""
    return [{"id": each.id, "title": each.title, "teaches": each.teaches, "task": each.task,
             "classes": list(each.classes), "photos": each.photos, "minutes": each.minutes, "next": each.then}
            for each in TEMPLATES]


def make_template(template: str, *, name: str | None = None, seed: int = USUAL_SEED, data: Path | str | None = None,
                  say: Callable[[str], None] = lambda _text: None) -> dict[str, Any]:
    """Make a project of a template: {"project", "task", "photos", "classes", "rules", "source", "next", "how", "run"};
    "run" is its ready-made detector, where it has one."""
    if chosen(template).ready:
        stored()  # before anything is made
    made = make(data_folder(data), template, name, seed, say)
    if not chosen(template).ready:
        return made
    return {**made, "run": make_ready(made["project"], classes=list(chosen(template).classes), data=data)["run"]}


def template_picture(template: str, out: Path | str) -> dict[str, Any]:
    """Write six of a template's photos as one picture."""
    from PIL import Image

    path = Path(out)
    if path.exists():
        raise NameTaken(f"{path} is there already.", "Choose another name.")
    Image.fromarray(sheet(template)).save(path)
    return {"out": str(path), "template": template}


def oddities(run: Run, *, limit: int = 60, data: Path | str | None = None) -> dict[str, Any]:
    """What an anomaly model's training said of its photos: {"auroc", "threshold", "photos": [...]}, oddest first."""
    from trivium.vision.anomaly.reading import oddities as found

    return found(find_run(data_folder(data), run), limit)
