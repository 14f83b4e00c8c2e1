"""The settings of a segmentation model's training."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from trivium.core.knob import knob
from trivium.vision.detection.config import DetectLearnConfig, ViewConfig


class SegmentLearnConfig(DetectLearnConfig):
    """How the model learns."""

    updates: int = Field(
        400, ge=1, le=100_000, title="Updates", description="How often the weights are changed.",
        json_schema_extra=knob("learning", "learns more, takes longer", "done sooner"))
    channels: int = Field(
        64, ge=16, le=256, multiple_of=8, title="Channels", description="Width of the part that learns.",
        json_schema_extra=knob("learning", "can learn more, slower at work", "quicker", advanced=True))
    dice: float = Field(
        1.0, ge=0.0, le=10.0, title="Dice", description="How much the overlap of whole areas counts beside the single "
                                                        "pixels.",
        json_schema_extra=knob("learning", "small things count as much as large ones", "every pixel counts alike"))
    class_weights: bool = Field(
        False, title="Class weights", description="Count the pixels of rare classes for more than those of frequent "
                                                  "ones.",
        json_schema_extra=knob("learning"))
    patience: int = Field(
        0, ge=0, le=1000, title="Patience",
        description="Early stopping: keep a tenth of the photos aside to choose by, and stop after so many points of "
                    "the curve without a better one. 0 learns from all of them, to the end.",
        json_schema_extra=knob("learning", "waits longer", "stops sooner"))


class SegmentConfig(BaseModel):
    """A training of a segmentation model: a light decoder on the frozen backbone."""

    model_config = ConfigDict(extra="forbid")

    held_out: float = Field(
        0.2, ge=0.05, le=0.5, title="Held out",
        description="Share of the photos that is never learned from; the scores are of these.",
        json_schema_extra=knob("evaluation", "steadier scores, fewer photos to learn from", "more to learn from"))
    views: int = Field(
        4, ge=0, le=64, title="Views", description="Views of each photo that are made by augmentation, beside the "
                                                   "photo itself.",
        json_schema_extra=knob("learning", "memorises less, more to compute first", "begins sooner"))
    learn: SegmentLearnConfig = Field(
        default_factory=SegmentLearnConfig, title="Learning", description="How the model learns.",
        json_schema_extra=knob("learning"))
    augment: ViewConfig = Field(
        default_factory=ViewConfig, title="Augmentation", description="How further views of a photo are made.",
        json_schema_extra=knob("augmentation"))
