"""Rules on a simulated clock, webhooks at a real receiver, and addresses that are never called."""

from __future__ import annotations

import ipaddress
import itertools
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import trivium.vision as vision
from trivium.cli import main
from trivium.errors import BadConfig
from trivium.vision.events import outside, rules
from trivium.vision.events.delivery import WAITS_S, Courier
from trivium.vision.events.event import Event, Settled
from trivium.vision.events.outside import Forbidden, NotDelivered
from trivium.vision.stream.clock import SimulatedClock
from trivium.vision.stream.config import WatchConfig
from trivium.vision.stream.verdicts import Consensus, Counts


def event(time: float, label: str | None = "recycling", confidence: float = 0.9, frame: int = 0) -> Event:
    return Event(time=time, frame=frame, source="demo", width=1, height=1, device="d", project="p", model="m",
                 task="classification", label=label, confidence=confidence, latency_ms=1.0,
                 settled=Settled(label=label, share=1.0, frames=5, since=time, new=False))


def fired(rule: dict[str, Any], events: list[Event]) -> list[float]:
    engine = rules.Engine(rules.parse([{"name": "r", **rule}]).rules)
    return [each.time for each in events if engine.see(each)]


def at(*moments: float, label: str | None = "recycling", **more: Any) -> list[Event]:
    return [event(moment, label, **more) for moment in moments]


def seconds(begin: float, end: float, label: str | None = "recycling") -> list[Event]:
    return at(*(begin + k / 4 for k in range(int((end - begin) * 4) + 1)), label=label)


@pytest.mark.parametrize(("rule", "events", "times"), [
    ({"label": "recycling"}, at(1.0, 1.5), [1.0]),  # once, not for each frame
    ({"label": "recycling", "for_s": 3}, seconds(10, 20), [13.0]),
    ({"label": "recycling", "for_s": 3}, [*seconds(10, 12.5), *at(12.75, label="landfill"), *seconds(13, 15.75)], []),
    ({"label": "recycling", "for_s": 3}, [*seconds(10, 14), *seconds(14.25, 15, "landfill"), *seconds(15.25, 19)],
     [13.0, 18.25]),
    ({"label": "recycling", "for_s": 3, "again_s": 60},
     [*seconds(10, 14), *seconds(14.25, 15, "landfill"), *seconds(15.25, 19)], [13.0]),
    ({"label": "recycling", "for_s": 3}, at(10.0, 14.0), []),  # nobody looked in between
    ({"label": "recycling", "for_s": 1}, [*seconds(10, 12), *seconds(20, 22)], [11.0]),  # still the same one
    ({"label": "recycling"}, at(*range(0, 100, 5)), [0]),  # a frame every 5 s is no gap
    ({"label": "recycling", "for_s": 10}, at(*range(0, 100, 5)), [15]),  # the first step tells how slow it is
    ({"label": "recycling", "for_s": 30}, [*seconds(0, 20), *at(60.0, 61.0), *seconds(61.25, 80)], []),  # nobody looked
    ({"label": "recycling", "at_least": 0.95}, at(1.0), []),
    ({"label": "recycling", "when": "gone", "at_least": 0.8}, at(1.0, confidence=0.3), []),  # unsure is not gone
    ({"label": "landfill", "when": "gone", "for_s": 1}, seconds(5, 7), [6.0]),
    ({"when": "unknown", "for_s": 1}, seconds(5, 7, None), [6.0]),
    ({"label": "recycling", "for_s": 3}, [*seconds(10, 12), *seconds(3, 6)], [6.0]),  # a film that begins again
])
def test_when_a_rule_comes_true(rule: dict[str, Any], events: list[Event], times: list[float]) -> None:
    assert fired(rule, events) == times


def counted(begin: float, end: float, apples: int | None) -> list[Event]:
    """Four frames a second with so many apples, as a detector tells them; None where nothing is counted."""
    counts = None if apples is None else {"apple": apples} if apples else {}
    return [each.model_copy(update={"counts": counts, "settled": None}) for each in seconds(begin, end)]


@pytest.mark.parametrize(("rule", "events", "times"), [
    ({"when": "more", "count": 3, "for_s": 2}, counted(0, 5, 4), [2.0]),
    ({"when": "more", "count": 3, "for_s": 2}, counted(0, 5, 3), []),  # more than, not as many as
    ({"when": "more", "count": 3, "for_s": 2}, [*counted(0, 1.5, 4), *counted(1.75, 2, 3), *counted(2.25, 4.5, 5)],
     [4.25]),
    ({"when": "fewer", "count": 2, "for_s": 1}, counted(0, 3, 0), [1.0]),  # none is fewer than two
    ({"when": "fewer", "count": 2}, counted(0, 3, 2), []),
    ({"when": "fewer", "count": 2}, counted(0, 3, None), []),  # nothing was counted: not the same as none
])
def test_a_rule_counts_things(rule: dict[str, Any], events: list[Event], times: list[float]) -> None:
    assert fired({"label": "apple", **rule}, events) == times


def test_what_is_counted_is_the_median_of_the_last_frames() -> None:
    counting = Counts(WatchConfig(consensus_frames=5))
    frames = [["apple"] * 4, ["apple"] * 4, ["apple", "pear"], ["apple"] * 4, ["pear"], ["pear"], ["pear"]]
    assert [counting.add(labels) for labels in frames] == [
        None, None, {"apple": 4}, {"apple": 4}, {"apple": 4}, {"apple": 1, "pear": 1}, {"pear": 1}]


def test_a_number_that_nothing_can_be_below_is_refused() -> None:
    with pytest.raises(BadConfig, match="fewer than none"):
        rules.parse([{"name": "r", "label": "apple", "when": "fewer"}])


def test_a_rate_that_was_chosen_is_no_gap_from_the_first_frame_on() -> None:
    engine = rules.Engine(rules.parse([{"name": "r", "label": "recycling", "for_s": 10}]).rules, rate_fps=0.2)
    assert [each.time for each in at(0, 5, 10, 15) if engine.see(each)] == [10]


def test_confidence_is_that_of_the_rules_class_over_the_frames_that_vote() -> None:
    """One frame that is surely something else is no sign of the class; one that is unsure takes nothing away."""
    vote = Consensus(WatchConfig(consensus_frames=5))
    said = [{"landfill": 0.7, "compost": 0.3}] * 4 + [{"landfill": 0.01, "compost": 0.99}]
    settled = [vote.add(max(each, key=each.__getitem__), float(k), each) for k, each in enumerate(said)]
    assert settled[-1] is not None and settled[-1].label == "landfill"
    assert settled[-1].confidence == pytest.approx((4 * 0.7 + 0.01) / 5)
    last = event(5.0, "compost", 0.99).model_copy(update={"settled": settled[-1]})
    assert fired({"label": "landfill", "at_least": 0.8}, [last]) == []
    assert fired({"label": "landfill", "at_least": 0.5}, [last]) == [5.0]


def test_nothing_comes_true_before_the_frames_agree() -> None:
    assert fired({"label": "recycling", "when": "gone"}, [event(1.0).model_copy(update={"settled": None})]) == []


@pytest.mark.parametrize(("rule", "words"), [
    ({"label": "x", "fro_s": 3}, "no such"), ({"label": "x", "for_s": -1}, "for_s"), ({}, "names no class"),
    ({"when": "unknown", "label": "x"}, "names no class"), ({"label": "x", "then": []}, "then"),
    ({"label": "x", "then": [{"kind": "shell", "run": "rm"}]}, "then"),
    ({"label": "x", "then": [{"kind": "mqtt", "topic": "../#"}]}, "topic"),
])
def test_a_rule_that_makes_no_sense_is_refused_with_its_place(rule: dict[str, Any], words: str) -> None:
    with pytest.raises(BadConfig) as caught:
        rules.parse([{"name": "r", **rule}])
    assert words in str(caught.value) or words in str(caught.value.errors)
    assert caught.value.errors


def test_rules_are_tried_on_recorded_events(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_text("\n".join(each.line() for each in seconds(0, 5)) + '\n{"torn')
    found = vision.try_rules([{"name": "full", "label": "recycling", "for_s": 3,
                               "then": [{"kind": "webhook", "url": "https://example.org"}]}],
                             tmp_path / "events.jsonl")
    assert [(row["rule"], row["event"]["time"], row["lasted_s"]) for row in found] == [("full", 3.0, 3.0)]
    assert found[0]["then"][0]["kind"] == "webhook"
    (tmp_path / "rules.json").write_text(json.dumps({"rules": [{"name": "full", "label": "recycling", "for_s": 3}]}))
    assert vision.try_rules(tmp_path / "rules.json", list(seconds(0, 5)))[0]["event"] == found[0]["event"]
    arguments = ["vision", "rules", str(tmp_path / "rules.json"), "--events", str(tmp_path / "events.jsonl")]
    assert json.loads(CliRunner().invoke(main, [*arguments, "--json"]).stdout)["fired"][0]["rule"] == "full"
    assert "'full' came true, after 3.0 s" in CliRunner().invoke(main, arguments).stdout


class Receiver(BaseHTTPRequestHandler):
    """Takes webhooks; answers what the test has laid out, then 200."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.got.append((self.path, self.headers["Idempotency-Key"], body))  # type: ignore[attr-defined]
        status, headers = next(self.server.script, (200, {}))  # type: ignore[attr-defined]
        self.send_response(status)
        for name, value in {**headers, "Content-Length": "0"}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


def test_what_a_closed_courier_still_had_is_counted() -> None:
    """Three that wait, one whose receiver answers while it is closed, and one that comes too late."""
    said: list[str] = []
    begun, go_on = threading.Event(), threading.Event()

    def post(*_: Any) -> int:
        begun.set()
        assert go_on.wait(30)
        raise NotDelivered("Nobody answers.")

    courier = Courier(said.append, post=post)
    for k in range(4):
        courier.put(rules.Webhook(url="https://example.org"), {}, str(k))
    assert begun.wait(30)
    threading.Timer(0.05, go_on.set).start()
    courier.close()
    assert courier.dropped == 4 and courier.delivered == 0 and "4 webhooks were not delivered" in said[-1]
    courier.put(rules.Webhook(url="https://example.org"), {}, "late")
    assert courier.dropped == 5 and not courier.waiting


@pytest.fixture
def receiver() -> Iterator[Any]:
    server: Any = HTTPServer(("127.0.0.1", 0), Receiver)
    server.got, server.script = [], iter(())
    server.url = f"http://127.0.0.1:{server.server_port}/hook?a=1"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_webhook_is_tried_until_it_is_taken(receiver: Any) -> None:
    receiver.script = iter([(503, {}), (429, {})])
    clock = SimulatedClock()
    courier = Courier(clock=clock)
    courier.thread = threading.current_thread()  # the test is the thread
    courier.put(rules.Webhook(url=receiver.url, allow_private=True), {"rule": "full", "text": "Müll"}, "key-1")
    for wait in (0.0, WAITS_S[0], WAITS_S[1]):
        courier.try_due()
        clock.sleep(wait)
        courier.try_due()
    assert receiver.got == [("/hook?a=1", "key-1", {"rule": "full", "text": "Müll"})] * 3
    assert courier.delivered == 1 and courier.dropped == 0 and not courier.waiting
    assert clock.now == WAITS_S[0] + WAITS_S[1]


@pytest.mark.parametrize(("answer", "words"), [((404, {}), "answered 404"),
                                               ((302, {"Location": "http://127.0.0.1:1/"}), "answered 302")])
def test_what_is_refused_for_good_is_told_once(receiver: Any, answer: Any, words: str) -> None:
    receiver.script = iter([answer] * 9)
    said: list[str] = []
    courier = Courier(said.append, SimulatedClock())
    courier.thread = threading.current_thread()
    courier.put(rules.Webhook(url=receiver.url, allow_private=True), {}, "k")
    courier.try_due()
    assert len(receiver.got) == 1 and courier.dropped == 1 and not courier.waiting and words in said[0]


def test_a_dead_receiver_is_given_up_in_the_end() -> None:
    clock, said, tries = SimulatedClock(), list[str](), list[float]()

    def post(*_: Any) -> int:
        tries.append(clock.now)
        raise NotDelivered("It did not answer.")

    courier = Courier(said.append, clock, post)
    courier.thread = threading.current_thread()
    courier.put(rules.Webhook(url="https://example.org"), {}, "k")
    while courier.waiting:
        clock.now = courier.waiting[0].due
        courier.try_due()
    assert [b - a for a, b in itertools.pairwise(tries)] == list(WAITS_S) and len(said) == 1


def test_in_its_own_thread(receiver: Any) -> None:
    courier = Courier()
    courier.put(rules.Webhook(url=receiver.url, allow_private=True), {"a": 1}, "k")
    assert courier.drain(30.0)
    courier.close()
    assert len(receiver.got) == 1 and courier.delivered == 1


@pytest.mark.parametrize(("address", "private", "allowed"), [
    ("93.184.216.34", False, True), ("2606:2800:220:1::1", False, True),
    ("127.0.0.1", False, False), ("127.0.0.1", True, True), ("192.168.1.7", False, False), ("192.168.1.7", True, True),
    ("10.0.0.1", False, False), ("::1", False, False), ("::1", True, True), ("fd12::1", True, True),
    ("169.254.169.254", True, False), ("fe80::1", True, False), ("fd00:ec2::254", True, False),
    ("100.100.100.200", True, False), ("168.63.129.16", True, False), ("0.0.0.0", True, False),
    ("224.0.0.1", True, False), ("::ffff:169.254.169.254", True, False), ("::ffff:127.0.0.1", False, False),
    ("64:ff9b::a9fe:a9fe", True, False), ("2002:7f00:1::", False, False), ("100.64.0.1", True, False),
])
def test_which_addresses_may_be_called(address: str, private: bool, allowed: bool) -> None:
    if allowed:
        outside.judge(ipaddress.ip_address(address), private)
    else:
        with pytest.raises(Forbidden):
            outside.judge(ipaddress.ip_address(address), private)


@pytest.mark.parametrize("url", [
    "file:///etc/passwd", "gopher://x/", "http://", "http://user:pw@example.org/", "ftp://example.org",
    "http://2130706433/", "http://0x7f.1/", "http://127.1/", "http://localhost/", "http://[::1]/", "http://[::1",
    "http://127.0.0.1/\r\nX: y", "http://169.254.169.254/latest/meta-data",
])
def test_disguised_addresses_are_judged_by_where_they_lead(url: str) -> None:
    with pytest.raises((Forbidden, NotDelivered)):
        outside.target(url, allow_private=False)


def test_a_name_that_changes_leads_nowhere(receiver: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looked up once; what is called is what was judged, and of several answers all must do."""
    answers, real = iter([[(0, 0, 0, "", ("127.0.0.1", 0))]]), outside.socket.getaddrinfo
    monkeypatch.setattr(outside.socket, "getaddrinfo", lambda host, *rest, **more: real(host, *rest, **more) if
                        host == "127.0.0.1" else next(answers))
    assert outside.post(f"http://rebound.example:{receiver.server_port}/x", {}, "k", True) == 200
    both = [(0, 0, 0, "", ("93.184.216.34", 0)), (0, 0, 0, "", ("127.0.0.1", 0))]
    monkeypatch.setattr(outside.socket, "getaddrinfo", lambda *a, **k: both)
    with pytest.raises(Forbidden):
        outside.target("http://rebound.example/", allow_private=False)
