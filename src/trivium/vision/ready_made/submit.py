"""Make the run folder of a ready-made detector, for pages, command and Python."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from trivium.core.runfolder import create_run
from trivium.errors import BadConfig
from trivium.vision.collect.store import PictureStore
from trivium.vision.project import DETECTION, Project, load
from trivium.vision.ready_made import nanodet
from trivium.vision.ready_made.config import ReadyMadeConfig
from trivium.vision.ready_made.data import inputs_of, judged_photos
from trivium.vision.submit import origin_of
from trivium.vision.tasks import KIND, ready_studio


def submit_ready_made(data: Path, name: str, classes: Sequence[str] | None = None, called: str | None = None,
                      folder: Path | None = None) -> Path:
    """A queued run in DATA/runs, or in ``folder``, that makes the detector ready for a project; `classes` are what it
    is to find, without them the project's own that it knows."""
    project, store = load(data, name), PictureStore(data)
    config = ReadyMadeConfig(finds=wanted(project, classes))
    with tempfile.TemporaryDirectory(prefix="trivium-pictures-") as scratch:
        inputs = {**inputs_of(project, config.finds, store, Path(scratch)),
                  **origin_of(judged_photos(project, config.finds))}
        return create_run(ready_studio(), KIND, called or f"{nanodet.NAME} for {project.name}", config, data=data,
                          out=folder, inputs=inputs, threads=1)


def wanted(project: Project, classes: Sequence[str] | None) -> list[str]:
    """What it is to find; BadConfig where it knows nothing of it."""
    if project.task != DETECTION:
        raise BadConfig(f"The project {project.name} is for {project.task}, and the ready-made detector draws boxes.",
                        "Make a project for boxes: trivium vision import PHOTOS --task detection --name NAME")
    if classes:
        return list(nanodet.checked(classes))
    found = list(nanodet.known(project.classes))
    if not found:
        raise BadConfig(f"The ready-made detector knows none of the classes of {project.name}.",
                        f"Name what it is to find, with --class; it knows: {', '.join(nanodet.KINDS)}.")
    return found
