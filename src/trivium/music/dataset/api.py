"""The routes of training sets: made in a process of their own from files or from music that is here, seen, deleted."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from trivium.core.once import once
from trivium.core.task_queue import UPLOAD, receive
from trivium.errors import MissingExtra
from trivium.music.api_state import Data
from trivium.music.dataset import sets as dataset
from trivium.music.dataset import views as dataset_views
from trivium.music.dataset.making import Makings
from trivium.music.dataset.views import MakingView, NewSet, SetPiece, SetReport, SetSource, SetSummary

router = APIRouter(tags=["music"])

UPLOAD_CAP_BYTES = 200_000_000
UPLOAD_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {
                "schema": {
                    "type": "string",
                    "format": "binary",
                    "description": "A zip of files of notes, or one file that holds many pieces.",
                    "maxLength": UPLOAD_CAP_BYTES,  # the gate counts by it
                }
            }
        },
    }
}
Name = Annotated[str, Path(pattern=dataset.NAME.pattern, max_length=64)]
MakingId = Annotated[str, Path(pattern=r"^[0-9A-Z]{1,64}$")]


def makings(request: Request) -> Makings:
    """The sets that this server is making."""
    state = request.app.state
    return once(state, "music_makings", lambda: Makings(state.settings.data))


InTheMaking = Annotated[Makings, Depends(makings)]


@router.get("/sets")
def list_training_sets(data: Data) -> list[SetSummary]:
    """The kept training sets, by name."""
    return [dataset_views.summary(card) for _, card in dataset.kept_cards(data)]


@router.get("/set-sources")
def list_set_sources() -> list[SetSource]:
    """The music that is here to learn from, without any file of one's own."""
    return dataset_views.sources()


@router.post("/sets", status_code=202)
def create_training_set(body: NewSet, kept: InTheMaking) -> MakingView:
    """Make a training set from music that is here."""
    chosen = next(each for each in dataset_views.sources() if each.id == body.source)
    if not chosen.is_here:
        raise MissingExtra("music21, whose corpus holds this music,", "corpus")
    source = {"corpus": body.source} if chosen.usual is None else {body.source: body.count}
    return dataset_views.making_view(kept.begin(kept.room(), body.name, {"source": source, "seed": body.seed}))


@router.post("/sets:upload", status_code=202, openapi_extra=UPLOAD_BODY)
async def upload_training_set(
    request: Request, kept: InTheMaking,
    name: Annotated[str, Query(min_length=1, max_length=64, description="What to call the set.")],
    file: Annotated[str, Query(min_length=1, max_length=200, description="The file's name; .zip holds many.")],
    seed: Annotated[int, Query(ge=0, le=2**31 - 1)] = 1,
    licence: Annotated[str | None, Query(max_length=300, description="What the music's owner allows.")] = None,
) -> MakingView:
    """Make a training set from a zip of a folder, or from one file with many pieces."""
    folder = kept.room()
    try:
        await receive(request.stream(), folder / UPLOAD, "Choose files of notes, or a zip of a folder.")
    except BaseException:
        kept.clear(folder)
        raise
    task = {"file": file, "seed": seed, "licence": licence or None}
    return dataset_views.making_view(await run_in_threadpool(kept.begin, folder, name, task))


@router.get("/sets/{name}")
def get_training_set(name: Name, data: Data) -> SetReport:
    """What was found while a set was made."""
    return dataset_views.report(name, data)


@router.get("/sets/{name}/pieces/{index}")
def get_set_piece(name: Name, index: Annotated[int, Path(ge=0, le=10_000_000)], data: Data) -> SetPiece:
    """One piece of a set, to see and to hear."""
    return dataset_views.piece(name, index, data)


@router.delete("/sets/{name}", status_code=204)
def delete_training_set(name: Name, data: Data) -> Response:
    """Delete a set; trainings keep their own copy of it."""
    dataset.delete_set(name, data)
    return Response(status_code=204)


@router.get("/makings")
def list_makings(kept: InTheMaking) -> list[MakingView]:
    """The sets in the making, and what became of the last ones."""
    return [dataset_views.making_view(each) for each in list(kept.all.values())]


@router.get("/makings/{making_id}")
def get_making(making_id: MakingId, kept: InTheMaking) -> MakingView:
    """One set in the making."""
    return dataset_views.making_view(kept.get(making_id))


@router.delete("/makings/{making_id}", status_code=204)
def drop_making(making_id: MakingId, kept: InTheMaking) -> Response:
    """Give up a set in the making, or forget what became of it."""
    kept.drop(making_id)
    return Response(status_code=204)
