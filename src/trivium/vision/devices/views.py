"""What passes between studio, pages and devices."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from trivium.core.spec import RUN_ID
from trivium.vision.devices.setup import NAME, VERSION, Setup
from trivium.vision.events.event import Event

MOST_COUNTED = 2**53  # what every reader of JSON can count to


class JoinCode(BaseModel):
    """A code for one device, once."""

    code: str
    expires_at: float = Field(description="Unix seconds.")
    command: str = Field(description="What to type on the other machine.")


class Joining(BaseModel):
    """What a machine says that wants to join."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(max_length=40)
    name: str = Field(min_length=1, max_length=100, description="What to call it.")


class Joined(BaseModel):
    """Who it is from now on. The credential is told this once."""

    id: str
    name: str
    credential: str


class ProjectOnDevice(BaseModel):
    """What a device is to run, and how it is."""

    project: str
    version: str
    previous: list[str]
    setup: Setup
    changed_at: float
    running: str | None = Field(description="The version that runs, as the device said last.")
    state: str | None = Field(description="How its source is.")
    message: str | None = None
    last: dict[str, Any] | None = Field(None, description="The last event.")


class ProjectReport(BaseModel):
    """How a project on a device is, as the device says. What it may not say is refused before it is kept."""

    model_config = ConfigDict(extra="forbid")

    project: str = Field(pattern=f"^{NAME.pattern}$")
    version: str | None = Field(None, pattern=f"^(|{VERSION})$", description="The version that runs.")
    state: str | None = Field(None, max_length=20)
    message: str | None = Field(None, max_length=500)
    last: Event | None = Field(None, description="The last event.")


class DeviceView(BaseModel):
    """A device."""

    id: str
    name: str
    created_at: float
    seen_at: float | None
    online: bool
    here: bool = Field(description="Whether it is the machine that the studio runs on.")
    trouble: str = Field("", description="Why the device that is this machine does not work, where it does not.")
    waiting: int = Field(description="Messages that it has not delivered yet.")
    dropped: int = Field(description="Messages that were lost because it was without network for too long.")
    projects: list[ProjectOnDevice]


class Wanted(BaseModel):
    """One project that a device is to run."""

    project: str
    version: str
    sha256: str
    setup: Setup
    previous: list[str] = Field(description="Versions that it may go back to, newest first: it keeps them.")


class Desired(BaseModel):
    """Everything that a device is to run."""

    projects: list[Wanted]
    mark: str = Field(description="Another one whenever anything of it is another; the device says it when it asks "
                                  "again, and waits until it no longer holds.")


class DeviceMessage(BaseModel):
    """A message of an outbox."""

    model_config = ConfigDict(extra="forbid")

    seq: int = Field(ge=1, le=MOST_COUNTED)
    body: dict[str, Any]


class Delivery(BaseModel):
    """What a device delivers: messages, and how its projects are."""

    model_config = ConfigDict(extra="forbid")

    epoch: str = Field(pattern=r"^[0-9a-f]{1,32}$")
    messages: list[DeviceMessage] = Field(max_length=1000)
    projects: list[ProjectReport] = Field(default_factory=list, max_length=100)
    waiting: int = Field(0, ge=0, le=MOST_COUNTED)
    dropped: int = Field(0, ge=0, le=MOST_COUNTED)


class Taken(BaseModel):
    """Up to which number everything has arrived."""

    acknowledged: int


class DeviceEvent(BaseModel):
    """Something that a device said."""

    device: str
    kind: str
    time: float
    project: str | None
    body: dict[str, Any]


class Deployment(BaseModel):
    """What to put on a device."""

    model_config = ConfigDict(extra="forbid")

    run: str = Field(pattern=RUN_ID, description="A training's id.")
    project: str | None = Field(None, max_length=64, description="Under which name; without it the model's project.")
    setup: Setup | None = Field(None, description="What to watch; without it what it watched before, or the demo.")
