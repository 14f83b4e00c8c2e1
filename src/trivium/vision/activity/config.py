"""The settings of an activity model's training."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from trivium.core.knob import knob
from trivium.vision.activity.sampling import RATE


class ActivityAugmentConfig(BaseModel):
    """How clips are changed, by chance, each time they are learned from."""

    model_config = ConfigDict(extra="forbid")

    mirror: bool = Field(
        True, title="Mirror", description="Show half of the clips mirrored, left and right. Not where left and right "
                                          "matter, such as for turning to one side.",
        json_schema_extra=knob("augmentation"))
    speed: float = Field(
        1.25, ge=1.0, le=2.0, title="Speed", description="Play a clip up to so many times faster or slower.",
        json_schema_extra=knob("augmentation", "minds less how fast it is done", "speed tells classes apart", "times"))
    shift: int = Field(
        2, ge=0, le=5, title="Shift", description="Move the picture by up to so many fourteenths of its side.",
        json_schema_extra=knob("augmentation", "minds less where it is done", "place tells classes apart"))
    light: float = Field(
        0.2, ge=0.0, le=1.0, title="Light", description="Change contrast by up to this.",
        json_schema_extra=knob("augmentation", "minds other light less", "closer to the clips as they are"))


class ActivityLearnConfig(BaseModel):
    """How the temporal head learns."""

    model_config = ConfigDict(extra="forbid")

    updates: int = Field(
        400, ge=1, le=100_000, title="Updates", description="How often the weights are changed.",
        json_schema_extra=knob("learning", "learns more, takes longer", "done sooner"))
    batch: int = Field(
        16, ge=2, le=256, title="Clips a batch", description="Clips that an update of the weights looks at.",
        json_schema_extra=knob("learning", "steadier, slower updates", "quicker, noisier updates", advanced=True))
    lr: float = Field(
        3e-3, gt=0.0, le=0.1, title="Learning rate", description="The highest; it rises in a line and falls along half "
                                                                 "a cosine.",
        json_schema_extra=knob("learning", "learns faster, may fail", "steadier, slower"))
    weight_decay: float = Field(
        0.05, ge=0.0, le=2.0, title="Weight decay", description="How strongly weights are drawn towards zero.",
        json_schema_extra=knob("learning", "memorises less", "remembers more", advanced=True))
    class_weights: bool = Field(
        True, title="Balance classes",
        description="Count each class as much as any other, however many clips it has.",
        json_schema_extra=knob("learning"))
    channels: int = Field(
        48, ge=16, le=256, multiple_of=8, title="Channels", description="Width of the part that learns.",
        json_schema_extra=knob("learning", "can learn more, slower at work", "quicker", advanced=True))
    average: float = Field(
        0.98, ge=0.0, lt=1.0, title="Weight averaging",
        description="Share of the old average that each update keeps; the average is what is used.",
        json_schema_extra=knob("learning", "smoother, follows later", "follows sooner", advanced=True))


class ActivityConfig(BaseModel):
    """A training of an activity model: a temporal head on the frozen backbone's features of frames."""

    model_config = ConfigDict(extra="forbid")

    held_out: float = Field(
        0.25, ge=0.05, le=0.5, title="Held out",
        description="Share of the clips that is never learned from; the scores are of these. Clips of one video stay "
                    "together.",
        json_schema_extra=knob("evaluation", "steadier scores, fewer clips to learn from", "more to learn from"))
    window_s: float = Field(
        2.0, ge=0.5, le=8.0, multiple_of=1 / RATE, title="Window",
        description="How much of the past the model looks at.",
        json_schema_extra=knob("learning", "knows slower activities, reacts later", "reacts sooner", "s"))
    stride_s: float = Field(
        0.5, ge=1 / RATE, le=4.0, multiple_of=1 / RATE, title="Stride",
        description="How often it judges when it is at work.",
        json_schema_extra=knob("watching", "less work", "reacts sooner", "s"))
    learn: ActivityLearnConfig = Field(
        default_factory=ActivityLearnConfig, title="Learning", description="How the temporal head learns.",
        json_schema_extra=knob("learning"))
    augment: ActivityAugmentConfig = Field(
        default_factory=ActivityAugmentConfig, title="Augmentation", description="How clips are changed by chance.",
        json_schema_extra=knob("augmentation"))

    @property
    def window(self) -> int:
        """Moments of a window."""
        return round(self.window_s * RATE)

    @property
    def stride(self) -> int:
        """Moments from one judgement to the next."""
        return round(self.stride_s * RATE)
