"""Every frame's event in the database: all of them, each once, bounded, and out again as lines and as a table."""

from __future__ import annotations

import csv
import io
import json
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.server.conftest import BASE, TestClient
from trivium.cli import main
from trivium.server.app import create_app
from trivium.settings import Settings
from trivium.vision import STUDIO
from trivium.vision.devices import calls, frames
from trivium.vision.devices.frames import COLUMNS, Gathering
from trivium.vision.devices.registry import Registry
from trivium.vision.devices.setup import Setup
from trivium.vision.devices.shelf import Shelf
from trivium.vision.devices.station import Station
from trivium.vision.devices.views import Delivery, Joined
from trivium.vision.events.event import Event, Mask
from trivium.vision.stream.config import WatchConfig

from .colours import bundle, film
from .test_devices import Heard, registry, versions, wait_for
from .test_rules import event

__all__ = ["registry"]
NOW = time.time()


def joined(registry: Registry) -> Joined:
    return registry.join(registry.new_code("http://x").code, "kitchen")


def message(*events: Event, project: str = "p") -> dict[str, Any]:
    heard = Heard()
    gathering = Gathering(project, heard)
    for each in events:
        gathering.add(each)
    gathering.look(True)
    (found,) = heard.said
    return found


def deliver(registry: Registry, device: str, seq: int, body: dict[str, Any]) -> None:
    registry.take(device, Delivery.model_validate({"epoch": "aa", "messages": [{"seq": seq, "body": body}]}))


def numbered(*numbers: int, time: float = NOW, **more: Any) -> list[Event]:
    return [event(time + k / 10, frame=k).model_copy(update={"id": f"e-{k}", **more}) for k in numbers]


def test_a_device_tells_every_frame_of_a_film_by_the_bundle(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "device")
    (one,) = versions(shelf, tmp_path, 1)
    shown = film(tmp_path / "film.mp4", ["red"] * 70 + ["blue"] * 50, fps=30)
    shelf.write_setup("colours", Setup(source=str(shown), every_frame=True, config=WatchConfig(top=1)))
    shelf.switch("colours", one)
    heard = Heard()
    station = Station(shelf, "box", heard)
    try:
        station.refresh()
        wait_for(lambda: sum(len(body["events"]) for body in heard.of(frames.MESSAGE)) == 120)
    finally:
        station.close()
    told = [row for body in heard.of(frames.MESSAGE) for row in body["events"]]
    assert [row["frame"] for row in told] == list(range(120)) and len(heard.of(frames.MESSAGE)) < 30
    assert len({row["id"] for row in told}) == 120
    assert {body["id"] for body in heard.of("seen")} <= {row["id"] for row in told}  # the same frame, the same id


def test_frames_are_kept_once_and_what_is_none_is_passed_over(registry: Registry) -> None:
    device = joined(registry)
    body = message(*numbered(0, 1, 2))
    for _ in range(2):  # delivered again, since the answer was lost
        deliver(registry, device.id, 1, body)
    deliver(registry, device.id, 2, {**message(*numbered(2, 3)), "events": [
        *message(*numbered(2, 3))["events"], {"frame": "x"}, None]})
    deliver(registry, device.id, 3, {"kind": frames.MESSAGE, "project": "p", "events": "nonsense"})
    deliver(registry, device.id, 4, numbered(3)[0].model_dump(mode="json"))  # what settles has the same id
    assert [row["frame"] for row in frames.frames(registry.db)] == [0, 1, 2, 3]
    assert {each.kind for each in registry.events()} == {"seen"} and registry.unpublished_count() == 0
    assert [row["id"] for row in frames.frames(registry.db, device.id, "p", NOW + 0.1, NOW + 0.3)] == ["e-1", "e-2"]
    assert list(frames.frames(registry.db, project="other")) == []
    registry.revoke(device.id)
    assert frames.count(registry.db, device.id) == 4  # what it said stays


def test_the_oldest_go_by_number_and_by_age_and_leave_the_rest_alone(registry: Registry,
                                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "KEPT_FRAMES", 5)
    device = joined(registry)
    deliver(registry, device.id, 1, {"kind": "rule", "time": NOW - 1000, "rule": "r"})
    deliver(registry, device.id, 2, message(*numbered(*range(8))))
    registry.unpruned.clear()
    deliver(registry, device.id, 3, {"kind": "note", "time": NOW})
    assert [row["frame"] for row in frames.frames(registry.db)] == [3, 4, 5, 6, 7]
    monkeypatch.setattr(frames, "KEPT_DAYS", -1.0)
    registry.unpruned.clear()
    deliver(registry, device.id, 4, {"kind": "note", "time": NOW})
    assert list(frames.frames(registry.db)) == [] and len(registry.events(kind="rule")) == 1


def test_long_lists_are_read_in_parts_without_a_gap(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "CHUNK", 3)
    device = joined(registry)
    same = [each.model_copy(update={"time": NOW}) for each in numbered(*range(10))]  # of one moment
    deliver(registry, device.id, 1, message(*same))
    assert [row["frame"] for row in frames.frames(registry.db)] == list(range(10))
    assert len(list(frames.frames(registry.db, most=4))) == 4


def test_they_leave_as_lines_and_as_a_table(tmp_path: Path) -> None:
    app = create_app(Settings(data=tmp_path / "data"), (STUDIO,))
    with TestClient(app, base_url=BASE) as client:
        client.get(f"/?token={app.state.access.token}")
        with calls.registry_in(tmp_path / "data") as registry:
            device = joined(registry)
            odd = {"label": '=1+1,"x"\n', "masks": [Mask(label="a", share=0.5, png="AAAA")], "file": "é.jpg"}
            deliver(registry, device.id, 1, message(*numbered(0, **odd), *numbered(1)))
        address = "/api/v1/vision/devices/frames?device=kitchen&format="
        table = list(csv.DictReader(io.StringIO(client.get(f"{address}csv").text, newline="")))
        rows = [json.loads(line) for line in client.get(f"{address}jsonl").text.splitlines()]
        assert client.get(f"{address}xml").status_code == 422
        assert client.get("/api/v1/vision/devices/frames?device=nobody").status_code == 404
    assert list(table[0]) == list(COLUMNS) and len(table) == len(rows) == 2
    assert table[0]["label"] == "'" + odd["label"] and rows[0]["label"] == odd["label"]
    assert json.loads(table[0]["masks"]) == [{"label": "a", "share": 0.5}] and rows[0]["masks"][0]["png"] == "AAAA"
    assert float(table[1]["time"]) == rows[1]["time"] and table[1]["device"] == "kitchen" and rows[0]["file"] == "é.jpg"

    def run(*words: str) -> Any:
        return CliRunner().invoke(main, ["--data", str(tmp_path / "data"), "vision", "devices", "frames", *words])

    assert "2 frames" in run("--out", str(tmp_path / "f.csv")).output
    written = (tmp_path / "f.csv").read_text(encoding="utf-8")
    assert list(csv.DictReader(io.StringIO(written, newline="")))[1] == table[1]
    for name, said in (("f.csv", "there already"), ("f.txt", "neither")):
        done = run("--out", str(tmp_path / name))
        assert done.exit_code == 1 and said in done.stderr
    assert calls.frames("kitchen", limit=1, data=tmp_path / "data") == rows[:1]


def test_a_project_is_set_up_to_keep_them(registry: Registry, tmp_path: Path) -> None:
    device = joined(registry)
    registry.deploy(device.id, bundle(tmp_path / "a.zip"))
    data = registry.broker.path.parents[1]
    words = ["--data", str(data), "vision", "devices", "setup", "kitchen", "colours"]
    for flag, wanted in (("--every-frame", True), ("--on", True), ("--what-settles", False)):
        assert CliRunner().invoke(main, [*words, flag]).exit_code == 0
        assert registry.desired(device.id).projects[0].setup.every_frame is wanted
