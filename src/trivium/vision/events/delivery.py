"""Webhooks on their way: each tried until it is taken, waiting longer each time, in a thread of its own.

A slow or dead receiver holds nothing up. What is refused for good (a wrong address, a 4xx) is told once and dropped;
so is what is still on its way when the program ends, for it waits in memory alone.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from trivium.errors import StudioError
from trivium.vision.events import outside
from trivium.vision.events.rules import Firing, Webhook
from trivium.vision.stream.clock import Clock, RealClock

WAITS_S = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0)  # before the second try, the third ...; then it is given up
MOST_WAITING = 1000

Post = Callable[[str, dict[str, Any], str, bool], int]


@dataclass(order=True)
class Parcel:
    """One webhook on its way."""

    due: float
    order: int
    url: str = field(compare=False)
    body: dict[str, Any] = field(compare=False)
    key: str = field(compare=False)
    allow_private: bool = field(compare=False)
    tries: int = field(default=0, compare=False)


class Courier:
    """Takes firings and delivers their webhooks. `say` hears of what could not be delivered."""

    def __init__(self, say: Callable[[str], None] = lambda _text: None, clock: Clock | None = None,
                 post: Post = outside.post) -> None:
        self.say, self.clock, self.post = say, clock or RealClock(), post
        self.waiting: list[Parcel] = []
        self.numbers = itertools.count()
        self.delivered = self.dropped = 0
        self.changed, self.ended, self.busy = threading.Condition(), False, False
        self.thread: threading.Thread | None = None

    def take(self, firing: Firing) -> None:
        """Queue the webhooks of a rule that came true."""
        for action in firing.rule.then:
            if isinstance(action, Webhook):
                self.put(action, firing.body(), firing.id)

    def put(self, action: Webhook, body: dict[str, Any], key: str) -> None:
        """Queue one; beyond a thousand that wait, and once it is closed, the new one is told and dropped."""
        with self.changed:
            if self.ended or len(self.waiting) >= MOST_WAITING:
                self.dropped += 1
                self.say("Webhooks are no longer delivered; one was dropped." if self.ended else
                         f"{MOST_WAITING} webhooks wait already; one was dropped.")
                return
            heapq.heappush(self.waiting, Parcel(self.clock.monotonic(), next(self.numbers), action.url, body, key,
                                                action.allow_private))
            if self.thread is None:
                self.thread = threading.Thread(target=self._work, daemon=True, name="webhooks")
                self.thread.start()
            self.changed.notify_all()

    def try_due(self) -> None:
        """Try whatever is due now."""
        while not self.ended:
            with self.changed:
                if not self.waiting or self.waiting[0].due > self.clock.monotonic():
                    return
                parcel, self.busy = heapq.heappop(self.waiting), True
            try:
                self._try(parcel)
            finally:
                with self.changed:
                    self.busy = False
                    self.changed.notify_all()

    def _try(self, parcel: Parcel) -> None:
        try:
            self.post(parcel.url, parcel.body, parcel.key, parcel.allow_private)
        except StudioError as error:
            if getattr(error, "again", False) and parcel.tries < len(WAITS_S):
                parcel.due = self.clock.monotonic() + WAITS_S[parcel.tries]
                parcel.tries += 1
                with self.changed:
                    heapq.heappush(self.waiting, parcel)
                return
            with self.changed:
                self.dropped += 1
            self.say(f"A webhook was not delivered. {error}")
        else:
            with self.changed:
                self.delivered += 1

    def _work(self) -> None:
        while not self.ended:
            self.try_due()
            with self.changed:
                if self.ended:
                    return
                due = self.waiting[0].due if self.waiting else None
                self.changed.wait(None if due is None else max(0.0, due - self.clock.monotonic()))

    def drain(self, patience_s: float) -> bool:
        """Wait until nothing waits any more, at most so long."""
        with self.changed:
            return self.changed.wait_for(lambda: not self.waiting and not self.busy, patience_s)

    def close(self) -> None:
        """Stop; what still waits is told and counted."""
        with self.changed:
            self.ended = True
            self.changed.notify_all()
        if self.thread is not None:
            with contextlib.suppress(RuntimeError):
                self.thread.join(outside.TIMEOUT_S + 1.0)
        with self.changed:  # the one that was being tried is delivered by now, waits again, or hangs
            left = len(self.waiting) + self.busy
            self.waiting.clear()
            self.dropped += left
        if left:
            self.say(f"{left} webhooks were not delivered; their receivers did not answer.")
