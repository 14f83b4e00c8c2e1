"""What run folders say, taken in once and only once, however often the reader or the run was interrupted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.core import toy
from trivium.core import jobs
from trivium.core.db import Database
from trivium.core.events import EventWriter
from trivium.core.index import RunIndex
from trivium.core.intake import readable, shown, take_in
from trivium.core.records import AttemptRecord, EventRecord
from trivium.core.status import Status, write_status

RUNNING = Status(state="running", attempt=1, pid=1, started_at=1.0, step=3)


@pytest.fixture
def index(tmp_path: Path) -> RunIndex:
    db = Database.in_folder(tmp_path)
    db.migrate()
    return RunIndex(db, tmp_path / "runs")


@pytest.fixture
def folder(index: RunIndex, tmp_path: Path) -> Path:
    made = jobs.create_run(toy.STUDIO, "train", "toy", {}, data=tmp_path)
    index.add(made)
    return made


def outbox(index: RunIndex) -> list[dict[str, Any]]:
    with index.db.read() as session:
        return [row.data for row in session.scalars(select(EventRecord).order_by(EventRecord.id))]


def test_each_line_counts_once(index: RunIndex, folder: Path) -> None:
    writer = EventWriter(folder / "events.jsonl")
    for step in range(5):
        writer.write("metric", step=step, values={"loss": step / 2})
        writer.write("log", level="print", step=step, message=f"step {step}")
        take_in(index.db, folder.name, RUNNING)
        take_in(index.db, folder.name, RUNNING)
    writer.close()
    assert index.metrics(folder.name).rows == {"loss": [(step, step / 2) for step in range(5)]}
    assert [e["message"] for e in outbox(index) if e["kind"] == "log"] == [
        f"step {step}" for step in range(5)
    ]


def test_a_line_that_is_still_being_written_is_left_for_later(index: RunIndex, folder: Path) -> None:
    path = folder / "events.jsonl"
    line = '{"id":1,"t":1,"kind":"metric","step":1,"values":{"a":1}}\n'
    path.write_text(line[:20])
    assert [r.kind for r in take_in(index.db, folder.name, RUNNING)] == ["state"]
    path.write_text(line)
    assert [r.kind for r in take_in(index.db, folder.name, RUNNING)] == ["metric"]


def test_a_step_repeated_after_a_resume_keeps_the_latest_value(index: RunIndex, folder: Path) -> None:
    writer = EventWriter(folder / "events.jsonl")
    for step, value in ((1, 1.0), (2, 2.0), (3, 3.0), (2, 20.0), (3, None)):
        writer.write("metric", step=step, values={"a": value})
    writer.close()
    take_in(index.db, folder.name, RUNNING)
    assert index.metrics(folder.name).rows == {"a": [(1, 1.0), (2, 20.0), (3, None)]}


def test_a_state_that_the_run_did_not_tell_is_told(index: RunIndex, folder: Path) -> None:
    take_in(index.db, folder.name, RUNNING)
    write_status(folder, RUNNING.ended("interrupted", "node_lost"))
    take_in(index.db, folder.name, RUNNING.ended("interrupted", "node_lost"))
    assert [(e["state"], e["reason"]) for e in outbox(index)] == [
        ("running", None),
        ("interrupted", "node_lost"),
    ]


def test_a_state_that_the_run_told_is_not_told_twice(index: RunIndex, folder: Path) -> None:
    writer = EventWriter(folder / "events.jsonl")
    writer.write("state", state="running", reason=None, message=None, hint=None)
    writer.close()
    take_in(index.db, folder.name, RUNNING)
    assert [e["state"] for e in outbox(index)] == ["running"]


def test_the_attempt_is_kept(index: RunIndex, folder: Path) -> None:
    take_in(index.db, folder.name, RUNNING)
    with index.db.read() as session:
        row = session.get(AttemptRecord, (folder.name, 1))
    assert row is not None and (row.pid, row.state) == (1, "running")


def test_another_file_in_the_place_of_the_old_starts_afresh(index: RunIndex, folder: Path) -> None:
    path = folder / "events.jsonl"
    long = "".join(
        f'{{"id":{n},"t":1,"kind":"metric","step":{n},"values":{{"old":1}}}}\n' for n in range(1, 9)
    )
    path.write_text(long)
    take_in(index.db, folder.name, RUNNING)
    path.write_text('{"id":1,"t":1,"kind":"metric","step":1,"values":{"new":1}}\n')
    take_in(index.db, folder.name, RUNNING)
    assert index.metrics(folder.name).keys == ["new"]


def metric(number: int, step: int, **values: float) -> dict[str, Any]:
    return {"id": number, "t": 0, "kind": "metric", "step": step, "values": values}


def test_of_many_metrics_at_one_look_the_newest_step_is_shown_whole() -> None:
    told = shown([metric(1, 10, a=1), metric(2, 20, a=2), {"id": 3, "kind": "log"}, metric(4, 20, b=3)])
    assert [(e["id"], e.get("values")) for e in told] == [(3, None), (4, {"a": 2, "b": 3})]


def test_a_flood_of_prints_does_not_reach_the_page_but_states_do() -> None:
    flood: list[dict[str, Any]] = [{"id": n, "kind": "log"} for n in range(2, 5000)]
    told = shown([{"id": 1, "kind": "state"}, *flood])
    assert told[0]["kind"] == "state" and len(told) == 501 and told[-1]["id"] == 4999


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(
    st.fixed_dictionaries(
        {"id": st.integers()},
        optional={
            "t": json_values,
            "kind": st.sampled_from(["metric", "state", "sample", "log"]) | json_values,
            "step": json_values,
            "values": json_values,
            "state": json_values,
            "level": json_values,
            "message": json_values,
            "name": json_values,
            "data": json_values,
        },
    )
)
def test_whatever_lies_in_a_run_folder_is_taken_or_left(raw: dict[str, Any]) -> None:
    event = readable("run", raw)
    if event is not None:
        assert isinstance(event["t"], int | float) and isinstance(event["kind"], str)
