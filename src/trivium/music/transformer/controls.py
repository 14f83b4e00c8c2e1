"""The controls of the Transformer technique, declared once: what it writes, how boldly, and where."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from trivium.core.knob import knob
from trivium.music.presets import Preset
from trivium.music.region import FirstBar, LastBar, PartId, check_bars

MAX_EXTENSION_S = 300.0


class TransformerControls(BaseModel):
    """Transformer, the network that writes in four voices: what it writes, how boldly, and where."""

    model_config = ConfigDict(extra="forbid")

    mode: Literal["extend", "regenerate", "harmonise"] = Field(
        "extend", title="What to write",
        description="Extend goes on after the end; regenerate writes bars or parts anew and keeps the rest; harmonise "
                    "adds the voices that are missing below a melody.",
        json_schema_extra=knob("task"))
    extension_s: float = Field(
        20.0, ge=0.0, le=MAX_EXTENSION_S, title="Track extension duration",
        description="Extend: how much is written after the end of the piece.",
        json_schema_extra=knob("task", "longer, may lose its way", "shorter, closer to the input", "s"))
    input_s: float | None = Field(
        None, ge=0.0, le=MAX_EXTENSION_S, title="Input duration",
        description="How much of the music before is listened to, counted from its end; empty: automatic, up to 16 "
                    "bars.",
        json_schema_extra=knob("task", "keeps to themes that lie further back", "goes its own way", "s"))
    accompaniment: bool = Field(
        False, title="Write accompaniment",
        description="Extend: write the voices that the piece does not have, too. They are thought of in any case, so "
                    "that a melody follows a harmony.",
        json_schema_extra=knob("task"))
    sampling: Literal["nucleus", "top-k"] = Field(
        "nucleus", title="Sampling technique",
        description="Nucleus draws among the likeliest notes that together reach a share; top-k among a fixed number.",
        json_schema_extra=knob("creativity"))
    top_p: float = Field(
        0.95, ge=0.0, le=1.0, title="Nucleus threshold",
        description="Nucleus: the share of the probability that the notes in the draw hold together.",
        json_schema_extra=knob("creativity", "unlikely notes may come, too", "safer, repeats itself"))
    top_k: int = Field(
        8, ge=0, le=309, title="Top-k threshold",
        description="Top-k: how many of the likeliest notes are in the draw; 0, or more than the 48 that there are: "
                    "all.",
        json_schema_extra=knob("creativity", "unlikely notes may come, too", "safer, repeats itself", "notes"))
    creative_risk: float = Field(
        0.95, ge=0.0, le=6.0, title="Creative risk",
        description="The softmax temperature with which each note is drawn; 0 always takes the likeliest.",
        json_schema_extra=knob("creativity", "more surprises, more wrong notes", "safer, more predictable"))
    keep_key: float = Field(
        0.5, ge=0.0, le=1.0, title="Keep to the key",
        description="How much less likely notes become that lie outside the scale of what is listened to; 0 leaves it "
                    "to the network, which wanders off sooner than Bach did.",
        json_schema_extra=knob("creativity", "stays in the key of the input", "modulates freely"))
    max_rest_s: float | None = Field(
        None, ge=0.0, le=60.0, title="Maximum rest time",
        description="The longest rest in what is written; empty: as long as it likes.",
        json_schema_extra=knob("rhythm", "more air", "fuller", "s"))
    max_note_s: float | None = Field(
        None, ge=0.05, le=60.0, title="Maximum note length",
        description="The longest note in what is written, though at least a sixteenth; empty: as long as it likes.",
        json_schema_extra=knob("rhythm", "calmer", "livelier", "s"))
    first_bar: FirstBar = Field(
        None, description="Regenerate and harmonise: nothing changes before this bar; empty: from the start.")
    last_bar: LastBar = Field(
        None, description="Regenerate and harmonise: nothing changes after this bar; empty: up to the end.")
    parts: list[PartId] | None = Field(
        None, max_length=64, title="Parts",
        description="Extend: the parts that go on; regenerate: the parts that are written anew; harmonise: the parts "
                    "that are listened to, of which the highest is the melody. Empty: all.",
        json_schema_extra=knob("region", advanced=True))

    @model_validator(mode="after")
    def _in_order(self) -> TransformerControls:
        check_bars(self.first_bar, self.last_bar)
        return self


PRESETS = (
    Preset("gentle", "Gentle", "Stays in the key and takes the likely way.",
           {"creative_risk": 0.8, "top_p": 0.9, "keep_key": 0.8}),
    Preset("balanced", "Balanced", "Goes on as the piece began, with a surprise now and then."),
    Preset("bold", "Bold", "Leaves the key when it likes, and takes unlikely turns.",
           {"creative_risk": 1.2, "top_p": 1.0, "keep_key": 0.2}),
)
