"""What devices said and the broker is still to get; and what they say to the broker, kept like the rest."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from sqlalchemy import func, select, update

from trivium.core.files import sha256_bytes
from trivium.core.records import DeviceEventRecord, DeviceRecord
from trivium.vision.devices.messages import known_of, record_of
from trivium.vision.devices.registry import Registry
from trivium.vision.events.event import Event
from trivium.vision.events.mqtt import level

TOPICS = {"seen": "events", "rule": "rules"}  # of kinds; others are called as they are
KINDS = {"events": "seen", "rules": "rule"}
BY_MQTT = "mqtt"  # in the place of an outbox's epoch
NO_PROJECT = "device"
PREFIX = "trivium"


@dataclass(frozen=True)
class Letter:
    """A message for the broker."""

    key: str
    device: str
    epoch: str
    seq: int
    topics: tuple[str, ...]
    payload: bytes


def to_publish(registry: Registry, most: int = 100) -> list[Letter]:
    """The oldest that the broker is still to get."""
    query = (select(DeviceEventRecord, DeviceRecord.name).join(DeviceRecord).where(DeviceEventRecord.to_publish)
             .order_by(DeviceEventRecord.time, DeviceEventRecord.seq).limit(most))
    with registry.db.read() as session:
        return [_letter(row, name) for row, name in session.execute(query)]


def _letter(row: DeviceEventRecord, name: str) -> Letter:
    key = row.event_id or f"{row.epoch}-{row.seq}"
    begin = f"{PREFIX}/{level(name)}/{level(row.project or NO_PROJECT)}"
    own = [str(each["topic"]) for each in row.body.get("then", []) if isinstance(each, dict) and each.get("topic")
           ] if row.kind == "rule" and isinstance(row.body.get("then"), list) else []
    topics = tuple(f"{begin}/{each}" for each in (own or [TOPICS.get(row.kind, level(row.kind))]))
    body = {**row.body, "id": key, "kind": row.kind}
    return Letter(key, row.device_id, row.epoch, row.seq, topics, json.dumps(body, ensure_ascii=False).encode())


def published(registry: Registry, letters: list[Letter]) -> None:
    """The broker has them."""
    with registry.db.write() as session:
        for each in letters:
            session.execute(update(DeviceEventRecord).where(
                DeviceEventRecord.device_id == each.device, DeviceEventRecord.epoch == each.epoch,
                DeviceEventRecord.seq == each.seq).values(to_publish=False))


def hear(registry: Registry, topic: str, payload: bytes) -> bool:
    """Keep what a device has said to the broker itself, once; whether it was new. Anything else is passed over."""
    prefix, name, project, kind = ([*topic.split("/"), "", "", "", ""])[:4]
    if prefix != PREFIX or kind not in KINDS or topic.count("/") != 3:
        return False
    try:
        body = _body(json.loads(payload), KINDS[kind], name)
    except (ValueError, RecursionError, ValidationError):
        return False
    with registry.db.write() as session:
        rows = session.scalars(select(DeviceRecord).where(DeviceRecord.revoked_at.is_(None))).all()
        device = next((row.id for row in rows if level(row.name) == name), None)
        if device is None:
            return False
        last = session.scalar(select(func.max(DeviceEventRecord.seq)).where(
            DeviceEventRecord.device_id == device, DeviceEventRecord.epoch == BY_MQTT))
        record = record_of(device, BY_MQTT, (last or 0) + 1, {"project": project, "id": sha256_bytes(payload), **body},
                           time.time())
        if record.event_id in known_of(session, device, BY_MQTT, [record]):
            return False
        session.add(record)
        registry.prune(session, device, 1)
    return True


def _body(said: Any, kind: str, device: str) -> dict[str, Any]:
    """The message as an outbox would have delivered it."""
    if kind == "rule":
        event = Event.model_validate(said["event"]) if isinstance(said, dict) and "event" in said else None
        if event is None:
            raise ValueError("no rule")
        return {**said, "kind": kind, "event": {**event.model_dump(mode="json"), "device": device}}
    return {**Event.model_validate(said).model_dump(mode="json", exclude_none=True), "kind": kind, "device": device}
