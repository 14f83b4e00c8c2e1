"""How a source is watched: every setting, declared once."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from trivium.core.knob import knob


class WatchConfig(BaseModel):
    """Watching a camera, a film or a folder with a trained model."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    rate_fps: float | None = Field(
        None, gt=0.0, le=240.0, title="Frames a second",
        description="How often to look. Empty: a camera as often as the model manages, a film every frame.",
        json_schema_extra=knob("watching", "reacts sooner, works harder", "leaves more of the machine to others"))
    realtime: bool = Field(
        False, title="Real time",
        description="Play a film at its own speed, as a camera would show it, instead of as fast as it can be read.",
        json_schema_extra=knob("watching"))
    threshold: float | None = Field(
        None, ge=0.0, le=1.0, title="Least confidence",
        description="Below it the answer is \"I don't know\". Empty: the model's own, where it has one.",
        json_schema_extra=knob("watching", "fewer wrong names, more often \"I don't know\"", "always names something"))
    consensus_frames: int = Field(
        5, ge=1, le=100, title="Frames that vote",
        description="So many last frames decide together what is settled; at least three must have been seen.",
        json_schema_extra=knob("watching", "steadier, slower to change", "quicker, may flicker"))
    consensus_share: float = Field(
        0.6, ge=0.5, le=1.0, title="Share that must agree",
        description="So large a part of them must say the same.",
        json_schema_extra=knob("watching", "steadier", "quicker to change"))
    one_class: bool = Field(
        True, title="One class at one place",
        description="Where a detector says two classes at nearly the same place, only the surer one counts.",
        json_schema_extra=knob("watching", "nothing is counted twice", "both are told and counted"))
    top: int = Field(
        3, ge=1, le=100, title="Likeliest classes", description="So many guesses stand in an event.",
        json_schema_extra=knob("watching"))
