"""The loop: a source's frame, made small where it was decoded, through the model, to a typed event.

    with Watch(open_model(path), parse("film.mp4"), WatchConfig()) as watching:
        for event in watching.events():
            ...

Of a film every frame is seen, in order; several are looked at at once where the model allows it. Of a camera the newest
one, whenever the model is free or the rate says so.
"""

from __future__ import annotations

import math
import platform
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from trivium.errors import StudioError
from trivium.vision.events.event import Event
from trivium.vision.stream import wire
from trivium.vision.stream.address import VIDEO, Address
from trivium.vision.stream.clock import Clock, RealClock, Ticks
from trivium.vision.stream.config import WatchConfig
from trivium.vision.stream.model import Model, Seen
from trivium.vision.stream.source import Shot, Source, State
from trivium.vision.stream.verdicts import Consensus, Counts, label_of


def device_name() -> str:
    """What this machine calls itself."""
    return platform.node() or "this-machine"


class Pace:
    """Which frames of a film are looked at, and when: by its own time, so that a slow machine changes nothing."""

    def __init__(self, rate_fps: float | None, realtime: bool, clock: Clock) -> None:
        self.rate_fps, self.realtime, self.clock = rate_fps, realtime, clock
        self.begin: float | None = None  # when the film began to run: the decoder takes a while to start
        self.due_s = 0.0

    def wants(self, time_s: float | None, at_most_until: float = math.inf) -> bool:
        """Whether the frame at this place is looked at; waits for its moment where the film runs in real time."""
        if time_s is None:
            return True
        if self.rate_fps and time_s < self.due_s - 1e-6:
            return False
        if self.rate_fps:
            self.due_s = (int(time_s * self.rate_fps + 1e-6) + 1) / self.rate_fps
        if self.realtime:
            self.begin = self.clock.monotonic() - time_s if self.begin is None else self.begin
            self.clock.sleep(min(self.begin + time_s, at_most_until) - self.clock.monotonic())
        return True


class Watch:
    """One source under one model. `on_state` hears of a camera that stops or comes back."""

    def __init__(self, model: Model, address: Address, config: WatchConfig | None = None, device: str | None = None,
                 on_state: Callable[[State], None] = lambda _state: None, clock: Clock | None = None,
                 source: Any = None) -> None:
        self.address, self.config = address, config or WatchConfig()
        self.device, self.on_state, self.clock = device or device_name(), on_state, clock or RealClock()
        self.use(model)
        self.consensus, self.counts = Consensus(self.config), Counts(self.config)
        self.source = source or Source(address, side=model.side)
        self.state, self.view, self.wants_view = State("connecting"), b"", False
        self.ticks: Ticks | None = None

    def use(self, model: Model) -> None:
        """Look with this model from the next frame on."""
        chosen = self.config.threshold
        self.model, self.threshold = model, model.threshold if chosen is None else chosen
        self.window, self.seen = model.window(), model.told(None, self.config.top)

    def events(self, seconds: float | None = None) -> Iterator[Event]:
        """An event for each frame, until the source ends or the time is up, also where no frame comes."""
        shots = self.shots(seconds)
        for shot, seen in self.judged_ahead(shots) if self.looks_ahead else self.judged(shots):
            yield self.event(shot, seen)
        if self.state.state == "ended":
            yield from self.last_event()

    @property
    def looks_ahead(self) -> bool:
        """Whether it counts how many frames are judged and not how soon each is."""
        return not self.address.live and not self.config.realtime and self.window is None and self.model.at_once > 1

    def shots(self, seconds: float | None) -> Iterator[Shot]:
        """The frames that are looked at."""
        rate = self.config.rate_fps if self.window is None else None  # a window has a clock of its own
        until = math.inf if seconds is None else self.clock.monotonic() + seconds
        self.ticks = ticks = Ticks(rate, self.clock) if rate and self.address.kind != VIDEO else None
        pace = Pace(rate, self.config.realtime, self.clock)
        while self.clock.monotonic() < until:
            if ticks is not None:
                ticks.wait(until)
            found = self.source.ask(wire.PREVIEW if self.wants_view else wire.NEXT)
            state = found if isinstance(found, State) else State("live")
            if state.state != self.state.state:
                self.state = state
                self.on_state(state)
            if isinstance(found, State):
                if found.state == "ended":
                    return
            elif pace.wants(found.time_s, until):
                yield self.arrived(found)

    def arrived(self, shot: Shot) -> Shot:
        """A frame that waited, decoded, for its moment in a film that runs in real time, arrives now."""
        waited = self.config.realtime and self.address.kind == VIDEO
        return replace(shot, taken_at=max(shot.taken_at, self.clock.monotonic())) if waited else shot

    def judged(self, shots: Iterator[Shot]) -> Iterator[tuple[Shot, Seen | None]]:
        """Each frame and what the model says of it."""
        for shot in shots:
            yield shot, self.looked(shot)

    def judged_ahead(self, shots: Iterator[Shot]) -> Iterator[tuple[Shot, Seen | None]]:
        """The same, several frames at once; of a film that breaks off what came before is told first."""
        waiting, broken = deque[tuple[Shot, Model, Future[Seen]]](), None
        with ThreadPoolExecutor(self.model.at_once) as pool:
            shot: Shot | None
            while True:
                try:
                    shot = next(shots, None)
                except StudioError as error:
                    broken, shot = error, None
                if shot is not None:
                    waiting.append((shot, self.model, pool.submit(self.look, self.model, shot)))
                while waiting and (shot is None or len(waiting) > self.model.at_once):
                    first, model, told = waiting.popleft()
                    yield first, told.result() if model is self.model else self.looked(first)
                if shot is None:
                    break
        if broken is not None:
            raise broken

    def looked(self, shot: Shot) -> Seen | None:
        """What the model says of a frame; None where it judges many together and it is not yet time."""
        if self.window is None:
            return self.look(self.model, shot)
        said = self.window.see(shot)
        return None if said is None else self.model.told(said, self.config.top)

    def look(self, model: Model, shot: Shot) -> Seen:
        return model.look(shot.picture, self.config.top, self.config.threshold, self.config.one_class)

    def last_event(self) -> Iterator[Event]:
        """One more, of a film that was too short for a window."""
        said = None if self.window is None else self.window.end()
        if self.window is not None and said is not None:
            assert isinstance(self.window.newest, Shot)
            yield self.event(self.window.newest, self.model.told(said, self.config.top))

    def event(self, shot: Shot, fresh: Seen | None) -> Event:
        """What the model says of a frame, or said last where it says nothing new."""
        self.seen = seen = self.seen if fresh is None else fresh
        model, label = self.model, self.label(seen)
        now = self.clock.monotonic()
        latency_s = max(0.0, now - shot.taken_at)
        taken = self.clock.unix() - latency_s
        if shot.view is not None:
            self.view = shot.view
        return Event(time=round(taken, 6), frame=shot.number, source=self.address.shown, time_s=shot.time_s,
                     file=shot.name, width=shot.width, height=shot.height, device=self.device,
                     project=model.project, model=model.version, task=model.task,
                     label=label, confidence=seen.top[0].probability if seen.top else None,
                     top=seen.top, boxes=seen.boxes, masks=seen.masks,
                     counts=None if seen.boxes is None else self.counts.add([box.label for box in seen.boxes]),
                     settled=self.consensus.again() if fresh is None else
                     self.consensus.add(label, self.moment(shot, taken), seen.sure),
                     latency_ms=round(latency_s * 1e3, 3))

    def label(self, seen: Seen) -> str | None:
        """What it is, None where the model does not know; of several objects the surest one's, of several
        areas the largest one's."""
        if seen.boxes is not None or seen.masks is not None:
            return seen.top[0].label if seen.top else None
        if not seen.top:
            return None
        told = seen.known or self.config.threshold is not None  # a threshold of their own is all that counts
        return label_of(seen.top[0], self.threshold) if told else None

    @staticmethod
    def moment(shot: Shot, taken: float) -> float:
        """When it was, for whoever measures how long something lasts: a film's own time, a camera's Unix time."""
        return taken if shot.time_s is None else shot.time_s

    def close(self) -> None:
        """Stop watching."""
        self.source.close()

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()
