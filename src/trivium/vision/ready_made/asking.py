"""The ready-made detector as plain functions, for notebooks and scripts: what `trivium vision ready-made` does.

    import trivium.vision as vision
    run = vision.make_ready("street", classes=["person", "bicycle"])
    vision.propose("street", run["run"])
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from trivium.core.follow import follow
from trivium.core.jobs import status
from trivium.errors import StudioError
from trivium.settings import data_folder
from trivium.vision.ready_made import nanodet
from trivium.vision.ready_made.submit import submit_ready_made


def ready_made() -> dict[str, Any]:
    """What the ready-made detector is: {"name", "licence", "source", "data", "published", "bytes", "kinds", "here"}."""
    return {"name": nanodet.NAME, "licence": nanodet.LICENCE_NAME, "source": nanodet.SOURCE, "data": nanodet.ABOUT_DATA,
            "published": nanodet.PUBLISHED, "bytes": nanodet.BYTES, "kinds": list(nanodet.KINDS),
            "here": nanodet.is_here()}


def make_ready(project: str, *, classes: Sequence[str] | None = None, name: str | None = None,
               out: Path | str | None = None, data: Path | str | None = None) -> dict[str, Any]:
    """Make the ready-made detector a finished model of a project, and wait: {"run", "status", "map50"}.

    `classes` are what it is to find: kinds of COCO; without them the project's own that it knows. "map50" is measured
    on the project's boxes, and None where there are none.
    """
    from trivium.vision.evaluate import evaluate

    folder = submit_ready_made(data_folder(data), project, classes, name, None if out is None else Path(out))
    follow(folder, keys=())
    now = status(folder)
    if now.state != "succeeded":
        raise StudioError(now.message or f"It has {now.state}.", now.hint or "Try again; run: trivium doctor")
    return {"run": str(folder), "status": now.state, "map50": evaluate(folder)["map50"]}
