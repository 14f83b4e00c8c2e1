"""What pages and commands are shown of the broker."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from trivium.vision.broker.rights import LONGEST, is_filter
from trivium.vision.broker.settings import NAME


class BrokerAccount(BaseModel):
    """Who may come in; never a password."""

    name: str
    kind: Literal["device", "client"]
    read: list[str] = Field(description="Topics that it may subscribe to.")
    write: list[str] = Field(description="Topics that it may publish on.")
    here: bool = Field(description="Whether it is connected now.")


class Refusal(BaseModel):
    """Something that the broker refused."""

    account: str
    what: str
    count: int
    time: float = Field(description="When it did so last, in Unix seconds.")


class BrokerView(BaseModel):
    """The embedded broker."""

    on: bool
    port: int = Field(description="Where it is to listen.")
    state: Literal["off", "starting", "running", "failed"]
    message: str
    address: str | None = Field(description="Where clients find it.")
    messages: int = Field(description="Messages since it was started.")
    waiting: int = Field(description="Messages of devices that it is still to get.")
    accounts: list[BrokerAccount]
    refused: list[Refusal] = Field(description="Newest first.")


class BrokerSwitch(BaseModel):
    """Whether it is to run, and where."""

    model_config = ConfigDict(extra="forbid")

    on: bool
    port: int | None = Field(None, ge=1, le=65_535, description="Without it, as it was.")


class NewBrokerAccount(BaseModel):
    """An account for a program of one's own."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=NAME, description="Its user name.")
    read: list[str] | None = Field(None, max_length=50, description="What it may hear; without it everything that "
                                   "devices say.")
    write: list[str] | None = Field(None, max_length=50, description="What it may say; without it what lies below "
                                    "trivium/NAME.")

    def wrong(self) -> str | None:
        """The first topic that is none."""
        return next((each[:LONGEST] for each in [*(self.read or []), *(self.write or [])] if not is_filter(each)), None)


class MadeBrokerAccount(BaseModel):
    """An account that was made. The password is told this once."""

    name: str
    password: str
    address: str | None
    example: str = Field(description="A command to try it with.")
