"""The routes of a detector's result: its figures at every threshold, and the held-out photos behind them."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from trivium.vision.api.state import Index, Limit, Offset, RunId

router = APIRouter(tags=["vision understanding"])

Interval = tuple[float, float]
Corners = tuple[float, float, float, float]
Threshold = Annotated[float | None, Query(ge=0, le=1, description="One for all classes; left out: the model's own.")]
BoxKind = Literal["hit", "confused", "loose", "double", "false"]
Shown = Literal["all", "wrong", "hits", "missed", "false", "confused"]
Class = Annotated[str | None, Query(max_length=100)]
AT_EACH = "At the thresholds 0, 0.01 ... 1."


class BoxClassScore(BaseModel):
    """How well the things of a class are found."""

    name: str
    n: int = Field(description="Boxes that people have drawn.")
    ap50: float | None
    interval: Interval | None = Field(description="95 %, of ap50.")
    ap50_95: float | None
    threshold: float = Field(description="The model's own.")
    said: list[int] = Field(description=f"Boxes that are as sure. {AT_EACH}")
    right: list[int] = Field(description=f"Those of them that hit. {AT_EACH}")
    said_own: int
    right_own: int
    precision_at: list[float] = Field(description="The best precision at recall 0, 0.01 ... 1; its mean is ap50.")


class BoxSizeScore(BaseModel):
    """How many things of a size are found: small ones are under 32 of the 320 pixels a side that the model looks at."""

    name: Literal["small", "medium", "large"]
    n: int
    right: list[int] = Field(description=f"Found. {AT_EACH}")
    right_own: int
    interval: Interval


class BoxScores(BaseModel):
    """How good a detector is on photos that it has not learned from."""

    project: str
    how: str
    map50: float
    interval: Interval
    map50_95: float
    interval_50_95: Interval
    n: int
    boxes: int
    classes: list[str]
    per_class: list[BoxClassScore]
    sizes: list[BoxSizeScore]
    threshold: float | None
    confusion: list[list[int]] = Field(description="Rows: what is drawn. Columns: what was said. The last of both is "
                                                   "the background: false alarms, and what was missed.")


class FoundBox(BaseModel):
    """A box that was found, and why it is there."""

    label: str
    confidence: float
    xyxy: Corners
    kind: BoxKind
    there: str | None = Field(description="The class that is drawn there.")


class DrawnBox(BaseModel):
    """A box that a person has drawn."""

    label: str
    xyxy: Corners
    found: bool
    said: str | None = Field(description="The other class that it was taken for.")


class BoxPhoto(BaseModel):
    """A held-out photo with what is drawn and what was found."""

    sha256: str
    name: str
    drawn: list[DrawnBox]
    found: list[FoundBox]


class BoxPhotoPage(BaseModel):
    total: int
    items: list[BoxPhoto]


@router.get("/trainings/{run_id}/box-scores")
def get_box_scores(run_id: RunId, index: Index, threshold: Threshold = None) -> BoxScores:
    """How good a detector is: average precision, counts at every threshold, sizes, and what is taken for what."""
    from trivium.vision.understand.boxes import box_scores

    return BoxScores.model_validate(box_scores(index.folder(run_id), threshold), extra="ignore")


@router.get("/trainings/{run_id}/box-photos")
def list_box_photos(run_id: RunId, index: Index, show: Shown = "wrong", label: Class = None, said: Class = None,
                    threshold: Threshold = None, offset: Offset = 0, limit: Limit = 24) -> BoxPhotoPage:
    """Held-out photos with the boxes that are drawn and those that were found, the worst first. `label` and `said`
    choose a cell of the table of confusions; an empty one is the background."""
    from trivium.vision.understand.boxes import box_photos

    rows = box_photos(index.folder(run_id), show, label, said, threshold)
    return BoxPhotoPage.model_validate({"total": len(rows), "items": rows[offset:offset + limit]}, extra="ignore")
