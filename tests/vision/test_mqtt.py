"""Publishing to real brokers, Mosquitto where there is one and ours: what arrives, what a device may not do, a broker
that goes."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import trivium.vision as vision
from trivium.errors import BadConfig
from trivium.vision.events import outside
from trivium.vision.events.mqtt import MqttConfig, Publisher, broker_of, level

from .brokers import Broker, Embedded, Mosquitto, Somebody
from .colours import bundle, film
from .test_devices import wait_for
from .test_rules import event

pytest.importorskip("paho.mqtt.client", reason='needs pip install "trivium[mqtt]"')


@pytest.fixture(params=[Mosquitto, Embedded])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    found = request.param(tmp_path)
    yield found
    found.stop()


class Listener(Somebody):
    """Hears everything."""

    def __init__(self, broker: Broker) -> None:
        super().__init__(broker, "studio", "trivium/#", "$aws/#", "deeplens/#")

    def rows(self, topic: str) -> list[Any]:
        return [json.loads(text) for text in self.on(topic)]


@pytest.fixture
def listener(broker: Broker) -> Iterator[Listener]:
    found = Listener(broker)
    yield found
    found.close()


def test_events_rules_and_the_old_payload_arrive(broker: Broker, listener: Listener, tmp_path: Path) -> None:
    shown = film(tmp_path / "film.mp4", ["red"] * 5 + ["blue"] * 5, fps=10)
    rules = [{"name": "blue", "label": "blue", "then": [{"kind": "mqtt", "topic": "alarm"}]}]
    vision.watch(bundle(tmp_path / "b.zip"), shown, rules=rules, device="kitchen",
                 mqtt={"url": broker.url("kitchen"), "deeplens": True})
    wait_for(lambda: ("trivium/kitchen/available", "offline") in listener.heard)
    settled = listener.rows("trivium/kitchen/colours/events")
    assert [(row["settled"]["label"], row["frame"]) for row in settled] == [("red", 2), ("blue", 7)]
    (alarm,) = listener.rows("trivium/kitchen/colours/alarm")
    assert alarm["rule"] == "blue" and alarm["event"]["frame"] == 7
    old = listener.rows("$aws/things/kitchen/infer")
    assert len(old) == 10 == len(listener.rows("deeplens/kitchen/infer"))
    assert max(old[0], key=old[0].get) == "red" and sum(old[0].values()) == pytest.approx(1.0, abs=1e-4)


def test_a_device_cannot_speak_for_another_and_a_wrong_password_is_nobody(broker: Broker, listener: Listener) -> None:
    posing = Publisher(MqttConfig(url=broker.url("kitchen")), "cellar")
    wrong = Publisher(MqttConfig(url=broker.url("cellar", "guess")), "cellar")
    honest = Publisher(MqttConfig(url=broker.url("cellar")), "cellar")
    try:
        assert posing.connected.wait(30) and honest.connected.wait(30)
        for publisher in (posing, wrong, honest):
            publisher.config.every_frame = True
            publisher.see(event(1.0, frame=[posing, wrong, honest].index(publisher)))
        wait_for(lambda: listener.rows("trivium/cellar/p/events"))
        assert not wrong.connected.is_set()
    finally:
        for publisher in (posing, wrong, honest):
            publisher.close()
    assert [row["frame"] for row in listener.rows("trivium/cellar/p/events")] == [2]


def test_a_broker_that_was_away_is_found_again(broker: Broker, listener: Listener) -> None:
    publisher = Publisher(MqttConfig(url=broker.url("kitchen"), every_frame=True), "kitchen")
    try:
        assert publisher.connected.wait(30)
        publisher.see(event(1.0, frame=1))
        wait_for(lambda: listener.rows("trivium/kitchen/p/events"))
        broker.stop()
        listener.ready.clear()
        wait_for(lambda: not publisher.connected.is_set())
        for frame in range(2, 12):
            publisher.see(event(1.0, frame=frame))
        broker.start()
        assert publisher.connected.wait(60)
        wait_for(lambda: listener.ready.is_set())
        publisher.see(event(1.0, frame=12))
        wait_for(lambda: 12 in [row["frame"] for row in listener.rows("trivium/kitchen/p/events")])
    finally:
        publisher.close()


def test_where_a_broker_leads_is_judged_before_each_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[Any] = []
    monkeypatch.setattr(outside.socket, "create_connection", lambda *a, **k: called.append(a))
    monkeypatch.setattr(outside.socket, "getaddrinfo", lambda *a, flags=0, **k:
                        [(0, 0, 0, "", ("169.254.169.254", 0))] if not flags else (_ for _ in ()).throw(OSError()))
    tried = threading.Event()
    monkeypatch.setattr(Publisher, "_judge", lambda self, *rest, judge=Publisher._judge: (tried.set(), judge(self)))
    publisher = Publisher(MqttConfig(url="mqtt://broker.example"), "kitchen")
    try:
        assert tried.wait(30)
        with pytest.raises(ConnectionRefusedError, match="never called"):
            publisher._judge()
    finally:
        publisher.close()
    assert called == []


def test_names_cannot_lead_to_other_topics() -> None:
    assert level("../#/+ $SYS") == ".." + 6 * "_" + "SYS"
    for character in "/#+\0 ":
        assert character not in level(f"a{character}b")
    with pytest.raises(BadConfig):
        broker_of("http://example.org")
    assert broker_of("mqtts://u:p%40ss@h") == ("h", 8883, True, "u", "p@ss")
