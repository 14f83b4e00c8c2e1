"""The studio and its broker: what devices deliver is heard there, whatever ends in between; who may come in."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from tests.server.conftest import BASE, TestClient
from trivium.cli import main
from trivium.core.records import DeviceEventRecord
from trivium.server.app import create_app
from trivium.settings import Settings
from trivium.vision import STUDIO
from trivium.vision.api.devices import registry_of
from trivium.vision.broker import calls
from trivium.vision.devices.registry import Registry
from trivium.vision.devices.views import Delivery, Joined

from .brokers import Somebody, needs_amqtt, patiently
from .test_rules import event


class Place:
    """A studio with a broker at a port that the system gives it, and a device."""

    def __init__(self, client: Any, data: Path) -> None:
        self.client, self.data, self.registry = client, data, registry_of(client.app)
        self.handle = client.app.state.vision_broker
        calls.switched(self.registry, True, 0)
        self.device = self.join("kitchen")
        self.sent = 0
        patiently(lambda: self.handle.port)

    def join(self, name: str) -> Joined:
        registry: Registry = self.registry
        return registry.join(registry.new_code(BASE).code, name)

    @property
    def port(self) -> int:
        return int(patiently(lambda: self.handle.port))

    def deliver(self, *bodies: dict[str, Any]) -> None:
        """As the device's outbox does."""
        rows = [{"seq": self.sent + k + 1, "body": body} for k, body in enumerate(bodies)]
        self.sent += len(rows)
        self.registry.take(self.device.id, Delivery.model_validate({"epoch": "aa", "messages": rows}))

    def kept(self) -> list[str]:
        with self.registry.db.read() as session:
            return list(session.scalars(select(DeviceEventRecord.event_id)))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    needs_amqtt()
    app = create_app(Settings(data=tmp_path), (STUDIO,))
    with TestClient(app, base_url=BASE) as client:
        assert client.get(f"/?token={app.state.access.token}").status_code == 200
        yield Place(client, tmp_path)


def seen(key: str, **more: Any) -> dict[str, Any]:
    return {**event(time.time(), **more).model_dump(mode="json"), "id": key}


def test_what_a_device_delivers_is_heard_once_though_the_broker_dies(place: Place) -> None:
    made = place.client.post("/api/v1/vision/broker/accounts", json={"name": "script"}, headers={"Origin": BASE}).json()
    script = Somebody(place, "script", "trivium/#", password=made["password"], name="script", lasting=True)
    rule = {"kind": "rule", "rule": "full", "event": seen("of-the-rule"), "time": time.time(), "id": "rule-1",
            "then": [{"kind": "mqtt", "topic": "alarm"}]}
    try:
        place.deliver(seen("first"), rule, {"kind": "source", "state": "live", "time": time.time(), "id": "source-1"})
        patiently(lambda: len(ids(script)) >= 3)
        topics = {topic for topic, _ in script.heard}
        assert {"trivium/kitchen/p/events", "trivium/kitchen/p/alarm", "trivium/kitchen/device/source"} <= topics
        script.close()
        place.handle.process.kill()
        for number in range(20):
            place.deliver(seen(f"while-away-{number}"))
        patiently(lambda: place.handle.state == "failed" or place.handle.tries)
        patiently(lambda: place.handle.state == "running")
        port = place.port
        again = Somebody(place, "script", "trivium/#", password=made["password"], name="script", lasting=True)
        place.deliver(seen("last"))
        patiently(lambda: "last" in ids(again) and calls.view_of(place.registry).waiting == 0)
        assert port == place.port
        again.close()
    finally:
        script.close()
    wanted = ["first", "rule-1", "source-1", *(f"while-away-{number}" for number in range(20)), "last"]
    assert sorted(place.kept()) == sorted(wanted)


def ids(somebody: Somebody) -> list[str]:
    return [json.loads(text)["id"] for topic, text in somebody.heard if not topic.endswith("/available")]


def test_what_waits_for_the_broker_reaches_it_once_it_is_there(place: Place) -> None:
    calls.switched(place.registry, True, 0)
    listener = calls.add("script", data=place.data)
    place.handle.process.kill()
    place.deliver(*(seen(f"n-{number}") for number in range(30)))
    assert calls.view_of(place.registry).waiting > 0
    patiently(lambda: place.handle.tries and place.handle.state == "running")
    script = Somebody(place, "script", "trivium/#", password=listener["password"])
    patiently(lambda: calls.view_of(place.registry).waiting == 0)
    script.close()
    assert sorted(place.kept()) == sorted(f"n-{number}" for number in range(30))


def test_what_a_device_says_to_the_broker_itself_is_kept_once_by_its_id(place: Place) -> None:
    kitchen = Somebody(place, "kitchen", password=place.device.credential)
    try:
        for payload in (json.dumps(seen("direct")), json.dumps(seen("direct")), "no JSON", '{"kind": "seen"}',
                        json.dumps(seen("both"))):
            kitchen.say("trivium/kitchen/p/events", payload)
        patiently(lambda: {"direct", "both"} <= set(place.kept()))
        place.deliver(seen("both"), seen("by-outbox"))
        patiently(lambda: calls.view_of(place.registry).waiting == 0)
    finally:
        kitchen.close()
    assert sorted(place.kept()) == ["both", "by-outbox", "direct"]
    (found, *_) = [each for each in place.registry.events(place.device.id) if each.body["id"] == "direct"]
    assert found.project == "p" and found.kind == "seen" and found.body["device"] == "kitchen"


def test_accounts_come_and_go_and_a_revoked_device_is_shown_the_door(place: Place) -> None:
    view = place.client.get("/api/v1/vision/broker").json()
    assert view["state"] == "running" and view["address"] == f"mqtt://127.0.0.1:{place.port}"
    made = calls.add("script", data=place.data)
    script = Somebody(place, "script", "trivium/#", password=made["password"])
    kitchen = Somebody(place, "kitchen", "trivium/kitchen/#", password=place.device.credential)
    script.say("trivium/kitchen/p/events", "posing")
    try:
        patiently(lambda: [each["name"] for each in place.client.get("/api/v1/vision/broker").json()["accounts"]
                           if each["here"]] == ["script", "kitchen"])
        place.registry.revoke(place.device.id)
        assert kitchen.ended.wait(30) and not script.ended.is_set()
        patiently(lambda: kitchen.refused)
        assert place.client.delete("/api/v1/vision/broker/accounts/script", headers={"Origin": BASE}
                                   ).status_code == 204
        assert script.ended.wait(30)
        refused = place.client.get("/api/v1/vision/broker").json()["refused"]
        assert any("trivium/kitchen/p/events" in row["what"] for row in refused if row["account"] == "script")
    finally:
        script.close()
        kitchen.close()
    stored = "".join(path.read_text() for path in (place.data / "vision" / "broker").glob("*.json"))
    assert made["password"] not in stored and place.device.credential not in stored


def test_devices_of_one_name_have_topics_of_their_own(place: Place) -> None:
    assert [place.join(name).name for name in ("kitchen", "ki tchen", "ki/tchen", "studio")] == [
        "kitchen-2", "ki tchen", "ki/tchen-2", "studio-2"]
    names = [each.name for each in place.registry.accounts()]
    assert len(set(names)) == len(names) == 5


def test_the_commands_say_what_the_pages_say(tmp_path: Path) -> None:
    def run(*words: str) -> Any:
        return CliRunner().invoke(main, ["--data", str(tmp_path), "vision", "broker", *words])

    assert "off" in run("status").output
    assert json.loads(run("on", "--port", "18999", "--json").output)["port"] == 18999
    made = json.loads(run("add", "script", "--write", "lights/#", "--json").output)
    (account,) = json.loads(run("status", "--json").output)["accounts"]
    assert account["write"] == ["lights/#"] and made["password"] not in run("status").output
    for words, said in ((("add", "script"), "already"), (("add", "a b"), "name"), (("remove", "nobody"), "no account"),
                        (("add", "x", "--read", "#/a"), "no topic")):
        done = run(*words)
        assert done.exit_code == 1 and said in done.stderr and len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert run("remove", "script").exit_code == 0 and json.loads(run("status", "--json").output)["accounts"] == []


def test_a_port_that_is_taken_is_said(place: Place) -> None:
    taken = Somebody(place, "kitchen", password=place.device.credential)
    port = place.port
    other = calls.broker(place.data)
    assert other["state"] == "running"
    place.client.put("/api/v1/vision/broker", json={"on": False}, headers={"Origin": BASE})
    patiently(lambda: place.client.get("/api/v1/vision/broker").json()["state"] == "off")
    taken.close()
    import socket

    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        place.client.put("/api/v1/vision/broker", json={"on": True, "port": held.getsockname()[1]},
                         headers={"Origin": BASE})
        said = patiently(lambda: (view := place.client.get("/api/v1/vision/broker").json())["state"] == "failed"
                         and view["message"])
        assert "can't listen" in said and "another port" in said
    assert port
