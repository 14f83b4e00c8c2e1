"""What this studio is and what machine it runs on."""

from __future__ import annotations

import importlib.metadata
import os
from functools import cache

from fastapi import APIRouter, Request
from pydantic import BaseModel

from trivium import __version__
from trivium.core import confine
from trivium.core.studio import Studio
from trivium.core.views import Confinement

DEVICE = "cpu"  # what a run is made for in this version; finding out about others would take torch

router = APIRouter(prefix="/api/v1", tags=["system"])


class Health(BaseModel):
    ok: bool
    studio: str = "trivium"
    version: str


class SystemView(BaseModel):
    """The machine, in the words of the settings page."""

    version: str
    cores: int
    data_folder: str
    confinement: Confinement
    torch: str | None
    device: str


class StudioView(BaseModel):
    id: str
    title: str
    tagline: str
    accent: str
    kinds: list[str]


async def healthz() -> Health:
    """Whether the studio answers. The only address of the API that needs no sign-in."""
    return Health(ok=True, version=__version__)


@router.get("/system")
def get_system(request: Request) -> SystemView:
    """Version, cores, data folder, and how far learners' code is locked in here."""
    settings = request.app.state.settings
    return SystemView(
        version=__version__,
        cores=os.cpu_count() or 1,
        data_folder=str(settings.data),
        confinement=_confinement(),
        torch=torch_version(),
        device=DEVICE,
    )


@router.get("/studios")
async def list_studios(request: Request) -> list[StudioView]:
    """The studios of this installation, in their order."""
    studios: tuple[Studio, ...] = request.app.state.studios
    return [
        StudioView(id=s.id, title=s.title, tagline=s.tagline, accent=s.accent, kinds=sorted(s.entries))
        for s in studios
    ]


def torch_version() -> str | None:
    """Read from the package's papers: the server never imports torch."""
    try:
        return importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        return None


@cache
def _confinement() -> Confinement:
    return Confinement.model_validate(confine.probe(), from_attributes=True)
