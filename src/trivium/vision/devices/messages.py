"""What devices deliver, as rows of the database; each once, by its number or by its id."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from trivium.core.events import clean, plain
from trivium.core.records import DeviceEventRecord
from trivium.vision.devices import frames
from trivium.vision.devices.views import Delivery


def known_of(session: Any, device: str, epoch: str, wanted: Iterable[DeviceEventRecord]) -> set[Any]:
    """Numbers and ids of those that are kept already, by whichever way they came."""
    numbers, ids = [each.seq for each in wanted], [each.event_id for each in wanted]
    mine = DeviceEventRecord.device_id == device
    by_number = session.scalars(select(DeviceEventRecord.seq).where(mine, DeviceEventRecord.epoch == epoch,
                                                                    DeviceEventRecord.seq.in_(numbers)))
    by_id = session.scalars(select(DeviceEventRecord.event_id).where(mine, DeviceEventRecord.event_id.in_(ids)))
    return {*by_number, *by_id}


def records_of(device: str, delivery: Delivery, now: float, publish: bool) -> dict[str, list[DeviceEventRecord]]:
    """The messages of a delivery as rows, by epoch; those of single frames have one of their own."""
    found: dict[str, list[DeviceEventRecord]] = {}
    for each in delivery.messages:
        if each.body.get("kind") == frames.MESSAGE:
            rows = [(*place, False) for place in frames.unpacked(delivery.epoch, each.seq, each.body)]
        else:
            rows = [(delivery.epoch, each.seq, each.body, publish)]
        for epoch, seq, body, told in rows:
            found.setdefault(epoch, []).append(record_of(device, epoch, seq, body, now, told))
    return found


def record_of(device: str, epoch: str, seq: int, body: dict[str, Any], now: float, publish: bool = False
              ) -> DeviceEventRecord:
    """A message as a row; a clock that is wrong by more than forty days is not believed."""
    body = plain(clean(body, [])) or {}
    said = body.get("time")
    right = isinstance(said, int | float) and abs(now - said) < 40 * 86_400.0
    project, own = body.get("project"), body.get("id")
    if body.get("kind") == "rule" and isinstance(body.get("event"), dict):
        project = body["event"].get("project", project)
    return DeviceEventRecord(device_id=device, epoch=epoch, seq=seq, time=float(said) if right else now,  # type: ignore[arg-type]
                             project=str(project)[:64] if project is not None else None,
                             kind=str(body.get("kind", ""))[:32], body=body, to_publish=publish,
                             event_id=own[:64] if isinstance(own, str) and own else f"{epoch}-{seq}")
