"""The settings of a ready-made detector."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator

from trivium.core.knob import knob
from trivium.errors import StudioError
from trivium.vision.ready_made.nanodet import KINDS, PERSON, checked


class ReadyMadeConfig(BaseModel):
    """A detector that somebody else has trained, made ready to run."""

    model_config = ConfigDict(extra="forbid")

    finds: list[str] = Field(
        [PERSON], min_length=1, max_length=len(KINDS), title="Finds",
        description="The classes that it is to find: kinds of COCO, or other names that mean them.",
        json_schema_extra=knob("what it finds"))

    @field_validator("finds")
    @classmethod
    def knows(cls, finds: list[str]) -> list[str]:
        try:
            checked(finds)
        except StudioError as error:
            raise ValueError(f"{error.message} {error.hint}".strip()) from None
        return finds
