"""A device at work: each project's source watched in a thread, its events told, its rules applied.

A new version is opened beside the old one and takes its place between two frames. One that fails at its first frames is
taken back by itself. What is told: whatever settles, every rule that comes true, how sources are, and a sign of life;
every single frame goes to the device's own diary.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from trivium.errors import StudioError
from trivium.vision.delivery import Courier
from trivium.vision.devices.setup import Setup
from trivium.vision.devices.shelf import Shelf
from trivium.vision.events import Event, plain
from trivium.vision.mqtt import Publisher
from trivium.vision.rules import Engine, Firing
from trivium.vision.stream.address import parse
from trivium.vision.stream.diary import Diary
from trivium.vision.stream.model import Model, open_model
from trivium.vision.stream.source import State
from trivium.vision.stream.watch import Watch

LOOK_S = 0.2  # how often the shelf is asked for another version
SIGN_OF_LIFE_S = 10.0
TRY_AGAIN_S = 5.0
PROVING_FRAMES = 3  # a version that fails within them is taken back
Tell = Callable[[dict[str, Any]], Any]


class Post:
    """One project on the device: its source under its present version."""

    def __init__(self, shelf: Shelf, project: str, device: str, tell: Tell, diary: Path | None, threads: int) -> None:
        self.shelf, self.project, self.device, self.tell, self.threads = shelf, project, device, tell, threads
        self.diary = None if diary is None else Diary(diary / project)
        self.courier = Courier(self._say)
        self.ended, self.watch, self.publisher = threading.Event(), None, None
        self.version, self.setup = "", Setup()
        self.state, self.last, self.told_at, self.proved = State("connecting"), None, 0.0, 0
        self.pending: Model | None = None
        self.threads_of = [threading.Thread(target=part, daemon=True, name=f"{project} {part.__name__}")
                           for part in (self._work, self._look)]
        for thread in self.threads_of:
            thread.start()

    watch: Watch | None
    last: Event | None
    fell: bool
    publisher: Publisher | None

    def _work(self) -> None:
        while not self.ended.is_set():
            try:
                self.setup = self.shelf.setup(self.project)
                if not self.setup.enabled:
                    self.state = State("off")
                elif self._watch():
                    return  # a film is over
            except StudioError as error:
                self._told_state(State("failed", str(error)))
            self.ended.wait(TRY_AGAIN_S if self.state.state == "failed" else LOOK_S)

    def _watch(self) -> bool:
        model = self.shelf.model(self.project, self.threads)
        engine = Engine(self.setup.rules, self.setup.config.rate_fps)
        self.version, self.proved, self.fell = model.version, 0, False
        address = parse(self.setup.source)
        setup = self.setup
        self.publisher = None if setup.mqtt is None else Publisher(setup.mqtt, self.device)
        try:
            with Watch(model, address, setup.config, self.device, self._told_state) as watch:
                self.watch = watch
                for event in self._events(watch):
                    self._seen(event, engine)
                    if self.ended.is_set() or self.setup is not setup:
                        return self.ended.is_set()
        finally:
            if self.publisher is not None:
                self.publisher.close()
        return not (address.live or self.fell)

    def _events(self, watch: Watch) -> Any:
        """The watch's events; between two of them a new version takes over, and one that fails is taken back."""
        events = watch.events()
        while True:
            if self.pending is not None:
                self._take_over(watch, self.pending)
            try:
                event = next(events, None)
            except StudioError:
                raise
            except Exception as error:  # whatever the runtime raises: the model's fault, not the device's
                self._take_back(f"{type(error).__name__}: {error}")
                self.fell = True
                return
            if event is None:
                return
            self.proved += 1
            yield event

    def _take_over(self, watch: Watch, model: Model) -> None:
        watch.use(model)
        self.pending, self.version, self.proved = None, model.version, 0
        self.tell({"kind": "version", "project": self.project, "version": model.version, "time": time.time()})

    def _take_back(self, why: str) -> None:
        if self.proved >= PROVING_FRAMES:
            self._told_state(State("failed", f"The model failed: {why}"[:300]))
            return
        failed = self.version
        try:
            back = self.shelf.roll_back(self.project, failed=True).current
            said = f"It failed at its first frames, so {back} runs again. {why}"
        except StudioError as error:
            said = f"It failed at its first frames. {error} {why}"
        self.tell({"kind": "failed", "project": self.project, "version": failed, "time": time.time(),
                   "message": said[:500]})

    def _look(self) -> None:
        """Opens another version, or another setup, as soon as the shelf names it."""
        while not self.ended.wait(LOOK_S):
            try:
                now = self.shelf.standing(self.project).current
                if now and self.version and now != self.version and self.pending is None:
                    self.pending = open_model(self.shelf.path(self.project, now), self.threads)
                if self.shelf.setup(self.project) != self.setup:
                    self.setup = self.shelf.setup(self.project)
                    if self.watch is not None:
                        self.watch.close()
            except StudioError as error:
                self._say(str(error))

    def _seen(self, event: Event, engine: Engine) -> None:
        self.last = event
        if self.diary is not None:
            self.diary.write(event)
        if self.publisher is not None:
            self.publisher.see(event)
        fired = engine.see(event)
        now = time.monotonic()
        if fired or (event.settled and event.settled.new) or now - self.told_at >= SIGN_OF_LIFE_S:
            self.told_at = now
            self.tell(plain(event))
        for firing in fired:
            self._fire(firing)

    def _fire(self, firing: Firing) -> None:
        self.courier.take(firing)
        if self.publisher is not None:
            self.publisher.fire(firing)
        self.tell(firing.body() | {"project": self.project, "time": firing.event.time,
                                   "then": [action.model_dump(mode="json") for action in firing.rule.then]})

    def _told_state(self, state: State) -> None:
        if state == self.state:
            return
        self.state = state
        self.tell({"kind": "source", "project": self.project, "state": state.state, "message": state.message,
                   "time": time.time()})

    def _say(self, text: str) -> None:
        self.tell({"kind": "note", "project": self.project, "message": text[:500], "time": time.time()})

    def report(self) -> dict[str, Any]:
        """How it is."""
        return {"project": self.project, "version": self.version, "state": self.state.state,
                "message": self.state.message, "last": None if self.last is None else plain(self.last)}

    def close(self) -> None:
        """Stop watching."""
        self.ended.set()
        if self.watch is not None:
            self.watch.close()
        for thread in self.threads_of:
            thread.join(10.0)
        self.courier.close()
        if self.diary is not None:
            self.diary.close()


class Station:
    """All projects of a device."""

    def __init__(self, shelf: Shelf, device: str, tell: Tell, diary: Path | None = None, threads: int = 1) -> None:
        self.shelf, self.device, self.tell, self.diary, self.threads = shelf, device, tell, diary, threads
        self.posts: dict[str, Post] = {}

    def refresh(self) -> None:
        """Begin what is new on the shelf, end what is gone."""
        there = set(self.shelf.projects())
        for project in there - self.posts.keys():
            self.posts[project] = Post(self.shelf, project, self.device, self.tell, self.diary, self.threads)
        for project in self.posts.keys() - there:
            self.posts.pop(project).close()

    def report(self) -> list[dict[str, Any]]:
        """How each project is."""
        return [post.report() for post in self.posts.values()]

    def close(self) -> None:
        for post in self.posts.values():
            post.ended.set()
        for post in self.posts.values():
            post.close()
        self.posts.clear()
