"""The studio's own two clients at its broker: one hears what devices say, one hands on what they said to the studio.

What is handed on counts as published once the studio itself has heard it from the broker: until then it stays in the
database, however often broker or studio end in between. Whoever subscribes tells a repetition by the event's `id`.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable
from queue import Full, Queue
from typing import Any

from trivium.errors import StudioError
from trivium.vision.broker.accounts import HEARS, HEARS_AS, STUDIO
from trivium.vision.broker.rights import MOST_BYTES
from trivium.vision.devices import dispatch
from trivium.vision.devices.registry import Registry
from trivium.vision.events.mqtt import level

LOOK_S, PATIENCE_S, PRESENCE_S = 0.2, 5.0, 5.0
SAYS_AS = "studio-out"
MOST_HEARD = 10_000


class Republisher:
    """Works as long as there is a broker."""

    def __init__(self, registry: Registry, host: str, port: Callable[[], int | None]) -> None:
        self.registry, self.host, self.port = registry, host, port
        self.heard: Queue[tuple[str, bytes]] = Queue(MOST_HEARD)
        self.awaited, self.came_back = set[str](), threading.Condition()
        self.clients: list[Any] = []
        self.at: int | None = None
        self.present: dict[str, bool] = {}
        self.looked_at = -PRESENCE_S
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=part, daemon=True, name=f"broker {part.__name__}")
                        for part in (self._work, self._keep)]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def _work(self) -> None:
        while not self.ended.wait(LOOK_S):
            with contextlib.suppress(StudioError, OSError):
                self._look()
        self._leave()

    def _look(self) -> None:
        port = self.port()
        if port != self.at:
            self._leave()
            self._enter(port)
        if self.clients and all(each.is_connected() for each in self.clients):
            self._announce()
            self.hand_on()

    def _enter(self, port: int | None) -> None:
        self.at, self.present = port, {}
        if port is None:
            return
        from paho.mqtt.client import Client, MQTTv311
        from paho.mqtt.enums import CallbackAPIVersion

        for name in (HEARS_AS, SAYS_AS):
            client: Any = Client(CallbackAPIVersion.VERSION2, name, clean_session=name == SAYS_AS, protocol=MQTTv311)
            client.username_pw_set(STUDIO, self.registry.broker.secret())
            client.reconnect_delay_set(1, 5)
            if name == HEARS_AS:
                client.on_connect = lambda client, *_: client.subscribe(HEARS, 1)
                client.on_message = self._hear
            client.connect_async(self.host, port, keepalive=30)
            client.loop_start()
            self.clients.append(client)

    def _leave(self) -> None:
        for client in self.clients:
            client.disconnect()
            client.loop_stop()
        self.clients = []

    def _hear(self, _client: Any, _data: Any, message: Any) -> None:
        """In the client's thread, which must not wait."""
        with contextlib.suppress(Full):
            self.heard.put_nowait((message.topic, message.payload))

    def _keep(self) -> None:
        """Keep what devices say; tell what came back."""
        while not self.ended.is_set():
            topic, payload = self.heard.get()
            key = _id_of(payload)
            with self.came_back:
                if key in self.awaited:
                    self.awaited.discard(key)
                    self.came_back.notify_all()
                    continue
            with contextlib.suppress(StudioError, OSError):
                dispatch.hear(self.registry, topic, payload)

    def hand_on(self) -> None:
        """Publish what waits, and wait until it is heard."""
        letters = dispatch.to_publish(self.registry)
        too_long = [each for each in letters if len(each.payload) > MOST_BYTES - 1000]
        sent = [each for each in letters if each not in too_long]
        if not letters:
            return
        with self.came_back:
            self.awaited = {each.key for each in sent}
        for each in sent:
            for topic in each.topics:
                self.clients[1].publish(topic, each.payload, 1)
        with self.came_back:
            self.came_back.wait_for(lambda: not self.awaited or self.ended.is_set(), PATIENCE_S)
            missing, self.awaited = self.awaited, set()
        if missing:
            self._leave()  # what is still under way with this client would come twice
            self.at = None
        done = [each for each in sent if each.key not in missing] + too_long
        if done:
            dispatch.published(self.registry, done)

    def _announce(self) -> None:
        """Say which devices are there."""
        if time.monotonic() - self.looked_at < PRESENCE_S:
            return
        self.looked_at = time.monotonic()
        now = {level(each.name): each.online for each in self.registry.devices()}
        for name, online in now.items():
            if self.present.get(name) != online:
                self.clients[1].publish(f"trivium/{name}/available", "online" if online else "offline", 1, True)
        self.present = now

    def close(self) -> None:
        self.ended.set()
        with self.came_back:
            self.came_back.notify_all()
        with contextlib.suppress(Full):
            self.heard.put_nowait(("", b""))  # it waits for something to keep
        for thread in self.threads:
            if thread.is_alive():
                thread.join(10.0)


def _id_of(payload: bytes) -> str:
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        return ""
    return str(found.get("id", "")) if isinstance(found, dict) else ""
