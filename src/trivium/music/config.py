"""Every hyperparameter of the music studio's trainings, declared once.

Form, command line, validation and documentation are made from these fields. ``more`` and ``less`` tell a learner what
turning the knob does.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from trivium.core.knob import knob
from trivium.music.arcnn.config import ArcnnConfig
from trivium.music.gan.config import GanConfig


class TransformerConfig(BaseModel):
    """The Transformer: its size, and how it learns."""

    model_config = ConfigDict(extra="forbid")

    width: int = Field(
        192, ge=32, le=1024, title="Width", description="Numbers that describe a moment; a multiple of the head width.",
        json_schema_extra=knob("network", "can learn more, slower, may memorise", "faster, learns less"))
    head_width: int = Field(
        32, ge=8, le=128, title="Head width", description="Numbers a head of attention; even.",
        json_schema_extra=knob("network", "fewer, sharper heads", "more, simpler heads", advanced=True))
    step_layers: int = Field(
        4, ge=1, le=24, title="Step layers", description="Layers that read the past, once a sixteenth.",
        json_schema_extra=knob("network", "understands longer patterns, slower", "faster, forgets structure"))
    cell_layers: int = Field(
        1, ge=1, le=8, title="Cell layers", description="Layers that choose each voice's note within a step.",
        json_schema_extra=knob("network", "voices fit each other better, slower", "faster"))
    look_back: bool = Field(
        False, title="Look back", description="Each voice asks the past again, knowing the voices above it.",
        json_schema_extra=knob("network", "a little better, a quarter slower", "faster", advanced=True))
    dropout: float = Field(
        0.3, ge=0.0, le=0.8, title="Dropout", description="Share of numbers hidden at random while learning.",
        json_schema_extra=knob("learning", "memorises less, learns slower", "learns faster, may memorise"))
    input_dropout: float = Field(
        0.1, ge=0.0, le=0.8, title="Input dropout",
        description="Share of the facts about the past (pitches, intervals, ages) dropped at random while learning.",
        json_schema_extra=knob("learning", "memorises less, learns slower", "learns faster, may memorise",
                               advanced=True))
    epochs: int = Field(
        40, ge=1, le=10_000, title="Epochs", description="Passes over the training pieces, each in a random key.",
        json_schema_extra=knob("learning", "learns more, takes longer", "done sooner"))
    batch_pieces: int = Field(
        4, ge=1, le=256, title="Pieces a batch", description="Whole pieces that an update of the weights looks at.",
        json_schema_extra=knob("learning", "steadier, fewer updates", "more, noisier updates", advanced=True))
    lr: float = Field(
        0.04, gt=0.0, le=1.0, title="Learning rate", description="Of the matrices, which learn with Muon.",
        json_schema_extra=knob("learning", "learns faster, may fail", "steadier, slower"))
    lr_adam: float = Field(
        4e-3, gt=0.0, le=0.1, title="Learning rate of the tables", description="Of all else, which learns with Adam.",
        json_schema_extra=knob("learning", "learns faster, may fail", "steadier, slower", advanced=True))
    weight_decay: float = Field(
        2.0, ge=0.0, le=10.0, title="Weight decay", description="How strongly weights are drawn towards zero.",
        json_schema_extra=knob("learning", "memorises less: good with few pieces", "remembers more", advanced=True))
    average: float = Field(
        0.998, ge=0.0, lt=1.0, title="Weight averaging",
        description="Share of the old average that each update keeps; the average is what is used.",
        json_schema_extra=knob("learning", "smoother, follows later", "follows sooner", advanced=True))
    transpose: bool = Field(
        True, title="Transpose", description="Learn each piece in every key that the voices can sing.",
        json_schema_extra=knob("learning"))
    evaluate_every: int = Field(
        5, ge=1, le=1000, title="Evaluate every", description="Epochs between evaluations on the held-out pieces.",
        json_schema_extra=knob("learning", "quicker overall", "finer curve", "epochs", advanced=True))

    @model_validator(mode="after")
    def _heads_fit(self) -> TransformerConfig:
        if self.width % self.head_width or self.head_width % 2:
            raise ValueError(f"width {self.width} must be a multiple of the head width {self.head_width}, and that "
                             "must be even")
        return self


class TrainConfig(BaseModel):
    """A training of the music studio."""

    model_config = ConfigDict(extra="forbid")

    technique: Literal["transformer", "arcnn", "gan"] = Field(
        "transformer", title="Technique", description="Which family of models learns.",
        json_schema_extra=knob("data"))
    max_minutes: float | None = Field(
        None, gt=0.0, le=1440.0, title="Time limit",
        description="Stop after this long; the schedule of the epochs is not squeezed into it.",
        json_schema_extra=knob("stop", unit="min"))
    transformer: TransformerConfig = Field(
        default_factory=TransformerConfig, title="Transformer", description="Size and learning of the Transformer.",
        json_schema_extra=knob("network"))
    arcnn: ArcnnConfig = Field(
        default_factory=ArcnnConfig, title="AR-CNN", description="Size and learning of the AR-CNN.",
        json_schema_extra=knob("network"))
    gan: GanConfig = Field(
        default_factory=GanConfig, title="GAN", description="Size and learning of the GAN.",
        json_schema_extra=knob("network"))


def schema() -> dict[str, Any]:
    """The JSON Schema that forms are made from."""
    return TrainConfig.model_json_schema()
