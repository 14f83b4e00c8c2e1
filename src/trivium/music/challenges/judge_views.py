"""What the judge says, as pages, commands and Python get it."""

from __future__ import annotations

from pydantic import BaseModel, Field


class JudgePart(BaseModel):
    """One part of the score."""

    id: str
    title: str
    score: float = Field(description="0 to 100: 0 as far from the style as dice, 100 as near as its own pieces.")
    distance: float | None = Field(description="Total variation from the style, 0 to 1; null: nothing to count.")
    near: float = Field(description="The distance of held-out pieces of the style, their median.")
    far: float = Field(description="The distance of pieces thrown by dice, their median.")
    says: str = Field(description="Where the piece differs most.")


class Judgement(BaseModel):
    """A piece's score, what it is made of, and what it cannot say."""

    version: int
    style: str = Field(description="What the piece is compared with.")
    score: float = Field(description="0 to 100, the mean of the parts.")
    parts: list[JudgePart]
    remarks: list[str] = Field(description="Worth knowing, not part of the score.")
    caveats: list[str] = Field(description="What the judge cannot hear.")
