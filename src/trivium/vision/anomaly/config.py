"""Every hyperparameter of an anomaly model's training, declared once."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from trivium.core.knob import knob


class AnomalyConfig(BaseModel):
    """A training on good photos alone: what their patches look like is kept, and what is far from it is odd."""

    model_config = ConfigDict(extra="forbid")

    false_alarms: float = Field(
        0.05, ge=0.001, le=0.5, title="False alarms",
        description="The share of good photos that may be called odd; the threshold follows from it.",
        json_schema_extra=knob("learning", "finds more of what is odd, cries wolf more often", "cries wolf less often"))
    patches: int = Field(
        1000, ge=50, le=10_000, title="Patches kept",
        description="So many patches of the good photos are kept, chosen so that every other one is near to one.",
        json_schema_extra=knob("learning", "knows rarer looks of good things, slower", "faster, forgets rare looks"))
    worst: int = Field(
        4, ge=1, le=50, title="Worst patches",
        description="A photo is as odd as its so many oddest patches are in the mean, of 196.",
        json_schema_extra=knob("learning", "steadier, blind to small faults", "sees small faults, and noise",
                               advanced=True))
    folds: int = Field(
        4, ge=2, le=20, title="Folds",
        description="The good photos are split into so many parts; each is judged by what the others look like.",
        json_schema_extra=knob("evaluation", "knows more of the good photos when it judges, slower", "quicker"))
