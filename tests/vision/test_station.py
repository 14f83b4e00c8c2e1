"""A device's threads: a film whose set-up changes, one that is damaged, faults that nobody thought of, and floods."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from trivium.core import files
from trivium.errors import NameTaken, StudioError
from trivium.vision.devices import agent as agents
from trivium.vision.devices import client as clients
from trivium.vision.devices import station as stations
from trivium.vision.devices.agent import Agent, status
from trivium.vision.devices.client import Client, Wishes
from trivium.vision.devices.line import WAITS_S, Line
from trivium.vision.devices.outbox import LONGEST, Outbox
from trivium.vision.devices.place import CARD, OUTBOX
from trivium.vision.devices.setup import Setup
from trivium.vision.devices.shelf import Shelf
from trivium.vision.devices.station import Notes, Station
from trivium.vision.stream.clock import SimulatedClock

from .colours import bundle, film
from .test_devices import Heard, versions, wait_for
from .test_films import cut

WIRE_CAP_BYTES = 1_000_000  # of a JSON body, at the studio's gate


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "device")


def test_a_film_whose_setup_changes_is_left_for_the_new_one(shelf: Shelf, tmp_path: Path) -> None:
    """In the middle of a film, and where it is over."""
    (one,) = versions(shelf, tmp_path, 1)
    long, short, other = (film(tmp_path / f"{name}.mp4", [name] * count, fps=10)
                          for name, count in (("red", 600), ("green", 6), ("blue", 6)))
    shelf.write_setup("colours", Setup(source=str(long), config={"realtime": True}))
    shelf.switch("colours", one)
    heard = Heard()
    station = Station(shelf, "box", heard)

    def seen(label: str) -> bool:
        return any(body["label"] == label for body in heard.of("seen"))

    try:
        station.refresh()
        wait_for(lambda: seen("red"))
        shelf.write_setup("colours", Setup(source=str(short)))
        wait_for(lambda: seen("green"), 30.0)
        wait_for(lambda: station.report()[0]["state"] == "ended")
        shelf.write_setup("colours", Setup(source=str(other)))
        wait_for(lambda: seen("blue"), 30.0)
    finally:
        station.close()


def test_a_damaged_film_is_watched_once_a_version(shelf: Shelf, tmp_path: Path,
                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = versions(shelf, tmp_path, 2)
    shelf.write_setup("colours", Setup(source=str(cut(tmp_path / "cut.mp4"))))
    shelf.switch("colours", one)
    watched: list[str] = []

    class Counting(stations.Watch):
        def __init__(self, model: Any, *rest: Any) -> None:
            watched.append(model.version)
            super().__init__(model, *rest)

    monkeypatch.setattr(stations, "Watch", Counting)
    monkeypatch.setattr(stations, "TRY_AGAIN_S", 0.0)
    heard = Heard()
    station = Station(shelf, "box", heard)

    def failures() -> int:
        return sum("cut off" in body["message"] for body in heard.of("source") if body["state"] == "failed")

    try:
        station.refresh()
        wait_for(lambda: failures() == 1)
        wait_for(lambda: station.posts["colours"].over)
        shelf.switch("colours", two)
        wait_for(lambda: failures() == 2)
    finally:
        station.close()
    assert watched == [one, two]


def test_a_fault_that_nobody_thought_of_ends_no_watching(shelf: Shelf, tmp_path: Path,
                                                         monkeypatch: pytest.MonkeyPatch) -> None:
    (one,) = versions(shelf, tmp_path, 1)
    shelf.write_setup("colours", Setup(source="demo"))
    shelf.switch("colours", one)
    real, faults = stations.parse, iter([RuntimeError("odd")])

    def parse(text: str) -> Any:
        for fault in faults:
            raise fault
        return real(text)

    monkeypatch.setattr(stations, "parse", parse)
    monkeypatch.setattr(stations, "TRY_AGAIN_S", 0.0)
    heard = Heard()
    station = Station(shelf, "box", heard)
    try:
        station.refresh()
        wait_for(lambda: station.report()[0]["state"] == "live", 30.0)
    finally:
        station.close()
    assert "RuntimeError: odd" in heard.of("source")[0]["message"]


def test_notes_do_not_flood_the_outbox() -> None:
    clock = SimulatedClock()
    notes = Notes(clock)
    told = [notes.wanted("the same") for _ in range(50)]
    assert told == ["the same", *[None] * 49]
    assert sum(notes.wanted(f"note {k}") is not None for k in range(50)) == stations.NOTES_A_MINUTE - 1
    clock.sleep(61.0)
    assert notes.wanted("the same") is None
    assert notes.wanted("another") == f"another ({41 + 1} more notes like this were left out.)"
    clock.sleep(stations.NOTE_AGAIN_S)
    assert notes.wanted("the same") == "the same"


class Studio:
    """The studio's end of the line, as a test wants it."""

    url = "http://studio"

    def __init__(self) -> None:
        self.wanted: list[dict[str, Any]] = []
        self.mark, self.asked = "", list[tuple[str, float]]()
        self.took: list[dict[str, Any]] = []
        self.faults: Iterator[Exception] = iter(())
        self.bundles: dict[str, bytes] = {}

    def desired(self, known: str = "", wait_s: float = 0.0) -> Wishes:
        self.asked.append((known, wait_s))
        return Wishes(self.wanted, self.mark)

    def hang_up(self) -> None:
        pass

    def bundle(self, sha256: str) -> bytes:
        return self.bundles[sha256]

    def deliver(self, delivery: dict[str, Any]) -> int:
        for fault in self.faults:
            raise fault
        self.took.append(delivery)
        return max((each["seq"] for each in delivery["messages"]), default=0)


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Any]:
    place = tmp_path / "device"
    place.mkdir()
    files.write_json(place / CARD, {"id": "1", "name": "box", "url": "http://studio", "credential": "c"})
    said: list[str] = []
    made: Any = Agent(place, said.append)
    made.client, made.said = Studio(), said
    yield made
    made.station.close()
    made.lock.release()
    made.outbox.close()


def test_nothing_ends_the_delivering_and_the_status_says_what_is_wrong(agent: Any) -> None:
    agent.client.faults = iter([ValueError("odd"), StudioError("Not now.")])
    agent.keep({"k": 1})
    for words in ("odd", "Not now."):
        agent._attempt("delivering", agent.deliver)
        agent.write_state()
        assert words in agent.said[-1] and words in status(agent.place)["trouble"] and status(agent.place)["running"]
    agent._attempt("delivering", agent.deliver)
    agent.write_state()
    (row,) = agent.client.took[0]["messages"]
    assert row["body"] == {"k": 1, "id": row["body"]["id"]} and row["body"]["id"]
    assert agent.said[-1].startswith("Connected") and status(agent.place)["trouble"] == ""


def test_a_thread_of_its_own_delivers_on_after_a_fault(agent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trivium.vision.devices.line.WAITS_S", (0.01,))
    monkeypatch.setattr(agents, "DELIVER_S", 0.01)
    agent.client.faults = iter([KeyError("projects")])
    agent.keep({"k": 1})
    thread = threading.Thread(target=agent._deliver_always, daemon=True)
    thread.start()
    try:
        wait_for(lambda: agent.client.took, 30.0)
    finally:
        agent.ended.set()
        thread.join(30.0)


def test_with_nothing_to_say_a_device_speaks_every_five_seconds(agent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(agents.time, "monotonic", lambda: now[0])
    for _ in range(20):  # ten seconds of looks, every half one
        agent.deliver()
        now[0] += 0.5
    assert [len(each["messages"]) for each in agent.client.took] == [0, 0]
    agent.keep({"k": 1})
    agent.deliver()
    assert len(agent.client.took[-1]["messages"]) == 1  # what is to be said is said at once


def test_a_project_that_cannot_be_brought_holds_no_other_up(agent: Any, tmp_path: Path) -> None:
    data = bundle(tmp_path / "b.zip").read_bytes()
    sha256 = files.sha256_bytes(data)
    version = Shelf(tmp_path / "other").install("colours", tmp_path / "b.zip")
    agent.client.bundles = {sha256: data}
    rows = {"version": version, "sha256": sha256, "previous": [], "setup": {"enabled": False}}
    agent.client.wanted = [{"project": "../a", **rows}, {"project": "colours", **rows}]
    agent._attempt("fetching", agent.sync)
    assert agent.shelf.standing("colours").current == version
    assert "can't be the name" in agent.said[-1] and agent.line.pause("fetching", 2.0) == WAITS_S[0]


def test_what_the_disk_does_not_take_is_counted_and_told(agent: Any) -> None:
    agent.outbox.db.execute("DROP TABLE box")
    agent.keep({"k": 1})
    assert "outbox" in agent.said[-1]
    agent.outbox.db.execute("CREATE TABLE box (seq INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL)")
    agent.keep({"k": 2})
    assert agent.outbox.dropped == 1 and agent.outbox.waiting == 1 and agent.said[-1].startswith("Connected")


def test_whoever_leaves_takes_nothing_along(agent: Any, tmp_path: Path) -> None:
    place = agent.place
    agent.keep({"private": 1})
    agent.shelf.install("colours", bundle(tmp_path / "b.zip", note="x"))
    (version,) = (path.stem for path in (agent.shelf.folder("colours") / "versions").glob("*.zip"))
    agent.shelf.write_setup("colours", Setup(source="rtsp://me:word@10.0.0.1/a", enabled=False))
    agent.shelf.switch("colours", version)
    with pytest.raises(NameTaken, match="runs"):
        agents.leave(place)
    agent.lock.release()
    agents.leave(place)
    left = [path for path in place.rglob("*") if path.is_file()]
    assert not [path.name for path in left if path.name.startswith((OUTBOX, CARD, "setup"))]
    assert [path.stem for path in left if path.suffix == ".zip"] == [version]


def test_a_line_tells_each_trouble_once_and_waits_longer_for_its_own_part_alone() -> None:
    said: list[str] = []
    line = Line("http://studio", said.append)
    for _ in range(10):
        line.trouble("delivering", "Away.")
    line.well("fetching")
    assert said == ["Away."] and line.pause("delivering", 0.5) == WAITS_S[-1] and line.pause("fetching", 2.0) == 2.0
    line.well("delivering")
    assert said == ["Away.", "Connected to http://studio."] and line.pause("delivering", 0.5) == 0.5


def test_a_batch_fits_through_the_gate_in_any_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box = Outbox(tmp_path / "o.db")
    for k in range(100):
        box.put({"k": k, "text": "雪" * 5_000})
    assert box.put({"text": "雪" * LONGEST}) == 0 and box.dropped == 1  # no studio would take it, so it blocks nothing
    sent: list[bytes] = []

    class Answer:
        status = 200

        def read(self, _most: int) -> bytes:
            return b'{"acknowledged": 1}'

    class Connection(clients.http.client.HTTPConnection):
        def request(self, method: str, url: str, body: Any = None, *_: Any, **__: Any) -> None:
            sent.append(body)

        def getresponse(self) -> Any:
            return Answer()

    monkeypatch.setattr(clients.http.client, "HTTPConnection", Connection)
    batch = box.batch()
    assert Client("http://studio").deliver({"messages": batch}) == 1
    assert len(batch) > 10 and len(sent[0]) < WIRE_CAP_BYTES
    box.close()


@pytest.mark.parametrize("answer", ["[]", "{}", '{"projects": 3}', '{"projects": [{"a": 1}]}', "null", "<html>"])
def test_what_is_no_studio_is_told_in_words(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client("http://studio")
    monkeypatch.setattr(client, "_send", lambda *_: answer.encode())
    for ask in (client.desired, lambda: client.deliver({}), lambda: client.join("A", "b")):
        with pytest.raises(StudioError, match="no Trivium"):
            ask()


def test_a_studio_that_answers_at_once_is_asked_again_after_a_while_and_one_that_waits_at_once(
        agent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """No device keeps an older studio, or one that keeps answering, busy."""
    agent.sync()
    assert agent.answered_at_once  # an older studio: no marks
    agent.client.mark = "a"
    agent.sync()
    assert not agent.answered_at_once  # news, so the next question goes out at once
    agent.sync()
    assert agent.answered_at_once  # no news, and it was not kept: some studio that does not wait
    now = iter([100.0, 125.0])
    with monkeypatch.context() as patched:
        patched.setattr(agents.time, "monotonic", lambda: next(now))
        agent.sync()
    assert not agent.answered_at_once
    assert agent.client.asked == [("", agents.WAIT_S), ("", agents.WAIT_S), ("a", agents.WAIT_S), ("a", agents.WAIT_S)]


def test_what_could_not_be_brought_is_tried_again_sooner_while_news_are_heard_of(agent: Any) -> None:
    agent.client.mark = "a"
    agent.client.wanted = [{"project": "../a", "version": "", "sha256": "", "setup": {}, "previous": []}]
    for _ in range(2):
        agent._attempt("fetching", agent.sync)
    assert agent.client.asked == [("", agents.WAIT_S), ("a", WAITS_S[0])]
