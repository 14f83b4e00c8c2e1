"""The settings of a detector's training."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from trivium.core.knob import knob


class ViewConfig(BaseModel):
    """How photos are changed, by chance, into further views, and what is marked on them with them."""

    model_config = ConfigDict(extra="forbid")

    mirror: bool = Field(
        True, title="Mirror", description="Show half of the views mirrored, left and right. Not where left and right "
                                          "matter, such as for letters or arrows.",
        json_schema_extra=knob("augmentation"))
    zoom: float = Field(
        1.6, ge=1.0, le=4.0, title="Zoom", description="Show a photo up to so many times larger or smaller.",
        json_schema_extra=knob("augmentation", "knows things near and far", "things are always as far away", "times"))
    stretch: float = Field(
        1.4, ge=1.0, le=2.0, title="Stretch", description="Change the proportions of a view by up to this.",
        json_schema_extra=knob("augmentation", "minds the shape of the picture less", "proportions stay", "times",
                               advanced=True))
    colour: float = Field(
        0.25, ge=0.0, le=1.0, title="Colour", description="Change brightness, contrast and colourfulness by up to "
                                                          "this.",
        json_schema_extra=knob("augmentation", "minds other light less", "colours tell things apart"))


class DetectAugmentConfig(ViewConfig):
    """The same for boxes."""

    mosaic: float = Field(
        0.3, ge=0.0, le=1.0, title="Mosaics", description="Share of the views that are put together from four photos.",
        json_schema_extra=knob("augmentation", "smaller things, more surroundings", "more like real photos"))


class DetectLearnConfig(BaseModel):
    """How the detector learns."""

    model_config = ConfigDict(extra="forbid")

    updates: int = Field(
        500, ge=1, le=100_000, title="Updates", description="How often the weights are changed.",
        json_schema_extra=knob("learning", "learns more, takes longer", "done sooner"))
    batch: int = Field(
        16, ge=2, le=256, title="Photos a batch", description="Views that an update of the weights looks at.",
        json_schema_extra=knob("learning", "steadier, slower updates", "quicker, noisier updates", advanced=True))
    lr: float = Field(
        2e-3, gt=0.0, le=0.1, title="Learning rate", description="The highest; it rises in a line and falls along half "
                                                                 "a cosine.",
        json_schema_extra=knob("learning", "learns faster, may fail", "steadier, slower"))
    weight_decay: float = Field(
        0.05, ge=0.0, le=2.0, title="Weight decay", description="How strongly weights are drawn towards zero.",
        json_schema_extra=knob("learning", "memorises less", "remembers more", advanced=True))
    channels: int = Field(
        96, ge=16, le=256, multiple_of=8, title="Channels", description="Width of the part that learns.",
        json_schema_extra=knob("learning", "can learn more, slower at work", "quicker", advanced=True))
    average: float = Field(
        0.98, ge=0.0, lt=1.0, title="Weight averaging",
        description="Share of the old average that each update keeps; the average is what is used.",
        json_schema_extra=knob("learning", "smoother, follows later", "follows sooner", advanced=True))


class DetectConfig(BaseModel):
    """A training of a detector: an anchor-free head on the frozen backbone."""

    model_config = ConfigDict(extra="forbid")

    held_out: float = Field(
        0.2, ge=0.05, le=0.5, title="Held out",
        description="Share of the photos that is never learned from; the scores are of these.",
        json_schema_extra=knob("evaluation", "steadier scores, fewer photos to learn from", "more to learn from"))
    views: int = Field(
        6, ge=0, le=64, title="Views", description="Views of each photo that are made by augmentation, beside the "
                                                   "photo itself.",
        json_schema_extra=knob("learning", "memorises less, more to compute first", "begins sooner"))
    learn: DetectLearnConfig = Field(
        default_factory=DetectLearnConfig, title="Learning", description="How the detector learns.",
        json_schema_extra=knob("learning"))
    augment: DetectAugmentConfig = Field(
        default_factory=DetectAugmentConfig, title="Augmentation", description="How further views of a photo are made.",
        json_schema_extra=knob("augmentation"))
