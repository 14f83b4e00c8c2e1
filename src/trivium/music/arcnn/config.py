"""The settings of the AR-CNN technique, declared once: its controls while composing, its network and its learning."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator

from trivium.core.knob import knob
from trivium.music.presets import Preset
from trivium.music.region import FirstBar, LastBar, PartId, check_bars

MAX_ADDED = 5_000


class ArcnnControls(BaseModel):
    """AR-CNN, the network that adds and removes notes: how far it may go, and where."""

    model_config = ConfigDict(extra="forbid")

    creative_risk: float = Field(
        1.0, ge=0.5, le=6.0, title="Creative risk",
        description="The softmax temperature with which each edit is drawn.",
        json_schema_extra=knob("creativity", "more surprises, more wrong notes", "safer, closer to what it knows"))
    sampling_iterations: int = Field(
        100, ge=0, le=1000, title="Sampling iterations",
        description="Edits for every 8 bars; each adds, removes or resizes one note.",
        json_schema_extra=knob("creativity", "changes more, takes longer", "stays closer to the input", "edits"))
    max_removed_percent: float = Field(
        100.0, ge=0.0, le=100.0, title="Input notes to remove",
        description="At most this share of the notes that were there may go or change their length.",
        json_schema_extra=knob("budget", "may rewrite your melody", "keeps your melody", "%"))
    max_added_notes: int = Field(
        500, ge=0, le=MAX_ADDED, title="Notes to add", description="At most so many new notes in the whole piece.",
        json_schema_extra=knob("budget", "fuller", "sparser", "notes"))
    first_bar: FirstBar = None
    last_bar: LastBar = None
    lowest_pitch: int = Field(
        0, ge=0, le=127, title="Lowest pitch", description="MIDI pitch below which nothing changes; 60 is middle C.",
        json_schema_extra=knob("region", "leaves the low notes alone", "changes low notes too"))
    highest_pitch: int = Field(
        127, ge=0, le=127, title="Highest pitch", description="MIDI pitch above which nothing changes; 60 is middle C.",
        json_schema_extra=knob("region", "changes high notes too", "leaves the high notes alone"))
    parts: list[PartId] | None = Field(
        None, max_length=64, title="Parts", description="Only notes of these parts may go; empty: of all parts.",
        json_schema_extra=knob("region", advanced=True))
    clear_first: bool = Field(
        False, title="Clear first",
        description="Begin by removing what the region holds, as far as the share of notes to remove allows.",
        json_schema_extra=knob("region"))

    @model_validator(mode="after")
    def _in_order(self) -> ArcnnControls:
        check_bars(self.first_bar, self.last_bar)
        if self.lowest_pitch > self.highest_pitch:
            raise ValueError(f"the lowest pitch, {self.lowest_pitch}, is above the highest, {self.highest_pitch}")
        return self


PRESETS = (
    Preset("gentle", "Gentle", "Keeps every note of yours and adds a few.",
           {"creative_risk": 0.7, "sampling_iterations": 30, "max_removed_percent": 0.0}),
    Preset("balanced", "Balanced", "Adds a good deal, and may put a note of yours right."),
    Preset("bold", "Bold", "Adds and takes away freely, wrong notes included.",
           {"creative_risk": 2.0, "sampling_iterations": 200}),
)


class ArcnnConfig(BaseModel):
    """The AR-CNN: its size, and how it learns to mend music that was spoilt on purpose."""

    model_config = ConfigDict(extra="forbid")

    filters: int = Field(
        24, ge=4, le=128, title="Filters", description="Channels of the U-Net's widest level; deeper ones have more.",
        json_schema_extra=knob("network", "can learn more, slower", "faster, learns less"))
    levels: int = Field(
        4, ge=1, le=4, title="Levels", description="How often the U-Net halves bars and pitches, plus one.",
        json_schema_extra=knob("network", "sees longer phrases", "sees less, faster", advanced=True))
    dropout: float = Field(
        0.1, ge=0.0, le=0.8, title="Dropout", description="Share of channels hidden at random in the deep levels.",
        json_schema_extra=knob("learning", "memorises less, learns slower", "learns faster, may memorise"))
    lr: float = Field(
        1e-2, gt=0.0, le=0.1, title="Learning rate", description="Highest step size of AdamW; it rises, then falls.",
        json_schema_extra=knob("learning", "learns faster, may fail", "steadier, slower"))
    weight_decay: float = Field(
        0.01, ge=0.0, le=1.0, title="Weight decay", description="How strongly weights are drawn towards zero.",
        json_schema_extra=knob("learning", "memorises less", "remembers more", advanced=True))
    batch_windows: int = Field(
        32, ge=1, le=1024, title="Windows a batch", description="Windows of 8 bars that an update looks at.",
        json_schema_extra=knob("learning", "steadier, slower updates", "quicker, noisier updates", advanced=True))
    updates: int = Field(
        3000, ge=1, le=1_000_000, title="Updates", description="Steps of learning in all.",
        json_schema_extra=knob("learning", "learns more, takes longer", "done sooner"))
    max_wrong_percent: float = Field(
        30.0, ge=0.0, le=200.0, title="Wrong notes",
        description="At most so many wrong notes are put in, measured by the notes of the window; from none on.",
        json_schema_extra=knob("learning", "better at removing notes", "better at adding notes", "%"))
    keep_voice_percent: float = Field(
        50.0, ge=0.0, le=100.0, title="Kept melodies",
        description="How often one voice is kept whole and only the others are thinned, as when a melody comes in.",
        json_schema_extra=knob("learning", "better at accompanying a melody", "better at filling gaps", "%"))
    transpose: bool = Field(
        True, title="Transpose", description="Learn each window in another key each time.",
        json_schema_extra=knob("learning"))
    average: float = Field(
        0.998, ge=0.0, lt=1.0, title="Weight averaging",
        description="Share of the old average that each update keeps; the average is what is used.",
        json_schema_extra=knob("learning", "smoother, follows later", "follows sooner", advanced=True))
    evaluate_every: int = Field(
        200, ge=1, le=100_000, title="Evaluate every",
        description="Updates between evaluations on the held-out pieces.",
        json_schema_extra=knob("learning", "quicker overall", "finer curve", "updates", advanced=True))
