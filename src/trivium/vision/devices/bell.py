"""Requests of devices that wait until what they are to run has changed.

A waiting request costs an entry here: no thread, and no question to the database of its own. Whoever changes something
in this process rings; what other processes change (the command line) is looked for once a second, for all who wait in
one query, and only while somebody waits.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool

LOOK_S = 1.0


@dataclass(eq=False)
class Waiter:
    """A device's request, and the mark of what it has."""

    known: str
    rung: asyncio.Event = field(default_factory=asyncio.Event)


class Bell:
    """`marks` tells for some devices by which mark each one's wanted state goes; none for one that is gone."""

    def __init__(self, marks: Callable[[Collection[str]], Mapping[str, str]]) -> None:
        self.marks, self.closed = marks, False
        self.waiters: dict[str, Waiter] = {}
        self.loop: asyncio.AbstractEventLoop | None = None
        self.looking: asyncio.Task[None] | None = None

    async def wait(self, device: str, known: str, seconds: float) -> None:
        """Come back as soon as the device's mark is no longer `known`, at latest after `seconds`.

        One request of a device waits: an older one comes back at once.
        """
        self._wake(device)
        waiter = self.waiters[device] = Waiter(known)
        self.loop = asyncio.get_running_loop()
        try:
            if self.closed or await self._mark(device) != known:
                return
            if self.looking is None or self.looking.done():
                self.looking = asyncio.create_task(self._look(), name="wanted states")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(waiter.rung.wait(), seconds)
        finally:
            if self.waiters.get(device) is waiter:
                del self.waiters[device]

    async def _mark(self, device: str) -> str | None:
        return (await run_in_threadpool(self.marks, [device])).get(device)

    def ring(self, device: str) -> None:
        """What the device is to run has changed. May be called from any thread."""
        if self.loop is not None:
            with contextlib.suppress(RuntimeError):  # the server has ended
                self.loop.call_soon_threadsafe(self._wake, device)

    def _wake(self, device: str) -> None:
        if (waiter := self.waiters.get(device)) is not None:
            waiter.rung.set()

    async def _look(self) -> None:
        """As long as somebody waits."""
        while self.waiters and not self.closed:
            await asyncio.sleep(LOOK_S)
            waiting = dict(self.waiters)
            try:
                now = await run_in_threadpool(self.marks, list(waiting))
            except Exception:  # a database that is locked for once is asked again; nobody waits longer than they said
                continue
            for device, waiter in waiting.items():
                if now.get(device) != waiter.known:
                    waiter.rung.set()

    def close(self) -> None:
        """Let everybody go, so that the server can end."""
        self.closed = True
        for waiter in self.waiters.values():
            waiter.rung.set()
