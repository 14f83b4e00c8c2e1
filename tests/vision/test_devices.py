"""A device by itself: versions put there checked, switched, taken back; what it has to say survives; who may join."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from pydantic import ValidationError

from trivium.core.blobs import BlobStore
from trivium.core.db import Database
from trivium.errors import BadConfig, BadFile, NotFound, StudioError
from trivium.vision.broker.folder import BrokerFolder
from trivium.vision.devices.outbox import Outbox
from trivium.vision.devices.registry import TRIES, NotJoined, Registry
from trivium.vision.devices.setup import Setup, parse_setup
from trivium.vision.devices.shelf import Shelf
from trivium.vision.devices.station import Station
from trivium.vision.devices.views import Delivery

from . import colours
from .colours import bundle, film


def wait_for(holds: Callable[[], Any], seconds: float = 60.0) -> Any:
    until = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)
    return found


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "device")


def versions(shelf: Shelf, tmp_path: Path, count: int, project: str = "colours") -> list[str]:
    return [shelf.install(project, bundle(tmp_path / f"{k}.zip", note=f"version {k}")) for k in range(count)]


def test_versions_are_put_there_switched_and_taken_back(shelf: Shelf, tmp_path: Path) -> None:
    one, two, three = versions(shelf, tmp_path, 3)
    assert len({one, two, three}) == 3 and shelf.projects() == []  # nothing runs by being there
    with pytest.raises(NotFound):
        shelf.roll_back("colours")
    for version in (one, two, three):
        shelf.switch("colours", version)
    assert (shelf.standing("colours").current, shelf.standing("colours").previous) == (three, [two, one])
    assert shelf.roll_back("colours").current == two and shelf.model("colours").version == two
    assert shelf.roll_back("colours", failed=True).current == one
    assert shelf.standing("colours").failed == [two]
    with pytest.raises(NotFound, match="not on this device"):
        shelf.switch("colours", "0123456789ab")
    assert [row["version"] for row in shelf.overview()] == [one]


def test_a_switch_that_is_cut_off_leaves_the_old_version(shelf: Shelf, tmp_path: Path,
                                                         monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = versions(shelf, tmp_path, 2)
    shelf.switch("colours", one)

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("trivium.core.files._replace", dies)
        shelf.switch("colours", two)
    assert shelf.standing("colours").current == one
    assert [path.name for path in shelf.folder("colours").iterdir() if path.name.startswith(".tmp")] == []


def test_what_answers_otherwise_than_it_was_made_is_not_put_there(shelf: Shelf, tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="other answers"):
        shelf.install("colours", bundle(tmp_path / "b.zip", wrong=0.01))
    with pytest.raises(BadConfig):
        shelf.install("../escape", bundle(tmp_path / "c.zip"))
    assert not (shelf.place / "projects").exists() or not list((shelf.place / "projects").rglob("*.zip"))


class Heard:
    """What a station tells."""

    def __init__(self) -> None:
        self.said: list[dict[str, Any]] = []

    def __call__(self, body: dict[str, Any]) -> None:
        json.dumps(body, allow_nan=False)
        self.said.append(body)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [body for body in self.said if body["kind"] == kind]


def test_two_projects_watch_and_one_changes_its_version_without_stopping(shelf: Shelf, tmp_path: Path) -> None:
    one, two = versions(shelf, tmp_path, 2)
    other = shelf.install("other", bundle(tmp_path / "other.zip", project="other"))
    shown = film(tmp_path / "film.mp4", (["red"] * 6 + ["blue"] * 6) * 40, fps=10)
    rule = {"name": "blue", "label": "blue", "then": [{"kind": "note"}]}
    shelf.write_setup("colours", parse_setup({"source": str(shown), "config": {"realtime": True}, "rules": [rule]}))
    shelf.write_setup("other", Setup(source="demo"))
    shelf.switch("colours", one)
    shelf.switch("other", other)
    heard = Heard()
    station = Station(shelf, "box", heard, tmp_path / "seen")
    try:
        station.refresh()
        wait_for(lambda: {body["project"] for body in heard.of("seen")} == {"colours", "other"} and heard.of("rule"))
        shelf.switch("colours", two)
        wait_for(lambda: any(body["model"] == two for body in heard.of("seen")))
        shelf.roll_back("colours")
        wait_for(lambda: [body["version"] for body in heard.of("version")] == [two, one])
        wait_for(lambda: station.posts["colours"].last.model == one)  # it has seen a frame, too
        assert {row["state"] for row in station.report()} == {"live"}
    finally:
        station.close()
    lines = [json.loads(line) for line in (tmp_path / "seen" / "colours" / "events.jsonl").read_text().splitlines()]
    assert [line["frame"] for line in lines] == list(range(len(lines)))  # no frame was lost by the switches
    order = [line["model"] for line in lines]
    begin, end = order.index(two), len(order) - order[::-1].index(two)
    assert begin > 0 and set(order[:begin]) == set(order[end:]) == {one} and set(order[begin:end]) == {two}
    settled = [line for line in lines if line["settled"] and line["settled"]["new"]]
    assert len([body for body in heard.of("seen") if body["project"] == "colours"]) >= len(settled)


def poisoned(path: Path) -> Path:
    """A model that answers its stored pictures and fails on any with a value above 209, such as the demo's."""
    network = onnx.load_from_string(colours.network())
    table = numpy_helper.from_array(np.zeros(210, np.float32), "table")
    network.graph.initializer.append(table)
    network.graph.node.extend([
        helper.make_node("ReduceMax", ["x"], ["top"], keepdims=0), helper.make_node("Cast", ["top"], ["at"],
                                                                                    to=TensorProto.INT64),
        helper.make_node("Gather", ["table", "at"], ["nothing"]),
        helper.make_node("Add", ["p", "nothing"], ["probabilities"])])
    network.graph.node[3].output[0] = "p"
    data = network.SerializeToString()
    original, colours.network = colours.network, lambda: data
    try:
        return bundle(path)
    finally:
        colours.network = original


def test_a_version_that_fails_at_its_first_frames_is_taken_back_by_itself(shelf: Shelf, tmp_path: Path) -> None:
    (good,) = versions(shelf, tmp_path, 1)
    bad = shelf.install("colours", poisoned(tmp_path / "bad.zip"))
    shelf.write_setup("colours", Setup(source="demo"))
    shelf.switch("colours", good)
    heard = Heard()
    station = Station(shelf, "box", heard)
    try:
        station.refresh()
        wait_for(lambda: heard.of("seen"))
        shelf.switch("colours", bad)
        failed = wait_for(lambda: heard.of("failed"))
        wait_for(lambda: station.report()[0]["version"] == good)
    finally:
        station.close()
    assert failed[0]["version"] == bad and good in failed[0]["message"]
    assert shelf.standing("colours").current == good and shelf.standing("colours").failed == [bad]


def test_the_outbox_keeps_until_it_is_told_and_counts_what_it_drops(tmp_path: Path) -> None:
    box = Outbox(tmp_path / "o.db", most=50)
    for k in range(40):
        box.put({"k": k})
    box.close()
    box = Outbox(tmp_path / "o.db", most=50)
    epoch, first = box.epoch, box.batch()
    assert [row["seq"] for row in first] == list(range(1, 41))
    assert [row["body"]["k"] for row in first] == list(range(40))
    box.acknowledge(10)
    for k in range(40, 80):
        box.put({"k": k})
    assert box.waiting == 50 and box.dropped == 20 and box.batch()[0]["body"] == {"k": 30}
    box.acknowledge(10_000)
    assert box.put({"k": 80}) == 81 and box.epoch == epoch  # numbers are never used twice
    with sqlite3.connect(tmp_path / "o.db") as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert Outbox(tmp_path / "other.db").epoch != epoch


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    db = Database.in_folder(tmp_path / "data")
    db.migrate()
    return Registry(db, BlobStore(tmp_path / "data" / "blobs"), BrokerFolder(tmp_path / "data"))


def test_a_code_is_for_one_device_once_and_a_credential_can_be_taken_back(registry: Registry) -> None:
    code = registry.new_code("http://x").code
    with pytest.raises(NotJoined, match="wrong"):
        registry.join("AAAAAAAA", "mouse")
    joined = registry.join(f" {code.lower()} ", "kitchen")
    assert registry.known(joined.credential) == joined.id
    with pytest.raises(NotJoined):
        registry.join(code, "second")
    with pytest.raises(NotJoined):
        registry.known("")
    registry.revoke(joined.id)
    with pytest.raises(NotJoined, match="no longer"):
        registry.known(joined.credential)
    assert registry.devices() == []
    with registry.db.read() as session:
        stored = str(session.connection().exec_driver_sql("SELECT * FROM devices").fetchall())
    assert joined.credential not in stored and code not in stored


def test_codes_get_old_and_cannot_be_guessed_at_leisure(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    code = registry.new_code("http://x").code
    real = time.time
    monkeypatch.setattr("trivium.vision.devices.registry.time.time", lambda: real() + 601)
    with pytest.raises(NotJoined):
        registry.join(code, "late")
    for _ in range(TRIES - 1):
        with pytest.raises(NotJoined):
            registry.join("AAAAAAAA", "mouse")
    with pytest.raises(StudioError, match="Too many"):
        registry.join(registry.new_code("http://x").code, "even a right one")


def test_what_comes_twice_is_kept_once_and_a_wrong_clock_is_not_believed(registry: Registry) -> None:
    joined = registry.join(registry.new_code("http://x").code, "kitchen")
    now = time.time()
    rows = [{"seq": k, "body": {"kind": "note", "project": "p", "time": now + k, "nan": float("nan")}}
            for k in (1, 2, 3)]
    first = Delivery.model_validate({"epoch": "aa", "messages": rows[:2]})
    again = Delivery.model_validate({"epoch": "aa", "messages": [*rows, {"seq": 4, "body": {"time": 5.0}}]})
    assert registry.take(joined.id, first) == 2 and registry.take(joined.id, again) == 4
    found = registry.events(joined.id)
    assert len(found) == 4 and [each.body.get("nan") for each in found] == [None] * 4
    assert abs(next(each for each in found if each.kind == "").time - now) < 60
    assert registry.take(joined.id, Delivery.model_validate({"epoch": "bb", "messages": rows})) == 3
    assert len(registry.events(joined.id)) == 7


SEEN = {"time": 1.0, "frame": 3, "source": "demo", "width": 2, "height": 2, "device": "kitchen", "project": "p",
        "model": "3fa94c0b12de", "task": "classification", "latency_ms": 1.0}


@pytest.mark.parametrize("spoil", [
    {"projects": [{"project": "colours", "version": 7}]}, {"projects": [{"project": "../x"}]},
    {"projects": [{"project": "colours", "state": ["live"]}]}, {"projects": [{"project": "a", "message": 501 * "x"}]},
    {"projects": [{"project": "colours", "last": "yesterday"}]}, {"projects": [{"project": "colours", "other": 1}]},
    {"projects": [{"project": "colours", "last": {**SEEN, "latency_ms": None}}]}, {"projects": ["colours"]},
    {"waiting": 2**70}, {"dropped": -1},
])
def test_what_a_device_may_not_report_is_refused_and_spoils_no_list(registry: Registry, tmp_path: Path,
                                                                     spoil: dict[str, Any]) -> None:
    joined = registry.join(registry.new_code("http://x").code, "kitchen")
    registry.deploy(joined.id, bundle(tmp_path / "a.zip"))
    how = {"project": "colours", "version": "", "state": "live", "last": SEEN}
    good = {"epoch": "aa", "messages": [], "projects": [how]}
    registry.take(joined.id, Delivery.model_validate(good))
    with pytest.raises(ValidationError):
        registry.take(joined.id, Delivery.model_validate({**good, **spoil}))
    (project,) = registry.get("kitchen").projects
    assert project.state == "live" and project.last is not None and project.last["frame"] == 3


def test_a_message_that_no_database_holds_is_kept_as_far_as_it_can_be(registry: Registry) -> None:
    joined = registry.join(registry.new_code("http://x").code, "kitchen")
    odd = {"kind": "note\ud800", "project": "p\ud800", "time": 10**400, "message": "\ud800"}
    rows = [{"seq": 1, "body": odd}]
    assert registry.take(joined.id, Delivery.model_validate({"epoch": "aa", "messages": rows})) == 1
    (found,) = registry.events(joined.id)
    assert found.model_dump_json() and found.kind == "note?" and found.project == "p?"


def test_a_bundle_is_given_only_to_the_device_that_is_to_run_it(registry: Registry, tmp_path: Path) -> None:
    one, two = (registry.join(registry.new_code("http://x").code, name) for name in ("one", "two"))
    wanted = registry.deploy(one.id, bundle(tmp_path / "a.zip"))
    assert registry.bundle(one.id, wanted.sha256).read_bytes() == (tmp_path / "a.zip").read_bytes()
    with pytest.raises(NotFound):
        registry.bundle(two.id, wanted.sha256)
    newer = registry.deploy(one.id, bundle(tmp_path / "b.zip", note="newer"), setup=Setup(source="demo:2"))
    assert registry.roll_back(one.id, "colours").version == wanted.version != newer.version
    assert registry.desired(one.id).projects[0].setup.source == "demo:2"
    assert registry.get("one").projects[0].previous == [newer.version]
