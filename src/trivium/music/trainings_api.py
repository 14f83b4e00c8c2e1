"""The routes of trainings: the schema of their settings, start one, and what it composed at its checkpoints."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from trivium.core.studio import parse_config
from trivium.core.views import Name, RunView
from trivium.music import STUDIO, samples
from trivium.music.api_state import Data, Index, RunId
from trivium.music.config import schema
from trivium.music.dataset import views as dataset_views
from trivium.music.dataset.views import SetName
from trivium.music.measure_names import named
from trivium.music.notes import Composition
from trivium.music.submit import submit_training

router = APIRouter(tags=["music"])



class MusicSettings(BaseModel):
    """The JSON Schema that the form is made from."""

    train: dict[str, Any]


class MusicTraining(BaseModel):
    """A training to start."""

    model_config = ConfigDict(extra="forbid")

    set: SetName
    name: Name | None = None
    config: dict[str, Any] = Field(default_factory=dict, description="As the schema says.")
    seed: Annotated[int, Field(ge=0, le=2**31 - 1, description="Same seed, same training.")] = 1
    device: Literal["cpu", "cuda", "mps", "auto"] = "cpu"


class MeasureRow(BaseModel):
    """How far the samples are from held-out pieces in one measure, beside the floor that real music has."""

    metric: str
    title: str
    unit: str
    meaning: str
    distance: float = Field(description="1-D Wasserstein distance, in the measure's own unit.")
    interval: tuple[float, float] = Field(description="Its 95 % interval, by bootstrap over pieces.")
    floor: float = Field(description="The same distance of training pieces: real music is this far from real music.")
    floor_interval: tuple[float, float] = Field(description="Drawn in the same number as the samples.")
    generated_mean: float
    held_out_mean: float
    generated_n: int
    held_out_n: int


class TrainingSamples(BaseModel):
    """At which updates a training has composed, and what it began with each time."""

    begins: list[Composition]
    given_ticks: int = Field(description="So much of each beginning is copied; notes before it are not the model's.")
    steps: list[int]


class TrainingSample(BaseModel):
    """What a training made of its beginnings at one update."""

    step: int
    pieces: list[Composition]
    measures: list[MeasureRow]




@router.get("/schema")
def get_music_settings() -> MusicSettings:
    """The settings of trainings: ranges, defaults, and what more and less of each does."""
    return MusicSettings(train=schema())


@router.post("/trainings", status_code=201)
def create_music_training(body: MusicTraining, index: Index, data: Data) -> RunView:
    """Make a training on a kept set and start it, at once or as soon as there is room."""
    config: Any = parse_config(STUDIO.configs["train"], body.config)
    dataset_views.card_of(body.set, data)  # a name, never a path
    run = index.create(
        STUDIO.id, "train", body.name and body.name.strip(),
        lambda name: submit_training(data, name, config, body.set, body.seed, device=body.device)[0],
        usual=f"{config.technique} {body.set}")
    return index.launch(run.id)


@router.get("/trainings/{run_id}/samples")
def list_training_samples(run_id: RunId, index: Index) -> TrainingSamples:
    """At which updates a training has composed; new ones come as sample events over the live stream."""
    folder = index.folder(run_id)
    known = samples.beginnings_of(folder)
    return TrainingSamples(begins=known["begins"], given_ticks=known["given_ticks"], steps=samples.steps_of(folder))


@router.get("/trainings/{run_id}/samples/{step}")
def get_training_sample(run_id: RunId, step: Annotated[int, Path(ge=0, le=2**53)], index: Index) -> TrainingSample:
    """What a training composed at one update, measured beside held-out pieces."""
    folder = index.folder(run_id)
    found = samples.sample_of(folder, step)
    return TrainingSample(step=step, pieces=found["pieces"],
                          measures=[row_view(row) for row in samples.compared(folder, step)])


def row_view(row: dict[str, Any]) -> MeasureRow:
    title, unit, meaning = named(row["metric"])
    return MeasureRow(title=title, unit=unit, meaning=meaning,
                      **{name: row[name] for name in MeasureRow.model_fields if name in row})
