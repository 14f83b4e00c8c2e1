"""Time for watching: the machine's, or a simulated one for tests and for trying rules."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time and waits."""

    def monotonic(self) -> float: ...
    def unix(self) -> float: ...
    def sleep(self, seconds: float) -> None: ...


class RealClock:
    """The machine's."""

    def monotonic(self) -> float:
        return time.monotonic()

    def unix(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds))


class SimulatedClock:
    """Time that passes only where somebody waits or moves it."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def monotonic(self) -> float:
        return self.now

    def unix(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += max(0.0, seconds)


class Ticks:
    """Moments at a fixed rate. Each is counted from the first, so that lateness never adds up; those missed are
    passed over and counted.
    """

    def __init__(self, rate_fps: float, clock: Clock) -> None:
        self.rate_fps, self.clock = rate_fps, clock
        self.begin = clock.monotonic()
        self.number, self.missed = 0, 0

    def wait(self, at_most_until: float = float("inf")) -> int:
        """Sleep until the next moment, at most until another one, and return its number."""
        due = int((self.clock.monotonic() - self.begin) * self.rate_fps + 1e-9)
        if due > self.number:
            self.missed += due - self.number
            self.number = due
        self.clock.sleep(min(self.begin + self.number / self.rate_fps, at_most_until) - self.clock.monotonic())
        self.number += 1
        return self.number - 1
