"""What the vision routes share: the library of projects, the photos that are being taken in, the models at work."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Annotated

from fastapi import Depends, Path, Query, Request

from trivium.core.index import RunIndex
from trivium.core.once import once
from trivium.core.spec import RUN_ID
from trivium.vision import STUDIO
from trivium.vision.collect.taking import Takings
from trivium.vision.library import Library
from trivium.vision.project import NAME

UPLOAD_CAP_BYTES = 4_000_000_000
CHOOSE = "Choose photos, or a zip of a folder."

Name = Annotated[str, Path(pattern=f"^{NAME.pattern}$", description="A project's name.")]
RunId = Annotated[str, Path(pattern=RUN_ID, description="A run's id.")]
Sha = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="A photo's sha256.")]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]
Limit = Annotated[int, Query(ge=1, le=1000)]
FileName = Annotated[str, Query(min_length=1, max_length=400, description="The file's name.")]


def run_index(request: Request) -> RunIndex:
    index: RunIndex = request.app.state.index
    return index


def data_folder(request: Request) -> FilePath:
    data: FilePath = request.app.state.settings.data
    return data


def library(request: Request) -> Library:
    state = request.app.state
    return once(state, "vision_library", lambda: Library(state.settings.data))


def takings(request: Request) -> Takings:
    state = request.app.state
    return once(state, "vision_takings", lambda: Takings(state.settings.data))


def expect_training(index: Annotated[RunIndex, Depends(run_index)]) -> None:
    """Somebody is where one trains, so a process is kept ready."""
    index.spares.expect(STUDIO)


IS_NEAR = [Depends(expect_training)]
Index = Annotated[RunIndex, Depends(run_index)]
Data = Annotated[FilePath, Depends(data_folder)]
Projects = Annotated[Library, Depends(library)]
Arriving = Annotated[Takings, Depends(takings)]


def upload_body(description: str, cap_bytes: int = UPLOAD_CAP_BYTES) -> dict[str, object]:
    """What OpenAPI says of a route that takes a file; the gate counts by `maxLength`."""
    schema = {"type": "string", "format": "binary", "description": description, "maxLength": cap_bytes}
    return {"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": schema}}}}
