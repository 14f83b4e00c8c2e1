"""Deletes a project and the pictures that no other project has. Trainings keep their figures, not the pictures."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from trivium.vision.project import UNREADABLE, load, names
from trivium.vision.store import PictureStore


def delete_project(data: Path, name: str) -> int:
    """Delete it for good; how many pictures went with it."""
    store = PictureStore(data)
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
        for sha256 in pictures:
            store.discard(sha256)
        return len(pictures)
