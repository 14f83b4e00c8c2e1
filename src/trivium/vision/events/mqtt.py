"""Events over MQTT, to any broker of version 3.1.1 or 5: Mosquitto, Home Assistant's, a cloud's.

    PREFIX/DEVICE/available               online, or offline (the broker says so by itself when the device is gone)
    PREFIX/DEVICE/PROJECT/events          the typed event, when something settles
    PREFIX/DEVICE/PROJECT/rules           a rule that came true
    PREFIX/DEVICE/PROJECT/TOPIC           where a rule names a topic of its own
    $aws/things/DEVICE/infer              with deeplens: label to probability, as DeepLens functions published it;
    deeplens/DEVICE/infer                 the same on a plain topic, since `#` does not match those that begin with $

It is a convenience, not a delivery: what is said while the broker is away waits in memory, up to a thousand messages.
"""

from __future__ import annotations

import json
import re
import threading
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field

from trivium.errors import BadConfig, StudioError
from trivium.vision.events import outside
from trivium.vision.events.event import Event, deeplens_payload, deeplens_topic
from trivium.vision.events.rules import Firing, Message

MOST_WAITING = 1000
PORTS = {"mqtt": 1883, "mqtts": 8883}


class MqttConfig(BaseModel):
    """Where events are published."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(title="Broker", description="mqtt://HOST or mqtts://USER:PASSWORD@HOST:PORT.", max_length=1000)
    prefix: str = Field("trivium", title="Prefix", description="How every topic begins.", max_length=100,
                        pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$")
    every_frame: bool = Field(False, title="Every frame", description="Publish each frame's event, not only what "
                              "settles.")
    deeplens: bool = Field(False, title="As DeepLens did", description="Publish each frame's probabilities as DeepLens "
                           "functions did, too.")


class Publisher:
    """A connection to a broker, made again by itself whenever it is lost."""

    def __init__(self, config: MqttConfig, device: str) -> None:
        try:
            from paho.mqtt.client import Client, MQTTv311
            from paho.mqtt.enums import CallbackAPIVersion
        except ImportError:
            raise StudioError("Publishing over MQTT needs a library that is not here.",
                              'Install it: pip install "trivium[mqtt]"') from None
        host, port, secure, user, password = broker_of(config.url)
        self.config, self.device, self.connected = config, level(device), threading.Event()
        self.client: Any = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv311)
        self.client.max_queued_messages_set(MOST_WAITING)
        self.client.reconnect_delay_set(1, 30)
        self.client.will_set(self.topic("available"), "offline", 1, True)
        if user is not None:
            self.client.username_pw_set(user, password)
        if secure:
            self.client.tls_set()
        self.host, self.port = host, port
        self.client.on_pre_connect = self._judge
        self.client.on_connect = self._on_connect
        self.client.on_disconnect = lambda *_: self.connected.clear()
        self.client.connect_async(host, port, keepalive=30)
        self.client.loop_start()

    def _judge(self, *_: Any) -> None:
        """Before each connection; an OSError counts as one that failed, and is tried again."""
        try:
            outside.looked_up(self.host, self.port, True)
        except StudioError as error:
            raise ConnectionRefusedError(error.message) from None

    def _on_connect(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if not reason.is_failure:
            self.connected.set()
            self.client.publish(self.topic("available"), "online", 1, True)

    def topic(self, *levels: str) -> str:
        """A topic of this device's."""
        return "/".join((self.config.prefix, self.device, *levels))

    def see(self, event: Event) -> None:
        """Publish a frame's event, where it is to be."""
        if self.config.every_frame or (event.settled and event.settled.new):
            self.client.publish(self.topic(level(event.project), "events"), event.line(), 1)
        if self.config.deeplens:
            payload = json.dumps(deeplens_payload(event))
            for topic in (deeplens_topic(self.device), f"deeplens/{self.device}/infer"):
                self.client.publish(topic, payload, 0)

    def fire(self, firing: Firing) -> None:
        """Publish a rule that came true, to the topics that it names or the one for rules."""
        own = [action.topic for action in firing.rule.then if isinstance(action, Message)]
        for name in own or ["rules"]:
            self.client.publish(self.topic(level(firing.event.project), name), json.dumps(firing.body()), 1)

    def say(self, topic: str, payload: bytes) -> None:
        """Publish what a function says, on the topic that it names; one that no broker takes is passed over."""
        if 0 < len(topic) <= 500 and not {"+", "#", "\0"} & set(topic):
            self.client.publish(topic, payload, 0)

    def close(self, patience_s: float = 2.0) -> None:
        """Say goodbye, where somebody hears it."""
        if self.connected.is_set():
            said = self.client.publish(self.topic("available"), "offline", 1, True)
            said.wait_for_publish(patience_s)
        self.client.disconnect()
        self.client.loop_stop()


def broker_of(url: str) -> tuple[str, int, bool, str | None, str | None]:
    """(host, port, with TLS, user, password) of a broker's address."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = urlsplit(""), None, None
    if parts.scheme not in PORTS or not host:
        raise BadConfig("This is no address of an MQTT broker.", "It looks like mqtt://192.168.1.10.")
    outside.judge_written(host)
    user = None if parts.username is None else unquote(parts.username)
    return (host, port or PORTS[parts.scheme], parts.scheme == "mqtts", user,
            None if parts.password is None else unquote(parts.password))


def level(name: str) -> str:
    """A name as one level of a topic: nothing in it can reach another topic."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", name)[:64] or "_"
