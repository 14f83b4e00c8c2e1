"""Every hyperparameter of the vision studio, declared once.

Form, command line, validation and documentation are made from these fields. ``more`` and ``less`` tell a learner what
turning the knob does.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from trivium.core.knob import knob
from trivium.vision.tuning.config import FineTuneConfig


class HeadConfig(BaseModel):
    """The light head: a multinomial logistic regression on the backbone's features."""

    model_config = ConfigDict(extra="forbid")

    l2: float = Field(
        100.0, ge=0.0, le=1e6, title="Weight decay",
        description="Weight of the squared size of the head's numbers beside the summed loss of all photos.",
        json_schema_extra=knob("learning", "simpler, safer with few photos", "fits the photos closer, may memorise"))
    class_weights: bool = Field(
        True, title="Balance classes",
        description="Count each class as much as any other, however many photos it has.",
        json_schema_extra=knob("learning"))


class TrainConfig(BaseModel):
    """A training of the vision studio: a head on the pretrained backbone's features, and fine-tuning if asked."""

    model_config = ConfigDict(extra="forbid")

    folds: int = Field(
        5, ge=2, le=20, title="Folds",
        description="The photos are split into so many parts; each is judged by a head that learned from the others.",
        json_schema_extra=knob("evaluation", "heads learn from more photos, slower", "quicker, a bit pessimistic"))
    head: HeadConfig = Field(
        default_factory=HeadConfig, title="Head", description="How the head learns.",
        json_schema_extra=knob("learning"))
    unknown_folds: int = Field(
        1, ge=0, le=20, title="Folds for unknown things",
        description="How often something unknown passes for known is measured by leaving out each class in turn, in so "
                    "many folds; 0 does not measure it.",
        json_schema_extra=knob("evaluation", "steadier figure, slower", "quicker", advanced=True))
    fine_tune: FineTuneConfig = Field(
        default_factory=FineTuneConfig, title="Fine-tuning",
        description="Whether the later stages of the backbone learn as well, and how.",
        json_schema_extra=knob("fine-tuning"))
