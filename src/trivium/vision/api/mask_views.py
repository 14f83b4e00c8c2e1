"""What the routes of masks give."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from trivium.vision.labels.masks import LabelledMask


class AreaView(BaseModel):
    """A class on a mask."""

    label: str
    share: float = Field(description="Of the mask's pixels.")


class MaskView(BaseModel):
    """What is on a mask, the largest first; nothing where all is background."""

    areas: list[AreaView]
    unlabelled: float = Field(description="The share of the pixels that nobody has said anything of.")


def mask_view(mask: LabelledMask | None) -> MaskView | None:
    """None where nobody has looked yet."""
    if mask is None:
        return None
    return MaskView(areas=[AreaView(label=label, share=share) for label, share in mask.shares().items()],
                    unlabelled=mask.unlabelled / mask.pixels)


class MaskBaseline(BaseModel):
    """What somebody would reach without a model."""

    name: str
    miou: float


class MaskClassScore(BaseModel):
    """How well one class is told."""

    name: str
    iou: float | None = Field(description="Intersection over union; null where it is on no photo.")
    interval: tuple[float, float] | None
    n: int = Field(description="Photos that show it.")
    area: float = Field(description="Its share of all pixels.")
    recall: float | None
    precision: float | None


class MaskEvaluation(BaseModel):
    """How good a segmentation model is on photos that it has not learned from."""

    project: str
    how: str
    miou: float = Field(description="The mean over the classes, background among them.")
    interval: tuple[float, float] | None
    n: int
    pixel_accuracy: float
    border_accuracy: float | None
    baseline: MaskBaseline
    classes: list[str]
    confusion: list[list[int]] = Field(description="Pixels. Rows: what is painted, background first. Columns: what the "
                                                   "model said.")
    per_class: list[MaskClassScore] = Field(description="Background first.")
    left_out: int | None = Field(description="Photos of another project that the model had learned from.")


def mask_evaluation_view(report: dict[str, Any]) -> MaskEvaluation:
    rows = [MaskClassScore(name=name, **row) for name, row in report["per_class"].items()]
    rest = {name: report.get(name) for name in MaskEvaluation.model_fields if name != "per_class"}
    return MaskEvaluation.model_validate({**rest, "per_class": rows})
