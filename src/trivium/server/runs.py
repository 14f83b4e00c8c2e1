"""Runs: the same addresses for every studio's trainings and evaluations."""

from __future__ import annotations

import mimetypes
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict

from trivium.core import jobs
from trivium.core.comparing import chosen
from trivium.core.index import RunIndex
from trivium.core.views import EventList, Name, RunComparison, RunFile, RunMetrics, RunPage, RunView

router = APIRouter(prefix="/api/v1/runs", tags=["runs"])

INLINE = frozenset({"video/mp4", "image/png", "image/jpeg", "application/json", "text/plain"})

RunId = Annotated[str, Path(pattern=r"^[0-9A-Za-z_-]{1,64}$", description="A run's id.")]


def run_index(request: Request) -> RunIndex:
    index: RunIndex = request.app.state.index
    return index


Index = Annotated[RunIndex, Depends(run_index)]


class NewName(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: Name


class CloneRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: Name | None = None


@router.get("")
def list_runs(
    index: Index,
    studio: Annotated[str | None, Query(max_length=32)] = None,
    kind: Annotated[str | None, Query(max_length=32)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
) -> RunPage:
    """Runs, newest first; pass ``next`` as ``cursor`` for the page after."""
    return index.page(studio, kind, limit, cursor)


@router.get("/compare")
def compare_runs(
    index: Index,
    ids: Annotated[str, Query(max_length=1000, description="Ids, with commas between.")],
) -> RunComparison:
    """Several runs and their metrics side by side."""
    wanted = chosen(part.strip() for part in ids.split(",") if part.strip())
    return RunComparison(
        runs=[index.get(run_id) for run_id in wanted],
        metrics={run_id: index.metrics(run_id).rows for run_id in wanted},
    )


@router.get("/{run_id}")
def get_run(run_id: RunId, index: Index) -> RunView:
    """One run."""
    return index.get(run_id)


@router.patch("/{run_id}")
def rename_run(run_id: RunId, body: NewName, index: Index) -> RunView:
    """Give a run another name."""
    return index.rename(run_id, body.name)


@router.delete("/{run_id}", status_code=204)
def delete_run(run_id: RunId, index: Index) -> Response:
    """Delete a run and its folder. A run that is going on must be stopped first."""
    index.delete(run_id)
    return Response(status_code=204)


@router.post("/{run_id}/start")
def start_run(run_id: RunId, index: Index) -> RunView:
    """Start a queued run: now, or as soon as there is room."""
    return index.launch(run_id)


@router.post("/{run_id}/stop")
def stop_run(run_id: RunId, index: Index) -> RunView:
    """Ask a run to save a checkpoint and stop; it is given ten seconds."""
    return index.stop(run_id)


@router.post("/{run_id}/resume")
def resume_run(run_id: RunId, index: Index) -> RunView:
    """Go on from the last checkpoint."""
    return index.launch(run_id)


@router.post("/{run_id}/clone", status_code=201)
def clone_run(run_id: RunId, index: Index, body: CloneRequest | None = None) -> RunView:
    """A new run with the same task and inputs; it waits to be started."""
    old = index.get(run_id)
    folder = index.folder(run_id)
    return index.create(
        old.studio,
        old.kind,
        body.name if body else None,
        lambda name: jobs.clone(folder, name=name),
        usual=old.name,
    )


@router.get("/{run_id}/metrics")
def get_run_metrics(
    run_id: RunId, index: Index, since_step: Annotated[int, Query(ge=-1, le=2**62)] = -1
) -> RunMetrics:
    """Every metric's points above a step."""
    return index.metrics(run_id, since_step)


@router.get("/{run_id}/events")
def list_run_events(
    run_id: RunId,
    index: Index,
    after: Annotated[int, Query(ge=0, le=2**62, description="Only ids above this.")] = 0,
    kind: Annotated[str | None, Query(max_length=16)] = None,
    name: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=5000)] = 500,
) -> EventList:
    """What happened in a run, oldest first."""
    return EventList.model_validate({"items": index.events(run_id, after, kind, name, limit)})


@router.get("/{run_id}/files")
def list_run_files(run_id: RunId, index: Index) -> list[RunFile]:
    """The files in a run's folder."""
    return [RunFile(path=path, size=size) for path, size in index.files(run_id)]


@router.get("/{run_id}/files/{path:path}", response_class=FileResponse)
def get_run_file(run_id: RunId, path: str, index: Index) -> FileResponse:
    """One file of a run. Only pictures, films, JSON and text are shown in place; the rest is downloaded."""
    found = index.file(run_id, path)
    media_type = mimetypes.guess_type(found.name)[0] or "application/octet-stream"
    if found.suffix in (".jsonl", ".txt", ".log", ".py", ".csv"):
        media_type = "text/plain"
    return FileResponse(
        found,
        media_type=media_type,
        filename=found.name,
        headers={"Content-Security-Policy": "sandbox"},
        content_disposition_type="inline" if media_type in INLINE else "attachment",
    )
