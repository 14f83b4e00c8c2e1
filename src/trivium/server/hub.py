"""From the tailer to every open page: the events of the outbox, handed to each subscriber's own queue.

A page that reads too slowly is not waited for: its queue is emptied and it is told to fetch everything again.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sqlalchemy import func, select

from trivium.core.db import Database
from trivium.core.records import EventRecord

QUEUE_LENGTH = 2000
LONGEST_GAP = (
    2000  # events that are told again after a lost connection; beyond it the page fetches everything
)
MAX_SUBSCRIBERS = 200


@dataclass(frozen=True)
class Message:
    """One event as the stream sends it. An id of None does not move the browser's ``Last-Event-ID``."""

    kind: str
    data: str
    id: int | None
    run: str | None = None

    def encode(self) -> bytes:
        head = f"id: {self.id}\n" if self.id is not None else ""
        return f"{head}event: {self.kind}\ndata: {self.data}\n\n".encode()


@dataclass(eq=False)
class Subscriber:
    run: str | None
    queue: asyncio.Queue[Message | None] = field(default_factory=lambda: asyncio.Queue(QUEUE_LENGTH))


class EventHub:
    """Subscribers of the live stream. Only used from the event loop."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.subscribers: set[Subscriber] = set()
        self.closed = False
        self.farewells: list[Callable[[], None]] = []  # of others whose requests wait, called as the streams end

    def publish(self, records: Iterable[EventRecord]) -> None:
        for record in records:
            message = to_message(record)
            for subscriber in self.subscribers:
                if subscriber.run in (None, record.run_id):
                    _put(subscriber, message)

    def subscribe(self, run: str | None) -> Subscriber:
        subscriber = Subscriber(run)
        self.subscribers.add(subscriber)
        return subscriber

    def unsubscribe(self, subscriber: Subscriber) -> None:
        self.subscribers.discard(subscriber)

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        self.closed = True
        for subscriber in self.subscribers:
            _empty(subscriber.queue)
            subscriber.queue.put_nowait(None)
        for farewell in self.farewells:
            farewell()

    def newest_id(self) -> int:
        with self.db.read() as session:
            return session.scalar(select(func.max(EventRecord.id))) or 0

    def gap(self, last_id: str | None, run: str | None) -> tuple[int, list[Message]]:
        """Where the stream goes on, and what is sent first to a page that saw everything up to
        ``last_id``.
        """
        newest = self.newest_id()
        if last_id is None:
            return newest, []
        if not (last_id.isascii() and last_id.isdigit() and len(last_id) < 19) or int(last_id) > newest:
            return newest, [reset(newest)]
        query = select(EventRecord).where(EventRecord.id > int(last_id), EventRecord.id <= newest)
        if run is not None:
            query = query.where(EventRecord.run_id == run)
        with self.db.read() as session:
            missed = list(session.scalars(query.order_by(EventRecord.id).limit(LONGEST_GAP + 1)))
        if len(missed) > LONGEST_GAP:
            return newest, [reset(newest)]
        return newest, [to_message(record) for record in missed]


def to_message(record: EventRecord) -> Message:
    data = json.dumps(
        {"run": record.run_id, **record.data}, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )
    return Message(record.kind, data, record.id, record.run_id)


def reset(newest: int | None) -> Message:
    return Message("reset", '{"kind":"reset","run":null}', newest)


def _put(subscriber: Subscriber, message: Message) -> None:
    if subscriber.queue.full():
        _empty(subscriber.queue)
        subscriber.queue.put_nowait(reset(message.id))
        return
    subscriber.queue.put_nowait(message)


def _empty(queue: asyncio.Queue[Message | None]) -> None:
    while not queue.empty():
        queue.get_nowait()
