"""What run folders say, taken into the database: status, metrics, and the outbox of the live stream.

Events are read from a byte offset that is stored in the same transaction as what was read, so after any
crash each line counts once. Every value goes into the metrics table; of several metric events in one look
only the newest step goes into the live stream, which holds it at a few a second for each run. A run's own
code can write into its folder, so lines that are not events are left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from trivium.core import files
from trivium.core.db import Database
from trivium.core.events import EventTail, plain
from trivium.core.records import AttemptRecord, EventRecord, MetricRecord, RunRecord
from trivium.core.status import FINAL, Status
from trivium.core.views import RunEvent

BYTES_A_LOOK = 1 << 20
MAX_KEYS = 200  # metric names of one run
MAX_SHOWN = 500  # events of one run that go into the live stream at one look
KEY_LENGTH = 100

_EVENT: TypeAdapter[Any] = TypeAdapter(RunEvent)


def take_in(db: Database, run_id: str, status: Status) -> list[EventRecord]:
    """Read what is new in one run; the events for the live stream, with their outbox ids."""
    with db.read() as session:
        row = session.get(RunRecord, run_id)
    if row is None:
        return []
    path = Path(row.folder) / files.EVENTS
    tail = EventTail(path, row.events_offset)
    events = [e for e in (readable(run_id, raw) for raw in tail.read(BYTES_A_LOOK)) if e is not None]
    seen = status.to_dict()
    if not events and seen == row.status and tail.offset == row.events_offset:
        return []
    with db.write() as session:
        kept = session.get(RunRecord, run_id)
        if kept is None or kept.events_offset != row.events_offset:
            return []
        if tail.offset < row.events_offset:  # another file took its place
            session.execute(delete(EventRecord).where(EventRecord.run_id == run_id))
            session.execute(delete(MetricRecord).where(MetricRecord.run_id == run_id))
        records = [_record(run_id, e) for e in shown(events)]
        if status.state != kept.state and not any(
            e["kind"] == "state" and e["state"] == status.state for e in events
        ):
            records.append(_record(run_id, _told_state(session, run_id, status, events)))
        _keep_metrics(session, run_id, events)
        _keep_attempt(session, run_id, status)
        kept.events_offset, kept.status, kept.state = tail.offset, seen, status.state
        session.add_all(records)
        session.flush()
    return records


def is_read(row: RunRecord, status: Status) -> bool:
    """Whether a finished run has been read to its end."""
    if status.state not in FINAL or row.status != status.to_dict():
        return False
    try:
        return (Path(row.folder) / files.EVENTS).stat().st_size <= row.events_offset
    except OSError:
        return True


def readable(run_id: str, raw: dict[str, Any]) -> dict[str, Any] | None:
    """The event as plain JSON that can be sent, or None where it is not an event."""
    event = plain(raw)
    if event is None:
        return None
    try:
        _EVENT.validate_python({**event, "run": run_id})
    except (ValueError, ValidationError, RecursionError):
        return None
    fits = abs(event["id"]) < 2**63 and abs(event.get("step") or 0) < 2**63
    return event if fits else None


def shown(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What goes into the live stream: all but the older metric steps, and no more than a person could
    follow.
    """
    metrics = [e for e in events if e["kind"] == "metric"]
    newest = [e for e in metrics if e["step"] == metrics[-1]["step"]] if metrics else []
    if newest:
        values = {key: value for e in newest for key, value in e["values"].items()}
        newest = [{**newest[-1], "values": values}]
    others = [e for e in events if e["kind"] != "metric"]
    states = [e for e in others if e["kind"] == "state"]
    rest = [e for e in others if e["kind"] != "state"][-MAX_SHOWN:]
    return sorted(states + rest + newest, key=lambda e: int(e["id"]))


def _record(run_id: str, event: dict[str, Any]) -> EventRecord:
    name = event.get("name")
    return EventRecord(
        run_id=run_id,
        seq=event["id"],
        kind=event["kind"],
        data=event,
        name=name[:KEY_LENGTH] if isinstance(name, str) else None,
    )


def _told_state(
    session: Session, run_id: str, status: Status, events: list[dict[str, Any]]
) -> dict[str, Any]:
    """A state that the run itself did not report, such as the end of a process that was killed."""
    last = (
        events[-1]["id"]
        if events
        else session.scalar(
            select(EventRecord.seq)
            .where(EventRecord.run_id == run_id)
            .order_by(EventRecord.id.desc())
            .limit(1)
        )
    )
    return {
        "id": last or 0,
        "t": status.updated_at or status.finished_at or 0.0,
        "kind": "state",
        "state": status.state,
        "reason": status.reason,
        "message": status.message,
        "hint": status.hint,
    }


def _keep_metrics(session: Session, run_id: str, events: Iterable[dict[str, Any]]) -> None:
    """Latest value wins for each (run, key, step)."""
    found: dict[tuple[str, int], float | None] = {}
    for event in events:
        if event["kind"] == "metric":
            for key, value in list(event["values"].items())[:MAX_KEYS]:
                found[key[:KEY_LENGTH], event["step"]] = value
    if not found:
        return
    rows = [
        {"run_id": run_id, "key": key, "step": step, "value": value} for (key, step), value in found.items()
    ]
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    insert = dialect.insert(MetricRecord)
    session.execute(
        insert.on_conflict_do_update(
            index_elements=["run_id", "key", "step"], set_={"value": insert.excluded.value}
        ),
        rows,
    )


def _keep_attempt(session: Session, run_id: str, status: Status) -> None:
    if status.attempt:
        session.merge(
            AttemptRecord(
                run_id=run_id,
                attempt=status.attempt,
                pid=status.pid,
                state=status.state,
                create_time=status.create_time,
                boot_id=status.boot_id,
                reason=status.reason,
                started_at=status.started_at,
                finished_at=status.finished_at,
            )
        )
