"""What the routes of clips take and give."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from trivium.vision.activity.ranges import MOST_RANGES, LabelledRange
from trivium.vision.activity.strips import tile_count
from trivium.vision.project import Item

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class RangeView(BaseModel):
    """From when to when a video shows what."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    label: Annotated[str, Field(min_length=1, max_length=100)]
    start_s: Annotated[float, Field(ge=0.0)]
    end_s: float


class VideoView(BaseModel):
    """What a photo that is a video has beside."""

    duration_s: float
    tiles: int = Field(description="How many frames its strip holds, ten in a row.")
    ranges: list[RangeView] | None = Field(description="null where it has one class, or nobody has looked yet.")


class VideoRanges(BaseModel):
    """All ranges of a video; `version` is the one that was seen, left out where that doesn't matter."""

    model_config = ConfigDict(extra="forbid")

    ranges: Annotated[list[RangeView], Field(max_length=MOST_RANGES)] | None
    version: int | None = None


class SpanView(BaseModel):
    """What a model says that a film shows for a while."""

    label: str | None = Field(description="null where it does not know.")
    start_s: float
    end_s: float
    confidence: float = Field(description="How sure it was of the likeliest class, in the mean.")


class ClipVerdict(BaseModel):
    """What a film shows from when to when, without gaps, and frames of it to look at."""

    duration_s: float
    spans: list[SpanView]
    tiles: int = Field(description="How many frames the strip holds, ten in a row.")
    strip: str = Field(description="A JPEG in base64.")
    remarks: list[str] = Field(description="What is to be said of the file, a sentence each.")


def video_view(item: Item) -> VideoView | None:
    """None where it is a photo."""
    if not item.duration_s:
        return None
    return VideoView(duration_s=item.duration_s, tiles=tile_count(item.duration_s),
                     ranges=None if item.ranges is None else [
                         RangeView(label=each.label, start_s=each.start_s, end_s=each.end_s) for each in item.ranges])


def ranges_in(rows: list[RangeView] | None) -> list[LabelledRange] | None:
    """As they are kept."""
    return None if rows is None else [LabelledRange(row.label, row.start_s, row.end_s) for row in rows]
