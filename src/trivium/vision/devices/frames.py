"""Every frame's event of a project that wants them kept: gathered on the device, kept in the database, exported.

A device sends frames by the bundle, as messages of its outbox, so that ten of them a second cost no ten writes. In the
database each is a row; the oldest go by number and by age.
"""

from __future__ import annotations

import csv
import io
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pydantic import ValidationError
from sqlalchemy import delete, func, select, tuple_

from trivium.core.db import Database
from trivium.core.records import DeviceEventRecord, DeviceRecord
from trivium.vision.events.event import Event, plain

MESSAGE, KIND = "frames", "frame"
MOST_IN_ONE, MOST_BYTES, AT_LATEST_S = 50, 200_000, 1.0
KEPT_FRAMES, KEPT_DAYS = 200_000, 30.0  # of each device
NUMBERS = 1000  # of a message's frames, behind the message's own
CHUNK = 1000
COLUMNS = ("time", "device", "project", "model", "task", "source", "file", "frame", "time_s", "width", "height",
           "label", "confidence", "top", "boxes", "masks", "latency_ms", "id")
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would compute


class Gathering:
    """Frames on a device that wait to be told together. Safe to use from two threads."""

    def __init__(self, project: str, tell: Callable[[dict[str, Any]], Any]) -> None:
        self.project, self.tell, self.lock = project, tell, threading.Lock()
        self.rows: list[dict[str, Any]] = []
        self.size, self.begun = 0, 0.0

    def add(self, event: Event) -> None:
        """One more."""
        row = plain(event)
        with self.lock:
            length = len(json.dumps(row))
            if self.rows and self.size + length > MOST_BYTES:
                self._tell()
            self.begun = self.begun if self.rows else time.monotonic()
            self.rows.append(row)
            self.size += length
            if len(self.rows) >= MOST_IN_ONE:
                self._tell()
        self.look()

    def look(self, at_once: bool = False) -> None:
        """Tell what has waited long enough."""
        with self.lock:
            if self.rows and (at_once or time.monotonic() - self.begun >= AT_LATEST_S):
                self._tell()

    def _tell(self) -> None:
        self.tell({"kind": MESSAGE, "project": self.project, "time": self.rows[0]["time"], "events": self.rows})
        self.rows, self.size = [], 0


def unpacked(epoch: str, seq: int, body: dict[str, Any]) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """(epoch, number, body) of each frame in a message; what is no event is passed over."""
    rows = body.get("events")
    for k, row in enumerate(rows[:NUMBERS] if isinstance(rows, list) else []):
        try:
            event = Event.model_validate(row)
        except ValidationError:
            continue
        own = event.id or f"{epoch}-{seq}-{k}"
        yield f"{epoch[:31]}!", seq * NUMBERS + k, {**plain(event), "kind": KIND, "project": body.get("project"),
                                                   "id": f"{KIND}-{own}"[:64]}


def prune(session: Any, device: str, now: float) -> None:
    """The oldest go."""
    mine = (DeviceEventRecord.device_id == device, DeviceEventRecord.kind == KIND)
    oldest = session.scalar(select(DeviceEventRecord.time).where(*mine).order_by(
        DeviceEventRecord.time.desc()).offset(KEPT_FRAMES).limit(1))
    session.execute(delete(DeviceEventRecord).where(
        *mine, DeviceEventRecord.time <= max(oldest or 0.0, now - KEPT_DAYS * 86_400.0)))


def frames(db: Database, device: str | None = None, project: str | None = None, since: float | None = None,
           until: float | None = None, most: int | None = None) -> Iterator[dict[str, Any]]:
    """Frames in the order of their time; device by its id."""
    row = DeviceEventRecord
    place = (row.time, row.device_id, row.epoch, row.seq)
    query = select(row, DeviceRecord.name).join(DeviceRecord).where(row.kind == KIND).order_by(*place)
    for column, value in ((row.device_id, device), (row.project, project)):
        query = query if value is None else query.where(column == value)
    query = query if since is None else query.where(row.time >= since)
    query = query if until is None else query.where(row.time < until)
    last: tuple[Any, ...] | None = None
    while most is None or most > 0:
        here = query if last is None else query.where(tuple_(*place) > last)
        with db.read() as session:
            found = session.execute(here.limit(CHUNK if most is None else min(CHUNK, most))).all()
        for each, name in found:
            yield {**each.body, "device": name, "id": str(each.body.get("id", "")).removeprefix(f"{KIND}-")}
        if not found:
            return
        newest = found[-1][0]
        last = (newest.time, newest.device_id, newest.epoch, newest.seq)
        most = None if most is None else most - len(found)


def count(db: Database, device: str) -> int:
    """How many frames of a device are kept."""
    with db.read() as session:
        return int(session.scalar(select(func.count()).where(DeviceEventRecord.device_id == device,
                                                             DeviceEventRecord.kind == KIND)) or 0)


def lines(rows: Iterable[dict[str, Any]], form: str) -> Iterator[str]:
    """Rows as JSON lines or as CSV, a line at a time."""
    if form == "jsonl":
        for row in rows:
            yield json.dumps(row, ensure_ascii=False) + "\n"
        return
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        yield _taken(out)
        writer.writerow([_cell(row, name) for name in COLUMNS])
    yield _taken(out)


def _taken(out: io.StringIO) -> str:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text


def _cell(row: dict[str, Any], name: str) -> Any:
    """A value in a table: several things are JSON, of masks what they cover; no text is a formula."""
    value = row.get(name)
    if name == "masks" and isinstance(value, list):
        value = [{key: each.get(key) for key in ("label", "share")} for each in value]
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
