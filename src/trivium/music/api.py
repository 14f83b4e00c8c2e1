"""The routes that only the music studio has: sample melodies and compositions."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from trivium.errors import BadConfig, BadFile
from trivium.music.api_state import CompositionId, Kept
from trivium.music.challenges.api import router as challenge_router
from trivium.music.compositions import Compositions
from trivium.music.dataset.api import router as datasets_router
from trivium.music.files.exporting import FileFormat, export
from trivium.music.files.importing import FILE_CAP_BYTES, look, read_file
from trivium.music.melodies import TUNES, find_tune, tune_piece
from trivium.music.rhythm import GridName
from trivium.music.techniques_api import IS_NEAR
from trivium.music.techniques_api import router as techniques_router
from trivium.music.trainings_api import router as trainings_router
from trivium.music.views import (
    CompositionPage,
    CompositionSummary,
    CompositionView,
    EditedComposition,
    FileChoice,
    FileReport,
    ImportedComposition,
    NewComposition,
    NewTitle,
    SharedComposition,
    Sharing,
    TuneView,
    tune_view,
)

router = APIRouter(prefix="/api/v1/music", tags=["music"])

LONG_JSON = {"x-max-bytes": 6_000_000}  # 50,000 notes; the gate counts by it

TuneId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
Token = Annotated[str, Path(pattern=r"^[0-9A-Za-z_-]{1,64}$")]




# sample melodies


@router.get("/tunes")
def list_tunes() -> list[TuneView]:
    """The sample melodies."""
    return [tune_view(tune) for tune in TUNES]


@router.get("/tunes/{tune_id}")
def get_tune(tune_id: TuneId) -> TuneView:
    """One sample melody."""
    return tune_view(find_tune(tune_id))


# files

FILE_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {
                "schema": {
                    "type": "string",
                    "format": "binary",
                    "description": "A MIDI, MusicXML, .mxl, ABC, .npy or .npz file, or a project.",
                    "maxLength": FILE_CAP_BYTES,  # the gate counts by it
                }
            }
        },
    }
}
FileName = Annotated[str, Query(max_length=200, description="The file's name; the title, where it holds none.")]


@router.post("/files:look", openapi_extra=FILE_BODY)
async def look_into_file(request: Request, name: FileName = "") -> FileReport:
    """What tracks and bars are in a file; nothing is kept."""
    return await run_in_threadpool(look, await file_of(request), name)


@router.post("/compositions:import", status_code=201, openapi_extra=FILE_BODY)
async def import_composition(
    request: Request,
    kept: Kept,
    name: FileName = "",
    tracks: Annotated[str | None, Query(max_length=4000, pattern=r"^\d{1,4}(,\d{1,4})*$",
                                        description="Indices from the report, with commas between.")] = None,
    first_bar: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
    last_bar: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
    grid: Annotated[GridName, Query(description="Where rhythm assist moves notes to.")] = "1/16",
    strength: Annotated[float, Query(ge=0, le=1, description="0 leaves the rhythm alone.")] = 0.0,
) -> ImportedComposition:
    """Keep the piece in a file, or the chosen tracks and bars of it."""
    indices = [int(number) for number in tracks.split(",")] if tracks else None
    choice = FileChoice(tracks=indices, first_bar=first_bar, last_bar=last_bar, grid=grid, strength=strength)
    body = await file_of(request)
    return await run_in_threadpool(_import, kept, body, name, choice)


def _import(kept: Compositions, body: bytes, name: str, choice: FileChoice) -> ImportedComposition:
    report, piece = read_file(body, name, choice)
    settings = {"file": name, "format": report.format, **choice.model_dump(exclude_defaults=True)}
    return ImportedComposition(report=report, composition=kept.add(piece, "import", settings=settings))


async def file_of(request: Request) -> bytes:
    body = await request.body()
    if not body:
        raise BadFile("No file arrived.", "Choose a file of notes, such as one that ends in .mid.")
    return body


# compositions


@router.get("/compositions")
def list_compositions(
    kept: Kept,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
) -> CompositionPage:
    """The kept compositions, newest first; pass ``next`` as ``cursor`` for the page after."""
    return kept.page(limit, cursor)


@router.post("/compositions", status_code=201, openapi_extra=LONG_JSON)
def create_composition(body: NewComposition, kept: Kept) -> CompositionView:
    """Keep a sample melody, a recording, or an edit beside the step that it was made from."""
    if (body.tune is None) == (body.composition is None):
        raise BadConfig("A composition begins with a tune or with notes.", "Send one of tune and composition.")
    if body.tune is not None:
        piece, technique = tune_piece(find_tune(body.tune)), "tune"
    else:
        assert body.composition is not None
        piece, technique = body.composition, body.technique
    settings = {"tune": body.tune} if body.tune else {}
    return kept.add(piece, technique, title=body.title, parent=body.parent, settings=settings)


@router.get("/compositions/{composition_id}")
def get_composition(composition_id: CompositionId, kept: Kept) -> CompositionView:
    """One composition with its notes."""
    return kept.get(composition_id)


@router.put("/compositions/{composition_id}", openapi_extra=LONG_JSON, dependencies=IS_NEAR)
def save_composition(composition_id: CompositionId, body: EditedComposition, kept: Kept) -> CompositionView:
    """Save an edit; refused with 409 where another page has saved since the version that was edited."""
    return kept.save(composition_id, body.version, body.composition)


@router.patch("/compositions/{composition_id}")
def rename_composition(composition_id: CompositionId, body: NewTitle, kept: Kept) -> CompositionSummary:
    """Give a composition another title."""
    return kept.rename(composition_id, body.title)


@router.delete("/compositions/{composition_id}", status_code=204)
def delete_composition(composition_id: CompositionId, kept: Kept) -> Response:
    """Delete one step; what was made from it stays."""
    kept.delete(composition_id)
    return Response(status_code=204)


@router.get("/compositions/{composition_id}/tree")
def get_composition_tree(composition_id: CompositionId, kept: Kept) -> list[CompositionSummary]:
    """Every step of the tree that a composition belongs to, oldest first."""
    return kept.tree(composition_id)


@router.get("/compositions/{composition_id}/measures")
def measure_composition(composition_id: CompositionId, kept: Kept) -> dict[str, float | None]:
    """The measures by which the field compares pieces, null where there is nothing to measure."""
    from trivium.music.metrics import measures

    return measures(kept.piece(composition_id))


@router.post("/compositions/{composition_id}/share")
def share_composition(composition_id: CompositionId, body: Sharing, kept: Kept) -> CompositionSummary:
    """Make a link on this server that shows the composition, or take it back."""
    return kept.share(composition_id, body.shared)


@router.get(
    "/compositions/{composition_id}/file",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}, "description": "The file."}},
)
def download_composition(
    composition_id: CompositionId, kept: Kept, format: Annotated[FileFormat, Query()] = "midi"
) -> Response:
    """The composition as a MIDI or MusicXML file, as a project (a zip that holds all), or as JSON."""
    found = kept.get(composition_id)
    made = export(found.composition, format, found.model_dump(include={"technique", "settings", "seed", "model",
                                                                       "created_at"}))
    disposition = f"attachment; filename*=UTF-8''{quote(made.name, safe='')}"
    return Response(made.content, media_type=made.media_type, headers={"Content-Disposition": disposition})


@router.get("/shared/{token}")
def get_shared_composition(token: Token, kept: Kept) -> SharedComposition:
    """The composition that a share link leads to, as it is now. The link is enough; nobody needs to sign in."""
    return SharedComposition(**kept.shared(token).model_dump(include=set(SharedComposition.model_fields)))


router.include_router(techniques_router)
router.include_router(challenge_router)
router.include_router(datasets_router)
router.include_router(trainings_router)
