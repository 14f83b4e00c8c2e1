"""What the music studio answers and takes: the shapes that pages, commands and Python share."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from trivium.music.notes import Composition, Title
from trivium.music.tunes import Tune, tune_piece


class TuneView(BaseModel):
    """A sample melody with its notes."""

    id: str
    title: str
    origin: str
    metre: str
    bpm: float
    composition: Composition


class CompositionSummary(BaseModel):
    """A kept composition without its notes: one step in a tree of steps."""

    id: str
    root: str = Field(description="The first step of its tree.")
    parent: str | None = Field(description="The step that it was made from.")
    title: str
    technique: str = Field(description="How it was made: tune, recording, import, edit, or the model's technique.")
    settings: dict[str, Any] = Field(description="What the technique was given.")
    seed: int | None
    model: str | None
    version: int = Field(description="Counts the saves; send it back with an edit.")
    share_token: str | None
    created_at: float
    updated_at: float
    parts: list[str]
    notes: int
    bars: int
    duration_s: float


class CompositionView(CompositionSummary):
    """A kept composition with its notes."""

    composition: Composition


class CompositionPage(BaseModel):
    """Some of the kept compositions, newest first."""

    items: list[CompositionSummary]
    next: str | None = Field(description="The cursor of the page after, if there is one.")


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewComposition(_Body):
    """A composition to keep: a sample melody by its id, or notes."""

    title: Title | None = None
    tune: Annotated[str, Field(max_length=64)] | None = Field(None, description="A sample melody's id.")
    composition: Composition | None = Field(None, description="Notes, where it is no sample melody.")
    technique: Literal["recording", "edit"] = Field("recording", description="Where the notes come from.")
    parent: Annotated[str, Field(max_length=64)] | None = Field(None, description="The step it was made from.")


class EditedComposition(_Body):
    """Notes that take the place of a version."""

    version: int = Field(ge=1, description="The version that was edited.")
    composition: Composition


class NewTitle(_Body):
    title: Annotated[Title, Field(min_length=1)]


class Sharing(_Body):
    shared: bool = Field(description="True makes a link, false takes it back.")


def tune_view(tune: Tune) -> TuneView:
    """The tune as the pages show it."""
    return TuneView(id=tune.id, title=tune.title, origin=tune.origin, metre=f"{tune.metre[0]}/{tune.metre[1]}",
                    bpm=tune.bpm, composition=tune_piece(tune))
