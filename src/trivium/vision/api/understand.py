"""The routes that ask a finished training why: what it looks at, what it takes for alike, whether more would help.

Each computes when it is asked, in seconds, and keeps nothing; the pages ask on a press.
"""

from __future__ import annotations

import base64
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from trivium.vision.api.state import Data, Index, RunId

router = APIRouter(tags=["vision understanding"])

Photo = Annotated[str, Query(pattern="^[0-9a-f]{64}$", description="A photo of the training, by its sha256.")]
Class = Annotated[str | None, Query(max_length=100)]
Interval = tuple[float, float]


class SaliencyView(BaseModel):
    """What a model looks at on a photo."""

    label: str = Field(description="The class that is asked about.")
    against: str | None
    logit: float = Field(description="The score of the class, which is the mean of the map.")
    map: list[list[float]] = Field(description="Each place's share of the score, row by row.")
    probabilities: dict[str, float]
    picture: str = Field(description="The map over the photo, a PNG in base64: warm for it, cool against.")
    how: str


class NeighbourView(BaseModel):
    """A photo that looks alike."""

    sha256: str
    name: str
    label: str
    cosine: float
    near_copy: bool


class NeighboursView(BaseModel):
    """The photos that a photo looks most like to the backbone."""

    photo: str
    label: str | None
    neighbours: list[NeighbourView]


class FewShotPoint(BaseModel):
    """How good a head is that has learned from so many photos of each class."""

    per_class: int
    accuracy: float
    interval: Interval
    draws: int
    n: int


class FewShotView(BaseModel):
    """Whether more photos would help."""

    points: list[FewShotPoint]
    photos: int = Field(description="All photos of the training.")
    accuracy: float = Field(description="With all of them.")
    interval: Interval
    chance: float = Field(description="By lot.")
    verdict: str
    how: str


class UnknownClassView(BaseModel):
    """How a model fares with a class that it has never seen."""

    unknown: str
    auroc: float
    false_accepts: float
    interval: Interval
    n: int


class UnknownView(BaseModel):
    """How well "I don't know" works: each class left out in turn."""

    auroc: float
    false_accepts: float = Field(description="The share of unknown things that pass for known.")
    true_accepts: float = Field(description="The share of known things that are named.")
    classes: list[UnknownClassView]
    how: str


@router.get("/trainings/{run_id}/saliency")
def get_saliency(run_id: RunId, index: Index, data: Data, photo: Photo, label: Class = None,
                 against: Class = None) -> SaliencyView:
    """What the model looks at on one of the training's photos."""
    from trivium.vision.understand.saliency import saliency

    found, picture = saliency(index.folder(run_id), photo, None, label, against, data)
    return SaliencyView.model_validate({**found, "picture": base64.b64encode(picture).decode()}, extra="ignore")


@router.get("/trainings/{run_id}/neighbours")
def list_neighbours(run_id: RunId, index: Index, photo: Photo,
                    count: Annotated[int, Query(ge=1, le=100)] = 12) -> NeighboursView:
    """The photos of the training that one of them looks most like."""
    from trivium.vision.understand.neighbours import neighbours

    return NeighboursView.model_validate(neighbours(index.folder(run_id), photo, count=count), extra="ignore")


@router.get("/trainings/{run_id}/few-shot")
def get_few_shot(run_id: RunId, index: Index, draws: Annotated[int, Query(ge=2, le=20)] = 5) -> FewShotView:
    """Would more photos help? The head taught again with 5, 10, 20, 50, 100 photos of each class."""
    from trivium.vision.understand.few_shot import few_shot

    found: dict[str, Any] = few_shot(index.folder(run_id), draws=draws)
    everything = {name: found["all"][name] for name in ("photos", "accuracy", "interval")}
    return FewShotView.model_validate({**found, **everything, "chance": found["baseline"]["accuracy"]}, extra="ignore")


@router.get("/trainings/{run_id}/unknown")
def get_unknown(run_id: RunId, index: Index, folds: Annotated[int, Query(ge=2, le=20)] = 5) -> UnknownView:
    """How often something unknown passes for known: each class left out in turn."""
    from trivium.vision.understand.unknown import unknown

    return UnknownView.model_validate(unknown(index.folder(run_id), folds), extra="ignore")
