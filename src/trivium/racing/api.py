"""The routes that only the racing studio has: tracks, reward functions, trainings and evaluations.

A body may hold an id, never a path. Learners' code is only checked here, in a process of its own; it runs
in the run.
"""

from __future__ import annotations

import time
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import delete
from starlette.concurrency import run_in_threadpool

from trivium.core.blobs import BlobStore
from trivium.core.db import Database
from trivium.core.index import RunIndex
from trivium.core.records import BlobRecord, TrackRecord
from trivium.core.views import Name, RunView
from trivium.errors import BadTrack
from trivium.racing import data as track_data
from trivium.racing import reward_library
from trivium.racing.config import EvaluateConfig, TrainConfig, schemas
from trivium.racing.reward_source import MAX_CHARACTERS as CODE_CAP
from trivium.racing.submit import submit_evaluation, submit_training, trained_track
from trivium.racing.tracks.limits import TRACK_CAP_BYTES

router = APIRouter(prefix="/api/v1/racing", tags=["racing"])

TRACK_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {
                "schema": {
                    "type": "string",
                    "format": "binary",
                    "description": "A .npy file.",
                    "maxLength": TRACK_CAP_BYTES,  # the gate counts by it
                }
            }
        },
    }
}

Code = Annotated[
    str,
    Field(min_length=1, max_length=CODE_CAP, description="Python with a function reward_function(params)."),
]
Seed = Annotated[int, Field(ge=0, le=2**31 - 1, description="Same seed, same result.")]
TrackId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
RewardName = Annotated[
    str, Path(pattern=reward_library.NAME.pattern, description="Letters, digits, spaces, _ . -")
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)


class Section(BaseModel):
    heading: str
    text: str


class Outline(BaseModel):
    """Lines to draw, each a list of [x, y] in metres."""

    centre: list[tuple[float, float]]
    inner: list[tuple[float, float]]
    outer: list[tuple[float, float]]


class TrackView(BaseModel):
    """A track's card and its lines."""

    id: str
    title: str
    length_m: float
    width_m: float
    min_width_m: float
    max_width_m: float
    min_radius_m: float
    difficulty: int = Field(ge=1, le=5)
    teaches: str
    description: str
    sections: list[Section]
    is_loop: bool
    direction: str
    source: Literal["trivium", "imported"]
    waypoints: int
    bounds_m: tuple[float, float, float, float]
    warnings: list[str]
    outline: Outline


class RewardView(BaseModel):
    """A reward function: one of our examples, or one of the user's own."""

    id: str
    title: str
    summary: str
    code: str
    source: Literal["example", "saved"]


class RewardCode(_Body):
    code: Code


class ValidationRequest(_Body):
    code: Annotated[str, Field(max_length=CODE_CAP)]
    track: str | None = Field(None, max_length=64)


class Remark(BaseModel):
    line: int | None
    message: str


class RewardSample(BaseModel):
    """What the function gave for one place of the car."""

    name: str
    reward: float | None


class ValidationResult(BaseModel):
    """What a check of a reward function found; ``prints`` is what it printed."""

    ok: bool
    errors: list[Remark]
    warnings: list[Remark]
    prints: list[str]
    samples: list[RewardSample] = []


class ConfigSchemas(BaseModel):
    """JSON Schemas that forms are made from."""

    train: dict[str, Any]
    evaluate: dict[str, Any]


class TrainingRequest(_Body):
    name: Name | None = Field(None, description="Unique among the trainings; left out, one is made.")
    track: str | None = Field(None, max_length=64, description="A track's id; wins over config.track.")
    reward_code: Code
    config: TrainConfig = Field(default_factory=TrainConfig)
    seed: Seed = 1


class EvaluationRequest(_Body):
    run: str = Field(max_length=64, description="The training whose model drives.")
    name: Name | None = None
    track: str | None = Field(None, max_length=64, description="Left out, the training's own track.")
    config: EvaluateConfig = Field(default_factory=EvaluateConfig)
    seed: Seed = 1


def run_index(request: Request) -> RunIndex:
    index: RunIndex = request.app.state.index
    return index


def data_folder(request: Request) -> FilePath:
    data: FilePath = request.app.state.settings.data
    return data


def database(request: Request) -> Database:
    db: Database = request.app.state.db
    return db


Index = Annotated[RunIndex, Depends(run_index)]
Data = Annotated[FilePath, Depends(data_folder)]
Db = Annotated[Database, Depends(database)]


# tracks


@router.get("/tracks")
def list_tracks(data: Data) -> list[TrackView]:
    """The gallery, easiest first, then the imported tracks."""
    return [_view(track) for track in track_data.list_tracks(data)]


@router.get("/tracks/{track_id}")
def get_track(track_id: TrackId, data: Data) -> TrackView:
    """One track."""
    return _view(track_data.library_track(data, track_id))


@router.post("/tracks:preview", openapi_extra=TRACK_BODY)
async def preview_track(
    request: Request, name: Annotated[str, Query(min_length=1, max_length=100)] = "track"
) -> TrackView:
    """What a track file would look like; nothing is kept."""
    body = await _body(request)
    return await run_in_threadpool(_preview, body, name)


@router.post("/tracks", status_code=201, openapi_extra=TRACK_BODY)
async def import_track(
    request: Request, data: Data, db: Db, name: Annotated[str, Query(min_length=1, max_length=100)]
) -> TrackView:
    """Import a track file, an N x 6 array saved by NumPy."""
    blobs: BlobStore = request.app.state.blobs
    blob = await blobs.put_stream(request.stream(), TRACK_CAP_BYTES)
    return await run_in_threadpool(_import, data, db, blobs, blob.sha256, name)


@router.delete("/tracks/{track_id}", status_code=204)
def delete_track(track_id: TrackId, data: Data, db: Db) -> Response:
    """Delete an imported track; runs keep their own copy."""
    track_data.delete_track(data, track_id)
    with db.write() as session:
        session.execute(delete(TrackRecord).where(TrackRecord.id == track_id))
    return Response(status_code=204)


def _preview(body: bytes, name: str) -> TrackView:
    from trivium.racing.tracks.importing import import_track

    return _view(import_track(body, name))


def _import(data: FilePath, db: Database, blobs: BlobStore, sha256: str, name: str) -> TrackView:
    path = blobs.path(sha256)
    try:
        body = path.read_bytes()
        found = track_data.save_track(data, body, name)
    except Exception:
        with db.read() as session:
            if session.get(BlobRecord, sha256) is None:
                blobs.delete(sha256)
        raise
    now = time.time()
    with db.write() as session:
        session.merge(
            BlobRecord(sha256=sha256, size=len(body), media_type="application/x-npy", created_at=now)
        )
        session.merge(
            TrackRecord(id=found.id, title=found.title, is_loop=found.is_loop, sha256=sha256, created_at=now)
        )
    return _view(found)


def _view(track: Any) -> TrackView:
    from trivium.racing.track import track_view

    return TrackView.model_validate(track_view(track))


async def _body(request: Request) -> bytes:
    body = await request.body()
    if not body:
        raise BadTrack("No file arrived.", "Choose a .npy file.")
    return body


# reward functions


@router.get("/rewards")
def list_rewards(data: Data) -> list[RewardView]:
    """Our examples, then the user's own, newest version of each."""
    return [_reward_view(reward) for reward in reward_library.list_rewards(data)]


@router.put("/rewards/{name}")
def save_reward(name: RewardName, body: RewardCode, data: Data) -> RewardView:
    """Save a reward function; each save that changes it keeps the versions before."""
    return _reward_view(reward_library.save_reward(data, name, body.code))


@router.delete("/rewards/{name}", status_code=204)
def delete_reward(name: RewardName, data: Data) -> Response:
    """Delete a saved reward function with all its versions."""
    reward_library.delete_reward(data, name)
    return Response(status_code=204)


@router.post("/rewards:validate")
def validate_reward(body: ValidationRequest, data: Data) -> ValidationResult:
    """Try a reward function in a process of its own and name the lines that are wrong."""
    from trivium.racing.reward_check import validate

    track = track_data.library_track(data, body.track) if body.track else None
    return ValidationResult.model_validate(validate(body.code, track))


def _reward_view(reward: reward_library.Reward) -> RewardView:
    return RewardView.model_validate(reward, from_attributes=True)


# runs


@router.get("/schema")
def get_config_schemas() -> ConfigSchemas:
    """The settings of trainings and evaluations: ranges, defaults, and what more and less of each does."""
    return ConfigSchemas.model_validate(schemas())


@router.post("/trainings", status_code=201)
def create_training(body: TrainingRequest, index: Index, data: Data) -> RunView:
    """Make a training and start it, at once or as soon as there is room."""
    config = body.config.model_copy(
        update={"track": track_data.library_track(data, body.track or body.config.track).id}
    )
    run = index.create(
        "racing",
        "train",
        body.name and body.name.strip(),
        lambda name: submit_training(data, name, config, body.reward_code, body.seed),
        usual=f"{config.track} training",
    )
    return index.launch(run.id)


@router.post("/evaluations", status_code=201)
def create_evaluation(body: EvaluationRequest, index: Index, data: Data) -> RunView:
    """Let the model of a training drive on a track, and start it."""
    training = index.get(body.run)
    folder = index.folder(training.id)
    wanted = body.track or (body.config.track if "track" in body.config.model_fields_set else None)
    track = track_data.library_track(data, wanted).id if wanted else trained_track(data, folder)
    config = body.config.model_copy(update={"track": track})
    run = index.create(
        "racing",
        "evaluate",
        body.name and body.name.strip(),
        lambda name: submit_evaluation(data, folder, config, body.seed, name),
        usual=f"{training.name} on {wanted or training.track}",
    )
    return index.launch(run.id)
