"""How it stands between a device and its studio. Several threads say so here; each trouble is told once."""

from __future__ import annotations

import threading
from collections.abc import Callable

WAITS_S = (1.0, 2.0, 5.0, 10.0, 30.0)  # before what went wrong is tried again


class Line:
    """The troubles of the parts of an agent: fetching, delivering, watching. Safe to use from several threads."""

    def __init__(self, url: str, say: Callable[[str], None]) -> None:
        self.url, self.say = url, say
        self.troubles: dict[str, str] = {}
        self.tries: dict[str, int] = {}
        self.told, self.lock = "", threading.Lock()

    def well(self, part: str) -> None:
        """A part works."""
        with self.lock:
            self.tries.pop(part, None)
            if self.troubles.pop(part, None) is not None:
                self._tell()

    def trouble(self, part: str, text: str) -> None:
        """A part does not; it is tried again later and later."""
        with self.lock:
            self.tries[part] = self.tries.get(part, 0) + 1
            self.troubles[part] = text
            self._tell()

    def pause(self, part: str, usual_s: float) -> float:
        """How long to wait before a part is tried again."""
        with self.lock:
            tries = self.tries.get(part, 0)
        return WAITS_S[min(tries, len(WAITS_S)) - 1] if tries else usual_s

    @property
    def trouble_now(self) -> str:
        """Every trouble, in a line; empty where there is none."""
        with self.lock:
            return self._line()

    def _line(self) -> str:
        return " ".join(dict.fromkeys(self.troubles.values()))

    def _tell(self) -> None:
        line = self._line()
        if line != self.told:
            self.told = line
            self.say(line or f"Connected to {self.url}.")
