"""The route on which rules are tried out: what they would have done with what a page has seen. Nothing is sent."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from trivium.vision.at_work import try_rules
from trivium.vision.events.event import Event
from trivium.vision.events.rules import Rule, Rules

router = APIRouter(tags=["vision watching"])
MOST_EVENTS, CAP_BYTES = 2000, 4_000_000


class RulesTrial(BaseModel):
    """Rules, and the events to try them on, the oldest first."""

    model_config = ConfigDict(extra="forbid")

    rules: list[Rule] = Field(max_length=100)
    events: list[Event] = Field(max_length=MOST_EVENTS)


class RuleFired(BaseModel):
    """A rule that would have come true."""

    rule: str
    lasted_s: float = Field(description="How long it had been so.")
    event: Event = Field(description="With which event.")
    then: list[dict[str, Any]] = Field(description="What would have been done.")


@router.post("/rules:try", openapi_extra={"x-max-bytes": CAP_BYTES})
def try_vision_rules(body: RulesTrial) -> list[RuleFired]:
    """What rules would have done with these events."""
    return [RuleFired.model_validate(row, extra="ignore")
            for row in try_rules(Rules(rules=body.rules).model_dump(), body.events)]
