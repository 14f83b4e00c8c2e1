"""Films that a page brings to be watched: every frame, by the studio, as `trivium vision run` does it.

    POST /api/v1/vision/watches:film?file=door.mp4      the film; the answer names it, "film:ID"
    POST /api/v1/vision/watches {"source": "film:ID"}   it is watched, once

So a page never names a file of the studio's machine. What was brought is deleted as soon as its decoder has opened it,
after an hour if nobody watches it, and when the studio starts.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from trivium.core.once import once
from trivium.core.task_queue import UPLOAD, receive
from trivium.errors import NotFound
from trivium.vision.api.state import Arriving, FileName, upload_body
from trivium.vision.stream.address import VIDEO, Address

router = APIRouter(tags=["vision watching"])
PREFIX = "film:"
KEPT_S = 3600.0
SHOWN = 200  # characters of a film's name


class BroughtFilm(BaseModel):
    """A film that can be watched."""

    source: str = Field(description="What to name in a new watch, once.")


class Films:
    """Films that were brought and are not watched yet. `clear` deletes a film's folder."""

    def __init__(self, clear: Callable[[Path], None]) -> None:
        self.clear = clear
        self.waiting: dict[str, tuple[Path, str, float]] = {}  # source -> folder, name, when it was brought
        self.lock = threading.Lock()

    def keep(self, folder: Path, name: str) -> str:
        """The source under which it is watched; those that nobody wanted are deleted."""
        now, source = time.monotonic(), f"{PREFIX}{folder.name}"
        with self.lock:
            old = [key for key, (_, _, brought) in self.waiting.items() if now - brought > KEPT_S]
            gone = [self.waiting.pop(key)[0] for key in old]
            self.waiting[source] = folder, name[:SHOWN], now
        for each in gone:
            self.clear(each)
        return source

    @contextmanager
    def opened(self, source: str) -> Iterator[Address]:
        """The film, until its decoder has it; raises NotFound where it was watched already."""
        with self.lock:
            found = self.waiting.pop(source, None)
        if found is None:
            raise NotFound("This film is not here any more.", "Choose it again.")
        folder, name, _ = found
        try:
            yield Address(VIDEO, str(folder / UPLOAD), name)
        finally:
            if os.name != "nt":  # there the decoder opens it by its path, and later
                self.clear(folder)


def films(request: Request, arriving: Arriving) -> Films:
    """Those of this server."""
    return once(request.app.state, "vision_films", lambda: Films(arriving.clear))


Brought = Annotated[Films, Depends(films)]


@router.post("/watches:film", status_code=201, openapi_extra=upload_body("A video."))
async def bring_film(request: Request, arriving: Arriving, brought: Brought, file: FileName) -> BroughtFilm:
    """Bring a film that is to be watched. It is not kept."""
    folder = arriving.room()
    try:
        await receive(request.stream(), folder / UPLOAD, "Choose a video.")
    except BaseException:
        arriving.clear(folder)
        raise
    return BroughtFilm(source=brought.keep(folder, file))
