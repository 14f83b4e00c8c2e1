"""The routes of composing: which techniques there are, make a step, keep it as a composition."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from trivium.core.studio import parse_config
from trivium.core.views import Name, RunView
from trivium.music import STUDIO
from trivium.music.api_state import Data, Index, Kept, RunId
from trivium.music.arcnn.edits import EditEvent
from trivium.music.compose_config import ComposeConfig
from trivium.music.composing import begin_of, model_of, source_of, spec_of, story_of, submit_composing
from trivium.music.keeping import keep_step
from trivium.music.models import shipped
from trivium.music.notes import Composition
from trivium.music.techniques import TECHNIQUES, Technique, find_technique
from trivium.music.views import CompositionView
from trivium.music.written import Written

router = APIRouter(tags=["music"])



class PresetView(BaseModel):
    """Settings that belong together, under a name."""

    id: str
    title: str
    text: str = Field(description="What comes of it.")
    controls: dict[str, Any] = Field(description="What it sets; all other controls stay.")


class ShippedModelView(BaseModel):
    """A model in the package."""

    id: str
    style: str = Field(description="What it has learned from.")


class TechniqueView(BaseModel):
    """A technique, its models in the package, and the JSON Schema of its controls."""

    id: str
    title: str
    tagline: str
    controls: dict[str, Any] = Field(description="JSON Schema: ranges, defaults, what more and less of each does.")
    presets: list[PresetView]
    models: list[ShippedModelView] = Field(description="The first is the one that is taken where none is named.")


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ComposingRequest(_Body):
    """A step to make."""

    composition: str = Field(max_length=64, description="The composition that it begins with.")
    technique: str = Field("arcnn", max_length=32)
    controls: dict[str, Any] = Field(default_factory=dict, description="As the technique's schema says.")
    model: str | None = Field(None, max_length=64, description="The id of a training or of a model in the package; "
                              "left out, the package's first.")
    seed: Annotated[int, Field(ge=0, le=2**31 - 1, description="Same seed, same composition.")] = 1
    name: Name | None = None


class ToldEdit(BaseModel):
    """An edit, as a technique that edits note by note tells it."""

    name: Literal["edit"]
    news: EditEvent


class ToldPassage(BaseModel):
    """A passage, as a technique that writes passages tells it."""

    name: Literal["written"]
    news: Written


Told = Annotated[ToldEdit | ToldPassage, Field(discriminator="name")]
TOLD = frozenset({"edit", "written"})
STORY: TypeAdapter[list[Told]] = TypeAdapter(list[Told])


class ComposingView(BaseModel):
    """A step under way or done: what it began with and what it has told so far."""

    run: str
    composition: str | None = Field(description="The kept composition that it began with.")
    technique: str
    controls: dict[str, Any]
    model: str = Field(description="The model's name.")
    seed: int
    begin: Composition = Field(description="The piece as it was at the beginning.")
    story: list[Told] = Field(description="Edits or passages, in order; more follow over the live stream.")


class Keeping(_Body):
    """What to keep of a step."""

    taken_back: list[Annotated[int, Field(ge=0)]] = Field(
        default_factory=list, max_length=50_000, description="Edits to leave out, by their index.")


def expect_composing(index: Index) -> None:
    """Somebody is where one composes, so a process is kept ready for the next step's first notes."""
    index.spares.expect(STUDIO)


IS_NEAR = [Depends(expect_composing)]


@router.get("/techniques", dependencies=IS_NEAR)
def list_techniques() -> list[TechniqueView]:
    """The techniques of composing and their controls."""
    return [technique_view(technique) for technique in TECHNIQUES]


@router.post("/composings", status_code=201)
def create_composing(body: ComposingRequest, index: Index, kept: Kept, data: Data) -> RunView:
    """Make a step and start it; its edits come as sample events over the live stream."""
    technique = find_technique(body.technique)
    controls: Any = parse_config(technique.controls, body.controls)
    config = ComposeConfig.model_validate({"technique": technique.id, technique.id: controls.model_dump()})
    begin = kept.get(body.composition)
    packaged = body.model in [each.id for each in shipped(technique.id)]
    training = index.get(body.model).id if body.model and not packaged else None
    model = str(index.folder(training)) if training else body.model  # an id, never a path
    run = index.create(
        STUDIO.id, "compose", body.name and body.name.strip(),
        lambda name: submit_composing(data, name, config, begin.composition, body.seed, model,
                                      {"composition": begin.id, "training": training}),
        usual=f"{technique.title} on {begin.title}")
    return index.launch(run.id)


@router.get("/composings/{run_id}", dependencies=IS_NEAR)
def get_composing(run_id: RunId, index: Index) -> ComposingView:
    """A step with the piece that it began with, and what it has told so far."""
    folder = index.folder(run_id)
    spec = spec_of(folder)
    technique = str(spec.config["technique"])
    story = [told for told in story_of(folder) if told["name"] in TOLD]
    return ComposingView(run=run_id, composition=source_of(folder).get("composition"), technique=technique,
                         controls=spec.config[technique], model=model_of(folder), seed=spec.seed,
                         begin=begin_of(folder), story=STORY.validate_python(story))


@router.post("/composings/{run_id}/keep", status_code=201, dependencies=IS_NEAR)
def keep_composing(run_id: RunId, body: Keeping, index: Index, kept: Kept) -> CompositionView:
    """Keep what a step has made as a composition below the one that it began with, without the edits taken back."""
    return keep_step(kept, index.folder(run_id), body.taken_back)


def technique_view(technique: Technique) -> TechniqueView:
    return TechniqueView(id=technique.id, title=technique.title, tagline=technique.tagline,
                         controls=technique.controls_type().model_json_schema(),
                         presets=[PresetView(**asdict(preset)) for preset in technique.named_settings()],
                         models=[ShippedModelView(id=each.id, style=each.style) for each in shipped(technique.id)])
