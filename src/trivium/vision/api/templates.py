"""The routes of templates, and of what an anomaly model found."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from trivium.core.once import once
from trivium.vision.api.state import Index, RunId
from trivium.vision.api.views import ProjectName
from trivium.vision.events.rules import Rule
from trivium.vision.templates.making import USUAL_SEED, Making, Makings
from trivium.vision.templates.table import TEMPLATES, template

router = APIRouter(tags=["vision templates"])

TemplateId = Annotated[str, Path(pattern=r"^[a-z-]{1,32}$", description="A template's id.")]
MakingId = Annotated[str, Path(pattern=r"^[0-9A-Z]{1,64}$", description="The id of a project in the making.")]


class TemplateView(BaseModel):
    """A project to begin with."""

    id: str
    title: str
    teaches: str = Field(description="What is to be learned with it, in a sentence.")
    task: str
    classes: list[str]
    photos: int
    minutes: float = Field(description="From the press to a trained model, about, on two cores.")
    then: str = Field(description="What to do next.")
    rules: list[Rule] = Field(description="For when the model watches.")
    source: str = Field(description="The demo camera that shows such things.")
    draws: bool = Field(description="Whether it is tried by drawing.")
    ready: bool = Field(description="Whether the ready-made detector belongs to it.")


class NewFromTemplate(BaseModel):
    """A project to make of a template."""

    model_config = ConfigDict(extra="forbid")

    name: ProjectName | None = Field(None, description="Its name; without one the template's.")
    seed: Annotated[int, Field(ge=0, le=2**31 - 1, description="Same seed, same photos.")] = USUAL_SEED


class TemplateMaking(BaseModel):
    """A project that is being made of a template, or what became of it."""

    id: str
    template: str
    state: Literal["waiting", "working", "done", "failed"]
    share: float = Field(description="How much of it is done, 0 to 1.")
    message: str | None
    hint: str | None
    project: str | None = Field(description="Its name, once it is made.")
    next: str | None


class OddPhoto(BaseModel):
    """A photo, how odd it is and where, in multiples of the threshold."""

    sha256: str
    name: str
    label: str
    good: bool = Field(description="Whether it belongs to the good ones.")
    oddness: float
    map: list[list[float]]


class OddHistogram(BaseModel):
    """How many photos are how odd."""

    edges: list[float]
    good: list[int]
    odd: list[int]


class OddReport(BaseModel):
    """How well an anomaly model tells odd photos from good ones."""

    project: str
    how: str
    n: int
    good: int
    odd: int
    auroc: float | None = Field(description="How often an odd photo is odder than a good one; null without odd ones.")
    interval: tuple[float, float] | None
    threshold: float
    wanted_false_alarms: float
    alarms: int = Field(description="Good photos that are called odd.")
    alarm_interval: tuple[float, float]
    found: int = Field(description="Odd photos that are called so.")
    found_interval: tuple[float, float] | None
    histogram: OddHistogram
    photos: list[OddPhoto]


def makings(request: Request) -> Makings:
    state = request.app.state
    return once(state, "vision_makings", lambda: Makings(state.settings.data))


Made = Annotated[Makings, Depends(makings)]


@router.get("/templates")
def list_templates() -> list[TemplateView]:
    """The templates: projects that are made in one press, without network."""
    return [TemplateView(id=each.id, title=each.title, teaches=each.teaches, task=each.task,
                         classes=list(each.classes), photos=each.photos, minutes=each.minutes, then=each.then,
                         rules=[Rule.model_validate(rule) for rule in each.rules], source=f"demo:{each.id}",
                         draws=each.draws, ready=each.ready) for each in TEMPLATES]


@router.get("/templates/{template_id}/picture", responses={200: {"content": {"image/jpeg": {}}}},
            response_class=Response)
def get_template_picture(template_id: TemplateId) -> Response:
    """Six photos of a template, as a JPEG."""
    return Response(picture_of(template(template_id).id), media_type="image/jpeg",
                    headers={"Cache-Control": "private, max-age=86400"})


@lru_cache(len(TEMPLATES))
def picture_of(template_id: str) -> bytes:
    from PIL import Image

    from trivium.vision.templates.table import sheet

    out = io.BytesIO()
    Image.fromarray(sheet(template_id)).save(out, "JPEG", quality=85)
    return out.getvalue()


@router.post("/templates/{template_id}/makings", status_code=202)
def make_from_template(template_id: TemplateId, body: NewFromTemplate, made: Made) -> TemplateMaking:
    """Make a project of a template; its photos are composed on this machine."""
    return making_view(made.begin(template_id, body.name, body.seed))


@router.get("/makings/{making_id}")
def get_template_making(making_id: MakingId, made: Made) -> TemplateMaking:
    """A project in the making."""
    return making_view(made.get(making_id))


@router.delete("/makings/{making_id}", status_code=204)
def drop_template_making(making_id: MakingId, made: Made) -> Response:
    """Give it up, or forget what became of it; a project that is made stays."""
    made.drop(making_id)
    return Response(status_code=204)


@router.get("/trainings/{run_id}/oddities")
def list_oddities(run_id: RunId, index: Index, limit: Annotated[int, Query(ge=1, le=500)] = 60) -> OddReport:
    """How good an anomaly model is, and how odd each photo is, the oddest first."""
    from trivium.vision.anomaly.reading import oddities

    return OddReport.model_validate(oddities(index.folder(run_id), limit), extra="ignore")


def making_view(task: Making) -> TemplateMaking:
    found: dict[str, Any] = task.result
    return TemplateMaking(id=task.id, template=task.name, state=task.state, share=1.0 if found else task.share,
                      message=task.message, hint=task.hint, project=found.get("project"), next=found.get("next"))
