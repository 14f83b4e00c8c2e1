"""The typed event: what a model said of one frame, in the one form that every receiver gets.

JSON lines on disk, the database, webhooks, WebSocket and MQTT all carry this. Numbers are plain Python numbers, and
nothing hangs on a label being a key, so two objects of one class stay two.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class TopGuess(BaseModel):
    """A class and how likely it is."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    label: str
    probability: Share


Guess = TopGuess  # the pages' types have another Guess


class Box(BaseModel):
    """An object: its corners as shares of the frame, so that they fit a view of any size."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    label: str
    confidence: Share
    xyxy: tuple[float, float, float, float]


class Mask(BaseModel):
    """Where a class is, and the share of the frame that it covers."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    label: str
    share: Share
    png: str | None = Field(None, description="A PNG of one plane in base64, to be stretched over the frame: 255 where "
                                              "it is, else 0. None where the event would become too large.")


class Settled(BaseModel):
    """What the last frames agree on; `label` is None where they agree that the model does not know it."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    label: str | None
    share: Share = Field(description="The share of the last frames that say so.")
    frames: int = Field(ge=1, description="How many frames that are.")
    confidence: Share | None = Field(None, description="How likely they hold the label, in the mean.")
    since: float = Field(description="Since when: in Unix seconds, of a film in seconds from its beginning.")
    new: bool = Field(description="Whether it changed with this frame.")


class Event(BaseModel):
    """What a model said of one frame."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    kind: Literal["seen"] = "seen"
    id: str | None = Field(None, max_length=64, description="Its own, where a device said it: by it a repetition is "
                           "known.")
    time: float = Field(description="When the frame was taken, in Unix seconds.")
    frame: int = Field(ge=0, description="Counts the source's frames; a gap tells how many were passed over.")
    source: str
    time_s: float | None = Field(None, description="The frame's place in a film.")
    file: str | None = Field(None, description="The photo's name.")
    width: int
    height: int
    device: str
    project: str
    model: str = Field(description="The model's version: the beginning of its sha256.")
    task: str
    label: str | None = Field(None, description="What it is; None where the model does not know.")
    confidence: Share | None = None
    top: list[TopGuess] = Field(default_factory=list)
    boxes: list[Box] | None = None
    masks: list[Mask] | None = None
    counts: dict[str, int] | None = Field(None, description="Of a detector: how many of each class the last frames "
                                                            "show, in the median.")
    settled: Settled | None = Field(None, description="What the last frames agree on; None until enough were seen.")
    latency_ms: float = Field(ge=0.0, description="From the frame's arrival to this event.")

    def line(self) -> str:
        """One line of JSON."""
        return self.model_dump_json()


def deeplens_payload(event: Event) -> dict[str, float]:
    """The flat object that DeepLens functions published: label to probability."""
    return {guess.label: guess.probability for guess in event.top}


def deeplens_topic(thing: str) -> str:
    """Where they published it."""
    return f"$aws/things/{thing}/infer"


def plain(event: Event) -> dict[str, Any]:
    """The event as JSON that a database or a message holds."""
    return event.model_dump(mode="json")
