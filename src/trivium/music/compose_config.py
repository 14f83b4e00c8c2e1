"""The settings of one step of composing, whichever technique it is of."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from trivium.core.knob import knob
from trivium.music.arcnn.config import ArcnnControls
from trivium.music.gan.config import GanControls
from trivium.music.transformer.controls import TransformerControls


class ComposeConfig(BaseModel):
    """One step: a technique and its controls."""

    model_config = ConfigDict(extra="forbid")

    technique: Literal["arcnn", "transformer", "gan"] = Field(
        "arcnn", title="Technique", description="Which technique composes.", json_schema_extra=knob("technique"))
    arcnn: ArcnnControls = Field(default_factory=ArcnnControls, title="AR-CNN", description="Controls of the AR-CNN.",
                                 json_schema_extra=knob("technique"))
    transformer: TransformerControls = Field(
        default_factory=TransformerControls, title="Transformer", description="Controls of the Transformer.",
        json_schema_extra=knob("technique"))
    gan: GanControls = Field(default_factory=GanControls, title="GAN", description="Controls of the GAN.",
                             json_schema_extra=knob("technique"))

    @property
    def controls(self) -> Any:
        """The controls of the chosen technique."""
        return getattr(self, self.technique)
