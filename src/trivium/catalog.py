"""The only list of studios: those that the server shows, and those that have no pages yet."""

from __future__ import annotations

from trivium.core.studio import Studio
from trivium.errors import NotFound
from trivium.music import STUDIO as MUSIC
from trivium.racing import STUDIO as RACING
from trivium.vision import STUDIO as VISION

STUDIOS: tuple[Studio, ...] = (RACING, MUSIC, VISION)
WITHOUT_PAGES: tuple[Studio, ...] = ()  # on the command line and in Python


def find_studio(studio_id: str) -> Studio:
    """The studio with that id."""
    every = (*STUDIOS, *WITHOUT_PAGES)
    for studio in every:
        if studio.id == studio_id:
            return studio
    raise NotFound(f"There is no studio {studio_id!r}.", f"There are: {', '.join(s.id for s in every)}.")
