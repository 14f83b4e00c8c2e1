"""The routes of the ready-made detector: what it is, and a finished model of it for a project."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from trivium.core.views import RunView
from trivium.vision import STUDIO
from trivium.vision.api.state import Data, Index, Name, Projects
from trivium.vision.ready_made import nanodet
from trivium.vision.tasks import KIND

router = APIRouter(tags=["vision"])

ClassName = Annotated[str, Field(min_length=1, max_length=100)]


class ReadyMadeView(BaseModel):
    """A detector that others have trained."""

    name: str
    licence: str
    source: str = Field(description="Who trained it on what, and where its files come from.")
    data: str = Field(description="What is to be known of what it has learned from.")
    published: str = Field(description="What its authors say of it; not measured here.")
    bytes: int
    kinds: list[str] = Field(description="What it knows.")
    here: bool = Field(description="Whether its files are in this installation.")


class ReadyMadeOfProject(ReadyMadeView):
    """The same beside a project."""

    knows: list[str] = Field(description="The project's classes that it knows.")


class MakeReady(BaseModel):
    """What it is to find."""

    model_config = ConfigDict(extra="forbid")

    classes: list[ClassName] | None = Field(
        None, min_length=1, max_length=len(nanodet.KINDS),
        description="Kinds that it knows, or other names for them; left out: the project's classes that it knows.")


@router.get("/ready-made")
def get_ready_made() -> ReadyMadeView:
    """What the ready-made detector is, whose, under which licence, and what it knows."""
    from trivium.vision.ready_made.asking import ready_made

    return ReadyMadeView.model_validate(ready_made())


@router.get("/projects/{name}/ready-made")
def get_ready_made_for_project(name: Name, kept: Projects) -> ReadyMadeOfProject:
    """The same, with the project's classes that it knows."""
    from trivium.vision.ready_made.asking import ready_made

    with kept.open(name) as project:
        classes = list(project.classes)
    return ReadyMadeOfProject.model_validate({**ready_made(), "knows": list(nanodet.known(classes))})


@router.post("/projects/{name}/ready-made", status_code=201)
def make_ready_for_project(name: Name, body: MakeReady, index: Index, data: Data) -> RunView:
    """Make it a finished model of the project, judged on its boxes where there are any; nothing is taught."""
    from trivium.vision.ready_made.submit import submit_ready_made

    run = index.create(STUDIO.id, KIND, None, lambda called: submit_ready_made(data, name, body.classes, called),
                       usual=f"{nanodet.NAME} for {name}")
    return index.launch(run.id)
