"""The settings of fine-tuning and of augmentation."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from trivium.core.knob import knob


class AugmentConfig(BaseModel):
    """How a photo is changed, by chance, into further views of the same thing."""

    model_config = ConfigDict(extra="forbid")

    mirror: bool = Field(
        True, title="Mirror", description="Show half of the views mirrored, left and right. Not where left and right "
                                          "matter, such as for letters or arrows.",
        json_schema_extra=knob("augmentation"))
    turn_deg: float = Field(
        20.0, ge=0.0, le=180.0, title="Turn", description="Turn views by up to so much, either way; 180 is any way up.",
        json_schema_extra=knob("augmentation", "knows things in any position", "upright stays upright", "degrees"))
    crop: float = Field(
        0.5, gt=0.0, le=1.0, title="Smallest crop", description="Smallest share of the photo that a view shows.",
        json_schema_extra=knob("augmentation", "always nearly the whole thing", "details and other distances too"))
    colour: float = Field(
        0.2, ge=0.0, le=1.0, title="Colour", description="Change brightness, contrast and colourfulness by up to this.",
        json_schema_extra=knob("augmentation", "minds other light less", "colours tell things apart"))


class FineTuneConfig(BaseModel):
    """Fine-tuning: slower than a head alone, and better where there are some hundred photos."""

    model_config = ConfigDict(extra="forbid")

    on: bool = Field(
        False, title="Fine-tune", description="Let the later stages of the backbone learn too, beginning with what the "
                                              "head has learned. Takes minutes instead of seconds.",
        json_schema_extra=knob("fine-tuning"))
    from_stage: int = Field(
        6, ge=4, le=7, title="First stage that learns",
        description="Of seven. What enters it is computed once for each view and kept.",
        json_schema_extra=knob("fine-tuning", "faster, stays closer to the pretrained network",
                               "more can change, slower and more memory", advanced=True))
    views: int = Field(
        4, ge=1, le=64, title="Views", description="Views of each photo that are made by augmentation, beside the "
                                                   "photo itself.",
        json_schema_extra=knob("fine-tuning", "memorises less, more to compute first", "begins sooner"))
    epochs: float = Field(
        4.0, gt=0.0, le=1000.0, title="Epochs", description="How often each photo is seen, in one view or another.",
        json_schema_extra=knob("fine-tuning", "learns more, takes longer", "done sooner"))
    batch: int = Field(
        32, ge=2, le=1024, title="Photos a batch", description="Photos that an update of the weights looks at.",
        json_schema_extra=knob("fine-tuning", "steadier, fewer updates", "more, noisier updates", advanced=True))
    lr: float = Field(
        5e-4, gt=0.0, le=0.1, title="Learning rate", description="The highest; it rises in a line and falls along half "
                                                                 "a cosine.",
        json_schema_extra=knob("fine-tuning", "learns faster, may fail", "steadier, slower"))
    weight_decay: float = Field(
        0.05, ge=0.0, le=2.0, title="Weight decay", description="How strongly weights are drawn towards zero.",
        json_schema_extra=knob("fine-tuning", "memorises less", "remembers more", advanced=True))
    class_weights: bool = Field(
        False, title="Balance classes",
        description="Count each class as much as any other while fine-tuning; costs some right answers in all.",
        json_schema_extra=knob("fine-tuning", advanced=True))
    label_smoothing: float = Field(
        0.1, ge=0.0, le=0.5, title="Label smoothing", description="Share of certainty that each label gives away to "
                                                                  "all classes.",
        json_schema_extra=knob("fine-tuning", "less sure of itself, minds wrong labels less", "sharper", advanced=True))
    mixup: float = Field(
        0.2, ge=0.0, le=2.0, title="Mixup",
        description="How evenly two photos are laid over each other while learning; 0 turns it off.",
        json_schema_extra=knob("fine-tuning", "memorises less", "closer to real photos", advanced=True))
    average: float = Field(
        0.99, ge=0.0, lt=1.0, title="Weight averaging",
        description="Share of the old average that each update keeps; the average is what is used.",
        json_schema_extra=knob("fine-tuning", "smoother, follows later", "follows sooner", advanced=True))
    patience: int = Field(
        0, ge=0, le=100, title="Early stopping",
        description="Keep a tenth of the photos aside and stop after so many epochs without a better score on them; "
                    "0 learns from all photos to the end.",
        json_schema_extra=knob("fine-tuning", "waits longer", "stops sooner", "epochs"))
    augment: AugmentConfig = Field(
        default_factory=AugmentConfig, title="Augmentation", description="How further views of a photo are made.",
        json_schema_extra=knob("augmentation"))
