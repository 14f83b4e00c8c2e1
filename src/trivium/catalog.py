"""The only list of studios."""

from __future__ import annotations

from trivium.core.studio import Studio
from trivium.errors import NotFound
from trivium.music import STUDIO as MUSIC
from trivium.racing import STUDIO as RACING

STUDIOS: tuple[Studio, ...] = (RACING, MUSIC)


def find_studio(studio_id: str) -> Studio:
    """The studio with that id."""
    for studio in STUDIOS:
        if studio.id == studio_id:
            return studio
    raise NotFound(f"There is no studio {studio_id!r}.", f"There are: {', '.join(s.id for s in STUDIOS)}.")
