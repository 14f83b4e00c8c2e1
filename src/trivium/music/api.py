"""The routes that only the music studio has: sample melodies and compositions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from trivium.music.api_views import TuneView, tune_view
from trivium.music.tunes import TUNES, find_tune

router = APIRouter(prefix="/api/v1/music", tags=["music"])

TuneId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]


@router.get("/tunes", response_model_exclude_none=True)
def list_tunes() -> list[TuneView]:
    """The sample melodies."""
    return [tune_view(tune) for tune in TUNES]


@router.get("/tunes/{tune_id}", response_model_exclude_none=True)
def get_tune(tune_id: TuneId) -> TuneView:
    """One sample melody."""
    return tune_view(find_tune(tune_id))
