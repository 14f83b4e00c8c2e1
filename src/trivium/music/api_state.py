"""What the music routes take from the server: its runs, its data folder, the compositions that it keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request
from fastapi import Path as InAddress

from trivium.core.index import RunIndex
from trivium.music.compositions import Compositions


def run_index(request: Request) -> RunIndex:
    """The server's runs."""
    index: RunIndex = request.app.state.index
    return index


def data_folder(request: Request) -> Path:
    """Where the studio keeps everything."""
    data: Path = request.app.state.settings.data
    return data


def compositions(request: Request) -> Compositions:
    """The kept compositions."""
    return Compositions(request.app.state.db)


Index = Annotated[RunIndex, Depends(run_index)]
Data = Annotated[Path, Depends(data_folder)]
Kept = Annotated[Compositions, Depends(compositions)]
RunId = Annotated[str, InAddress(pattern=r"^[0-9A-Za-z_-]{1,64}$", description="A run's id.")]
CompositionId = Annotated[str, InAddress(pattern=r"^[0-9A-Za-z_-]{1,64}$", description="A composition's id.")]
