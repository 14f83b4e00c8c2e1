"""Watching inside the studio: each source in a thread, its newest event and view kept for whoever looks.

Nobody who looks holds it up: a viewer is given what is newest when it is ready for more, and misses the rest. Views are
made only while somebody looks. What was settled, and rules that came true, are kept for a while, newest first.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trivium.core.spec import new_id
from trivium.errors import NotFound, StudioError
from trivium.vision.events.delivery import Courier
from trivium.vision.events.event import Event
from trivium.vision.events.rules import Engine, Rule
from trivium.vision.stream.source import State

if TYPE_CHECKING:
    from trivium.vision.stream.watch import Watch

MOST = 8
KEPT_NEWS, RECENT = 200, 300
LOOKED_S = 3.0  # so long after a viewer's last look views go on being made


@dataclass
class Watching:
    """One source that is watched."""

    id: str
    run: str
    watch: Watch
    rules: Sequence[Rule]
    begun_at: float
    state: State = field(default_factory=lambda: State("connecting"))
    event: Event | None = None
    view: bytes = b""
    number: int = 0  # counts events, so that a viewer knows what it has seen
    looked_at: float = -LOOKED_S
    latencies_ms: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))
    moments: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))
    news: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=KEPT_NEWS))
    changed: threading.Condition = field(default_factory=threading.Condition)

    def begin(self) -> None:
        """Watch, in a thread."""
        self.watch.on_state = self._told
        threading.Thread(target=self._work, daemon=True, name=f"watching {self.id}").start()

    def _work(self) -> None:
        engine = Engine(self.rules, self.watch.config.rate_fps)
        courier = Courier(lambda text: self._tell("note", {"message": text}))
        try:
            self.watch.wants_view = True
            for event in self.watch.events():
                now = time.monotonic()
                self.latencies_ms.append(event.latency_ms)
                self.moments.append(now)
                if event.settled is not None and event.settled.new:
                    self._tell("settled", {"label": event.settled.label, "frame": event.frame,
                                           "time_s": event.time_s})
                for firing in engine.see(event):
                    self._tell("rule", firing.body())
                    courier.take(firing)
                with self.changed:
                    self.event, self.view, self.number = event, self.watch.view, self.number + 1
                    self.changed.notify_all()
                self.watch.wants_view = now - self.looked_at < LOOKED_S
        except StudioError as error:
            self._told(State("failed", str(error)))
        except Exception as error:  # the model's runtime may raise anything
            self._told(State("failed", f"The model failed ({type(error).__name__})."))
        finally:
            courier.close()
            self.watch.close()
            if not self.over:
                self._told(State("ended"))

    def _told(self, state: State) -> None:
        with self.changed:
            self.state = state
            self.changed.notify_all()
        self._tell("source", {"state": state.state, "message": state.message})

    def _tell(self, kind: str, body: dict[str, Any]) -> None:
        self.news.appendleft({"kind": kind, "time": round(time.time(), 3), **body})

    def newer(self, than: int, patience_s: float) -> tuple[int, Event, bytes] | None:
        """The newest event and view, once there is one after `than`; None where none came in time."""
        self.looked_at = time.monotonic()
        with self.changed:
            self.changed.wait_for(lambda: self.number > than or self.over, patience_s)
            if self.number <= than or self.event is None:
                return None
            return self.number, self.event, self.view

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.state.state in ("ended", "failed")

    def figures(self) -> dict[str, float | None]:
        """How fast it is now: frames a second, and how old a frame is when its event is there."""
        moments, latencies = list(self.moments), sorted(self.latencies_ms)
        recent = [moment for moment in moments if time.monotonic() - moment < 5.0]
        rate = (len(recent) - 1) / (recent[-1] - recent[0]) if len(recent) > 1 and recent[-1] > recent[0] else None
        return {"frames_per_s": None if rate is None else round(rate, 2),
                "latency_ms": round(latencies[len(latencies) // 2], 1) if latencies else None,
                "latency_p95_ms": round(latencies[int(0.95 * (len(latencies) - 1))], 1) if latencies else None}


class Watchings:
    """Everything that the studio watches now."""

    def __init__(self) -> None:
        self.all: dict[str, Watching] = {}
        self.lock = threading.Lock()

    def begin(self, run: str, watch: Watch, rules: Sequence[Rule] = ()) -> Watching:
        """Watch a source from now on."""
        made = Watching(new_id(), run, watch, rules, time.time())
        with self.lock:
            for key in [key for key, each in self.all.items() if each.over][:-MOST]:
                del self.all[key]
            if sum(not each.over for each in self.all.values()) >= MOST:
                watch.close()
                raise StudioError(f"The studio watches {MOST} sources already.", "Stop one of them first.", 409)
            self.all[made.id] = made
        made.begin()
        return made

    def list(self) -> Sequence[Watching]:
        """All, the oldest first."""
        with self.lock:
            return tuple(self.all.values())

    def get(self, watch_id: str) -> Watching:
        """One of them."""
        with self.lock:
            found = self.all.get(watch_id)
        if found is None:
            raise NotFound("Nothing is watched under this id.", "It may have been stopped.")
        return found

    def stop(self, watch_id: str) -> None:
        """Stop watching, and forget it."""
        found = self.get(watch_id)
        found.watch.close()
        with self.lock:
            self.all.pop(watch_id, None)
