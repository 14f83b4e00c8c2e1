"""What the music routes answer."""

from __future__ import annotations

from pydantic import BaseModel

from trivium.music.notes import Composition
from trivium.music.tunes import Tune, composition


class TuneView(BaseModel):
    """A sample melody with its notes."""

    id: str
    title: str
    origin: str
    metre: str
    bpm: float
    composition: Composition


def tune_view(tune: Tune) -> TuneView:
    """The tune as the pages show it."""
    return TuneView(id=tune.id, title=tune.title, origin=tune.origin, metre=f"{tune.metre[0]}/{tune.metre[1]}",
                    bpm=tune.bpm, composition=composition(tune))
