"""What the API says about runs, as pydantic models; the web's types are generated from these."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from trivium.core.runfolder import MAX_NAME, NAME

RunState = Literal[
    "queued", "starting", "running", "stopping", "stopped", "succeeded", "failed", "interrupted"
]
RunKind = Literal["train", "evaluate"]
Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME, pattern=NAME.pattern)]
Point = tuple[int, float | None]


class Best(BaseModel):
    """The best value so far, and the step it was reached at."""

    metric: str
    value: float | None
    step: int


class Confinement(BaseModel):
    """How far the learner's code was locked in, in words that can be shown as they are."""

    level: Literal["full", "limits", "none"]
    text: str


class RunView(BaseModel):
    """One run, whichever studio made it."""

    id: str
    studio: str
    kind: str
    name: str
    parent: str | None = Field(description="The run this one was cloned from, or whose model it drives.")
    state: RunState
    reason: str | None = Field(description="Why it ended: one of a closed list, or null.")
    message: str | None
    hint: str | None
    detail: dict[str, Any] | None = Field(
        description="For an error in learner's code: line, step, parameters."
    )
    created_at: float
    started_at: float | None
    finished_at: float | None
    wall_s: float | None
    step: int
    progress: float | None = Field(description="0 to 1, or null where no end is known.")
    eta_s: float | None
    best: Best | None
    seed: int
    track: str | None
    config: dict[str, Any]
    confinement: Confinement | None
    has_model: bool


class RunPage(BaseModel):
    """A page of runs, newest first; ``next`` is the cursor of the page after it."""

    items: list[RunView]
    next: str | None


class RunMetrics(BaseModel):
    """Every metric's points, by rising step. A null value stands for NaN or infinity."""

    keys: list[str]
    rows: dict[str, list[Point]]


class _Event(BaseModel):
    model_config = ConfigDict(extra="allow")

    run: str
    id: int = Field(description="Rises by time within its run.")
    t: float = Field(description="Unix seconds.")


class MetricEvent(_Event):
    """The values of one step."""

    kind: Literal["metric"]
    step: int
    values: dict[str, float | None]


class StateEvent(_Event):
    """The run went into another state."""

    kind: Literal["state"]
    state: RunState
    reason: str | None = None
    message: str | None = None
    hint: str | None = None


class SampleEvent(_Event):
    """One example of what happens in the run, such as an episode."""

    kind: Literal["sample"]
    step: int | None = None
    name: str
    data: dict[str, JsonValue]


class LogEvent(_Event):
    """A line of text; ``print`` is what the learner's own code printed."""

    kind: Literal["log"]
    level: Literal["info", "warning", "error", "print"]
    step: int | None = None
    message: str


RunEvent = Annotated[MetricEvent | StateEvent | SampleEvent | LogEvent, Field(discriminator="kind")]


class EventList(BaseModel):
    items: list[RunEvent]


class ResetEvent(BaseModel):
    """Sent where the missed events can't be told one by one: fetch everything again."""

    kind: Literal["reset"] = "reset"
    run: str | None = None


LiveEvent = Annotated[
    MetricEvent | StateEvent | SampleEvent | LogEvent | ResetEvent, Field(discriminator="kind")
]


class RunFile(BaseModel):
    path: str = Field(description="Within the run's folder, with forward slashes.")
    size: int


class RunComparison(BaseModel):
    runs: list[RunView]
    metrics: dict[str, dict[str, list[Point]]]
