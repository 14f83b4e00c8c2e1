"""What a project on a device watches, and what it does about it."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from trivium.core.refusals import plain_message
from trivium.errors import BadConfig
from trivium.vision.events.addresses import masked, restored
from trivium.vision.events.mqtt import MqttConfig
from trivium.vision.events.rules import Rule
from trivium.vision.stream.address import network
from trivium.vision.stream.config import WatchConfig

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")  # of a project on a device
VERSION = "[0-9a-f]{6,64}"  # of a model
KEPT = 5  # earlier versions


class Setup(BaseModel):
    """What a project on a device watches, and what it does about it."""

    model_config = ConfigDict(extra="forbid")

    source: str = Field("demo", max_length=2000, title="Source", description="What it watches: demo, usb:0, rtsp://, "
                        "a video or a folder.")
    config: WatchConfig = Field(default_factory=WatchConfig, title="Watching", description="How it watches.")
    rules: list[Rule] = Field(default_factory=list, max_length=100, title="Rules", description="What to do when.")
    mqtt: MqttConfig | None = Field(None, title="MQTT", description="Where events are published, if anywhere.")
    every_frame: bool = Field(False, title="Keep every frame", description="Deliver each frame's event to the studio's "
                              "database, not only what settles.")
    enabled: bool = Field(True, title="On", description="Whether it watches.")

    @field_validator("source")
    @classmethod
    def _may_be_called(cls, source: str) -> str:
        """A camera's address is judged here as far as it can be; the device judges where its name leads."""
        if "://" in source:
            try:
                network(source)
            except BadConfig as error:
                raise ValueError(f"{error.message} {error.hint}") from None
        return source

    def shown(self) -> Setup:
        """As pages and commands show it: no password."""
        return self._with(masked(self.source), masked(self.mqtt.url) if self.mqtt else None)

    def restored(self, before: Setup) -> Setup:
        """What comes back from where it was shown, with the passwords that `before` has."""
        broker = restored(self.mqtt.url, before.mqtt.url if before.mqtt else "") if self.mqtt else None
        return self._with(restored(self.source, before.source), broker)

    def _with(self, source: str, broker: str | None) -> Setup:
        mqtt = self.mqtt and self.mqtt.model_copy(update={"url": broker})
        return self.model_copy(update={"source": source, "mqtt": mqtt})


def parse_setup(values: Any) -> Setup:
    """A setup from JSON; BadConfig says which field is wrong."""
    try:
        return Setup.model_validate(values)
    except ValidationError as error:
        rows = [{"field": ".".join(str(part) for part in problem["loc"]), "message": plain_message(problem)}
                for problem in error.errors(include_url=False)]
        raise BadConfig(f"{rows[0]['field']}: {rows[0]['message']}", "Correct it and try again.", rows) from None
