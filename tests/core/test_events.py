"""events.jsonl: whole lines, rising ids, never NaN, torn ends mended."""

from __future__ import annotations

import json
import math
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trivium.core.events import EventTail, EventWriter, metrics, read_events


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def test_ids_rise_and_go_on_after_reopening(path: Path) -> None:
    for _ in range(3):
        writer = EventWriter(path)
        writer.write("log", message="a")
        writer.write("log", message="b")
        writer.close()
    assert [event["id"] for event in read_events(path)] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_torn_last_line_is_left_alone_and_cut_off_on_resume(path: Path, cut: int) -> None:
    writer = EventWriter(path)
    writer.write("metric", step=1, values={"loss": 1.0})
    writer.write("metric", step=2, values={"loss": 2.0})
    writer.close()
    path.write_bytes(path.read_bytes()[:-cut])
    assert [event["id"] for event in read_events(path)] == [1]
    again = EventWriter(path)
    assert again.write("metric", step=2, values={"loss": 2.5}) == 2
    again.close()
    assert metrics(read_events(path)) == {"loss": [[1, 1.0], [2, 2.5]]}
    assert all(json.loads(line) for line in path.read_text().splitlines())


def test_a_line_of_zeros_left_by_a_power_cut_does_no_harm(path: Path) -> None:
    writer = EventWriter(path)
    writer.write("log", message="a")
    writer.close()
    with path.open("ab") as file:
        file.write(b"\0" * 4096 + b"\n" + b"[1]\n" + b'{"id":"x"}\n' + b"{" * 5000 + b"\n")
    assert EventWriter(path).write("log", message="b") == 2
    assert [event["message"] for event in read_events(path)] == ["a", "b"]


def test_never_nan(path: Path) -> None:
    values = {"a": math.nan, "b": np.float32(math.inf), "c": np.int64(3), "d": np.array([1.0, math.nan]),
              "e": 10**400, "f": "\ud800", "g": {1, }, "h": True, "i": np.bool_(False)}
    EventWriter(path).write("metric", step=np.int32(1), values=values)
    text = path.read_text()
    event = json.loads(text, parse_constant=lambda name: pytest.fail(name))
    assert event["values"]["c"] == 3 and event["values"]["d"] == [1.0, None]
    assert event["nonfinite"] == ["a", "b", "d.1", "e"]
    assert event["values"]["h"] is True and event["values"]["i"] is False
    assert text.isascii() and text.count("\n") == 1


def test_long_and_deep_values_are_cut(path: Path) -> None:
    deep: list[object] = []
    for _ in range(1000):
        deep = [deep]
    EventWriter(path).write("sample", step=1, name="x", data={"deep": deep, "text": "x" * 1_000_000})
    assert path.stat().st_size < 20_000


def test_the_tail_gives_each_event_once_and_can_be_taken_up_again(path: Path) -> None:
    writer = EventWriter(path)
    tail = EventTail(path)
    assert tail.read() == []
    writer.write("log", message="x" * 10_000)
    writer.write("log", message="b")
    assert len(tail.read(max_bytes=100)) + len(tail.read()) == 2
    with path.open("ab") as file:
        file.write(b'{"id":3,"kind"')
    assert tail.read() == []
    later = EventTail(path, tail.offset)
    EventWriter(path).write("log", message="c")
    assert [event["message"] for event in later.read()] == ["c"]
    assert [event["message"] for event in tail.read()] == ["c"]


def test_filters(path: Path) -> None:
    writer = EventWriter(path)
    writer.write("log", message="a")
    writer.write("sample", step=1, name="episode", data={})
    writer.write("sample", step=2, name="other", data={})
    writer.write("sample", step=3, name="episode", data={})
    assert [e["step"] for e in read_events(path, kind="sample", name="episode")] == [1, 3]
    assert [e["id"] for e in read_events(path, after=2, limit=1)] == [3]


def test_threads_may_write_together(path: Path) -> None:
    writer = EventWriter(path)
    threads = [threading.Thread(target=lambda: [writer.write("log", message="x" * 500) for _ in range(100)])
               for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [event["id"] for event in read_events(path)] == list(range(1, 401))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), st.sampled_from("ab"), st.floats(-10, 10)), max_size=60))
def test_metrics_keep_the_latest_of_each_step(rows: list[tuple[int, str, float]]) -> None:
    events = [{"id": i, "kind": "metric", "step": step, "values": {key: value}}
              for i, (step, key, value) in enumerate(rows)]
    expected: dict[str, dict[int, float]] = {}
    for step, key, value in rows:
        expected.setdefault(key, {})[step] = value
    assert metrics(events) == {k: [[s, v] for s, v in sorted(by.items())] for k, by in expected.items()}
