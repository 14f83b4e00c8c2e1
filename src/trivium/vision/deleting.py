"""Deletes a project and the pictures that no other project has. Trainings keep their figures, not the pictures."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from trivium.vision.collect.store import PictureStore
from trivium.vision.project import UNREADABLE, load, names


def delete_project(data: Path, name: str) -> int:
    """Delete it for good; how many pictures went with it."""
    store = PictureStore(data)
    if store.bucket is not None:
        store.bucket.ask()  # or the project would be gone and its photos not
    with store.changing():  # from what the projects show to the last picture: none may come into another meanwhile
        project = load(data, name)
        pictures = {*project.items, *project.removed}
        gone = project.folder.with_name(f".gone-{name}-{os.getpid()}")  # away at once, whatever happens afterwards
        os.rename(project.folder, gone)
        shutil.rmtree(gone, ignore_errors=True)
        for other in names(data):
            try:
                still = load(data, other)
            except UNREADABLE:  # nobody knows which pictures are its own
                return 0
            pictures -= {*still.items, *still.removed}
        store.discard(pictures)
        return len(pictures)
