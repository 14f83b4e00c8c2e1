"""The settings of the GAN technique, declared once: its controls while composing, its networks and their learning."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from trivium.core.knob import knob
from trivium.music.presets import Preset
from trivium.music.region import FirstBar, LastBar, PartId, check_bars

Track = Annotated[int, Field(ge=1, le=3)]
Program = Annotated[int, Field(ge=0, le=127)]


class GanControls(BaseModel):
    """GAN, the network that accompanies a melody: what it writes, how much, and where."""

    model_config = ConfigDict(extra="forbid")

    creative_risk: float = Field(
        1.0, ge=0.0, le=3.0, title="Creative risk",
        description="How much chance has a say in the accompaniment; 0 gives the same one for every seed.",
        json_schema_extra=knob("creativity", "more surprises, more wrong notes", "safer, always alike"))
    density: float = Field(
        1.0, ge=0.0, le=3.0, title="Note density",
        description="How many notes are written, as a multiple of what the model would write.",
        json_schema_extra=knob("creativity", "fuller chords", "sparser"))
    melody: PartId | None = Field(
        None, title="Melody", description="The part that is accompanied; empty: the one that lies highest.",
        json_schema_extra=knob("parts"))
    tracks: list[Track] = Field(
        [1, 2, 3], min_length=1, max_length=3, title="Tracks",
        description="Which accompaniment tracks of the model are written, from 1, the highest, to 3, the lowest.",
        json_schema_extra=knob("parts"))
    programs: list[Program | None] | None = Field(
        None, max_length=3, title="Instruments",
        description="Who plays track 1, 2 and 3, as General MIDI programs (0 to 127), where a part is new; empty: as "
                    "the model has it.",
        json_schema_extra=knob("parts", picks="program"))
    first_bar: FirstBar = None
    last_bar: LastBar = None

    @model_validator(mode="after")
    def _fits(self) -> GanControls:
        check_bars(self.first_bar, self.last_bar)
        if len(set(self.tracks)) != len(self.tracks):
            raise ValueError("a track is named twice")
        return self


PRESETS = (
    Preset("gentle", "Gentle", "A sparse accompaniment with the likely notes.",
           {"creative_risk": 0.5, "density": 0.7}),
    Preset("balanced", "Balanced", "As full and as free as the music that the model learned from."),
    Preset("bold", "Bold", "Fuller chords, and notes that surprise.", {"creative_risk": 1.8, "density": 1.4}),
)


class GanConfig(BaseModel):
    """The GAN: its size, and how generator and critic learn from each other (WGAN-GP, arXiv 1704.00028)."""

    model_config = ConfigDict(extra="forbid")

    width: int = Field(
        192, ge=8, le=1024, multiple_of=4, title="Width",
        description="Numbers with which the generator describes a beat; a multiple of 4.",
        json_schema_extra=knob("network", "can learn more, slower", "faster, learns less"))
    critic_width: int = Field(
        128, ge=8, le=1024, title="Critic's width", description="Numbers with which the critic describes a beat.",
        json_schema_extra=knob("network", "a sharper judge, slower", "faster, is fooled sooner", advanced=True))
    noise: int = Field(
        32, ge=1, le=256, title="Noise", description="Random numbers of which an accompaniment is made.",
        json_schema_extra=knob("network", "accompaniments may differ more", "more alike", advanced=True))
    epochs: int = Field(
        40, ge=1, le=10_000, title="Epochs",
        description="Rounds of learning; each ends with an evaluation and samples.",
        json_schema_extra=knob("learning", "learns more, takes longer", "done sooner"))
    updates_per_epoch: int = Field(
        50, ge=1, le=10_000, title="Updates an epoch", description="Updates of the generator in each epoch.",
        json_schema_extra=knob("learning", "fewer evaluations", "finer curve", advanced=True))
    lr: float = Field(
        1e-3, gt=0.0, le=0.1, title="Learning rate", description="Step size of Adam, of both networks.",
        json_schema_extra=knob("learning", "learns faster, may fail", "steadier, slower"))
    n_critic: int = Field(
        2, ge=1, le=20, title="Update ratio", description="Updates of the critic for each one of the generator.",
        json_schema_extra=knob("learning", "a better judge, slower", "faster, the judge may lag behind"))
    gradient_penalty: float = Field(
        10.0, ge=0.0, le=1000.0, title="Gradient penalty",
        description="How strongly the critic's gradient is held at 1, which keeps it from judging in leaps.",
        json_schema_extra=knob("learning", "a smoother judge, slower", "a rougher judge, may fail", advanced=True))
    likeness: float = Field(
        0.5, ge=0.0, le=100.0, title="Likeness",
        description="How much the generator also strives for the very notes of the pieces (pix2pix); 0: not at all.",
        json_schema_extra=knob("learning", "learns sooner, more alike", "freer"))
    warm_up_percent: float = Field(
        30.0, ge=0.0, le=100.0, title="Warm-up",
        description="Share of the updates in which likeness alone teaches the generator, before the critic joins in.",
        json_schema_extra=knob("learning", "quicker, the critic has less to say", "all by the critic", "%"))
    batch_clips: int = Field(
        16, ge=1, le=1024, title="Clips a batch", description="Clips of two bars that an update looks at.",
        json_schema_extra=knob("learning", "steadier, slower updates", "quicker, noisier updates", advanced=True))
    given_percent: float = Field(
        60.0, ge=0.0, le=95.0, title="Given beginnings",
        description="How often a clip's beginning is given, as it is when a longer piece is written bar by bar.",
        json_schema_extra=knob("learning", "smoother joins", "better first bars", "%", advanced=True))
    average: float = Field(
        0.99, ge=0.0, lt=1.0, title="Weight averaging",
        description="Share of the old average that each update keeps; the averaged generator is what is used.",
        json_schema_extra=knob("learning", "smoother, follows later", "follows sooner", advanced=True))

    @property
    def updates(self) -> int:
        """Updates of the generator in all."""
        return self.epochs * self.updates_per_epoch
