"""What the music studio answers and takes: the shapes that pages, commands and Python share."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from trivium.music.melodies import Tune, tune_piece
from trivium.music.notes import Composition, Title
from trivium.music.rhythm import GridName


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
    training: str | None = Field(description="The run that trained the model, where it is one's own.")
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


class SharedComposition(BaseModel):
    """What a share link shows: the piece, and nothing of how it was made or where it is kept."""

    title: str
    parts: list[str]
    notes: int
    bars: int
    duration_s: float
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


class FileTrack(BaseModel):
    """One track of a file that was looked at."""

    index: int = Field(description="Counted from 0; a choice names tracks by it.")
    name: str
    instrument: str
    is_drum: bool
    notes: int
    lowest: int = Field(description="MIDI pitch.")
    highest: int = Field(description="MIDI pitch.")
    first_bar: int = Field(description="The bar of its first note.")
    last_bar: int
    polyphonic: bool = Field(description="Whether notes of it sound together.")


class FileReport(BaseModel):
    """What is in a file of notes."""

    format: str
    title: str
    bars: int
    metre: str
    metre_changes: int
    bpm: float
    tempo_changes: int
    tracks: list[FileTrack]
    warnings: list[str] = Field(description="What was odd, and what was done about it.")


class FileChoice(_Body):
    """Which tracks and bars of a file to take, and whether to straighten its rhythm."""

    tracks: list[Annotated[int, Field(ge=0, le=10_000)]] | None = Field(
        None, max_length=1000, title="Tracks", description="Indices from the report; left out, all.")
    first_bar: int | None = Field(None, ge=1, le=1_000_000, title="First bar", description="Counted from 1.")
    last_bar: int | None = Field(None, ge=1, le=1_000_000, title="Last bar", description="Included.")
    grid: GridName = Field("1/16", title="Grid", description="Where rhythm assist moves notes to.")
    strength: float = Field(0.0, ge=0.0, le=1.0, title="Rhythm assist",
                            description="0 leaves the rhythm alone, 1 puts every note on the grid.")


class ImportedComposition(BaseModel):
    """A piece taken from a file, and what was found there."""

    report: FileReport
    composition: CompositionView


class NewTitle(_Body):
    title: Annotated[Title, Field(min_length=1)]


class Sharing(_Body):
    shared: bool = Field(description="True makes a link, false takes it back.")


def tune_view(tune: Tune) -> TuneView:
    """The tune as the pages show it."""
    return TuneView(id=tune.id, title=tune.title, origin=tune.origin, metre=f"{tune.metre[0]}/{tune.metre[1]}",
                    bpm=tune.bpm, composition=tune_piece(tune))
