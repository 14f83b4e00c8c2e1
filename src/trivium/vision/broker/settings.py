"""What a person has decided about the broker: whether it runs, its port, who may come in besides the devices."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from trivium.vision.broker.accounts import STUDIO

PORT = 1883
NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
EVERYTHING = ["trivium/#", "deeplens/#", "$aws/things/#"]
SHIPPED_OFF = "Off until somebody switches it on: a port that nobody asked for is a surprise."


class Client(BaseModel):
    """An account of somebody's own program: a script, Home Assistant, Node-RED."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=NAME, title="Name", description="Its user name.")
    hash: str = Field(pattern="^[0-9a-f]{64}$", title="Hash", description="The sha256 of its password.")
    read: list[str] = Field(default_factory=lambda: list(EVERYTHING), max_length=50, title="May hear",
                            description="Topics that it may subscribe to; + and # stand for any.")
    write: list[str] = Field(default_factory=list, max_length=50, title="May say",
                             description="Topics that it may publish on; + and # stand for any.")
    created_at: float = Field(0.0, title="Made", description="Unix seconds.")


class BrokerSettings(BaseModel):
    """The embedded broker."""

    model_config = ConfigDict(extra="forbid")

    on: bool = Field(False, title="On", description=SHIPPED_OFF)
    port: int = Field(PORT, ge=0, le=65_535, title="Port", description="Where it listens; 0 takes any free one.")
    clients: list[Client] = Field(default_factory=list, max_length=500, title="Accounts",
                                  description="Who may come in besides the devices.")

    def client(self, name: str) -> Client | None:
        """An account by its name."""
        return next((each for each in self.clients if each.name == name), None)


RESERVED = (STUDIO,)
