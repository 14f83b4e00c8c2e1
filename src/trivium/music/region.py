"""Where a step of composing may change something, bars and parts: controls that every technique has."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from trivium.core.knob import knob

PartId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
FirstBar = Annotated[int | None, Field(
    ge=1, le=10_000, title="First bar", description="Nothing changes before this bar; empty: from the start.",
    json_schema_extra=knob("region", "changes less", "changes more"))]
LastBar = Annotated[int | None, Field(
    ge=1, le=10_000, title="Last bar", description="Nothing changes after this bar; empty: up to the end.",
    json_schema_extra=knob("region", "changes more", "changes less"))]


def check_bars(first: int | None, last: int | None) -> None:
    """ValueError where the first bar comes after the last one."""
    if first and last and first > last:
        raise ValueError(f"the first bar, {first}, comes after the last one, {last}")
