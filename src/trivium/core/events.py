"""A run's diary: events.jsonl, one JSON object a line, ids rising, append-only.

Kinds: metric, state, sample, log. One write() a line, so that readers see whole lines or a torn last one, which they
leave alone and the next attempt cuts off. Never NaN: null, and the keys under "nonfinite".
"""

from __future__ import annotations

import json
import math
import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from trivium.core import files

KINDS = ("metric", "state", "sample", "log")
MAX_TEXT = 16_000  # characters of one string; a learner's print may be any length
MAX_DEPTH = 12
TAIL_BYTES = 1 << 20


def clean(value: Any, nonfinite: list[str], key: str = "", depth: int = 0) -> Any:
    """`value` as plain JSON: numpy scalars and arrays unpacked, NaN and infinity as null and named in `nonfinite`."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value if len(value) <= MAX_TEXT else value[:MAX_TEXT] + " … (cut)"
    if isinstance(value, int):
        if abs(value) < 2**63:
            return int(value)
        value = math.inf  # no reader of JSON can be trusted with more than 64 bits
    if isinstance(value, float):
        if math.isfinite(value):
            return float(value)
        nonfinite.append(key)
        return None
    if hasattr(value, "tolist"):  # numpy scalar or array, torch tensor
        return clean(value.tolist(), nonfinite, key, depth)
    if depth >= MAX_DEPTH:
        return str(type(value).__name__)
    if isinstance(value, Mapping):
        return {str(k): clean(v, nonfinite, f"{key}.{k}" if key else str(k), depth + 1) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [clean(v, nonfinite, f"{key}.{i}" if key else str(i), depth + 1) for i, v in enumerate(value)]
    return clean(str(value), nonfinite, key, depth)


class EventWriter:
    """Appends events. Opening repairs a torn last line and goes on after the last id."""

    def __init__(self, path: Path) -> None:
        self.path = path
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self._fd = os.open(path, flags, 0o644)
        self._lock = threading.Lock()
        self._next_id = _repair(self._fd) + 1

    def write(self, kind: str, **values: Any) -> int:
        """Append one event and return its id."""
        nonfinite: list[str] = []
        body = {name: clean(value, nonfinite, "" if name in ("values", "data") else name)
                for name, value in values.items()}
        if nonfinite:
            body["nonfinite"] = nonfinite
        with self._lock:
            event = {"id": self._next_id, "t": round(time.time(), 3), "kind": kind, **body}
            line = json.dumps(event, allow_nan=False, separators=(",", ":")) + "\n"
            with files.disk_full_guard():
                files.write_all(self._fd, line.encode("ascii"))
            self._next_id += 1
            return int(event["id"])

    def sync(self) -> None:
        """Make what was written last."""
        os.fsync(self._fd)

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)


def _repair(fd: int) -> int:
    """Cut off a torn last line; the last id in the file, 0 if none."""
    size = os.fstat(fd).st_size
    keep = size
    span = TAIL_BYTES
    while True:
        start = max(0, size - span)
        os.lseek(fd, start, os.SEEK_SET)
        data = _read_exactly(fd, size - start)
        end = data.rfind(b"\n") + 1
        lines = data[:end].split(b"\n") if end else []
        if start:
            lines = lines[1:]  # the first may lack its beginning
        last = next((event["id"] for event in map(parse_line, reversed(lines)) if event), None)
        if last is not None or start == 0:
            keep = start + end
            break
        span *= 8
    if keep < size:
        os.ftruncate(fd, keep)
    return int(last or 0)


def _read_exactly(fd: int, count: int) -> bytes:
    parts: list[bytes] = []
    while count > 0:
        part = os.read(fd, count)
        if not part:
            break
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def parse_line(line: bytes) -> dict[str, Any] | None:
    """The event in a line, None for a damaged one."""
    if not line.strip():
        return None
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) and isinstance(event.get("id"), int) else None


def plain(event: dict[str, Any]) -> dict[str, Any] | None:
    """The event as JSON that can be sent anywhere, None where it is not: a learner's code may write here too."""
    try:
        text = json.dumps(event, allow_nan=False, ensure_ascii=False)
        sendable: dict[str, Any] = json.loads(text.encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return sendable


class EventTail:
    """Reads what is new since the last look. `offset` may be stored and given back after a restart."""

    def __init__(self, path: Path, offset: int = 0) -> None:
        self.path = path
        self.offset = offset

    def read(self, max_bytes: int = 4 << 20) -> list[dict[str, Any]]:
        """The new whole events; a torn last line is left for the next look."""
        try:
            with self.path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                if size < self.offset:  # another file took its place
                    self.offset = 0
                file.seek(self.offset)
                data = file.read(max_bytes)
                end = data.rfind(b"\n") + 1
                while not end and len(data) == max_bytes:  # one line longer than the buffer
                    max_bytes *= 4
                    file.seek(self.offset)
                    data = file.read(max_bytes)
                    end = data.rfind(b"\n") + 1
        except FileNotFoundError:
            return []
        self.offset += end
        return [event for event in map(parse_line, data[:end].split(b"\n")) if event]


def read_events(path: Path, after: int = 0, kind: str | None = None, name: str | None = None,
                limit: int | None = None) -> list[dict[str, Any]]:
    """Events with an id above `after`, oldest first, of one kind or sample name if given, at most `limit`."""
    found: list[dict[str, Any]] = []
    for event in iterate(path):
        if event["id"] <= after or (kind and event.get("kind") != kind) or (name and event.get("name") != name):
            continue
        found.append(event)
        if limit is not None and len(found) >= limit:
            break
    return found


def iterate(path: Path) -> Iterator[dict[str, Any]]:
    """Every whole event in the file."""
    tail = EventTail(path)
    while events := tail.read():
        yield from events


def metrics(events: Iterable[dict[str, Any]], since_step: int = -1) -> dict[str, list[list[float | None]]]:
    """{key: [[step, value], ...]} by rising step. A step repeated after a resume counts once: the latest wins."""
    rows: dict[str, dict[int, Any]] = {}
    for event in events:
        step, values = event.get("step"), event.get("values")
        if event.get("kind") != "metric" or not isinstance(step, int) or step <= since_step:
            continue
        for key, value in values.items() if isinstance(values, dict) else ():  # a learner's code may write here too
            rows.setdefault(key, {})[step] = value if isinstance(value, int | float) and math.isfinite(value) else None
    return {key: [[step, by_step[step]] for step in sorted(by_step)] for key, by_step in rows.items()}
