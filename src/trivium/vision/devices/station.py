"""A device at work: each project's source watched in a thread, its events told, its rules applied.

A new version is opened beside the old one and takes its place between two frames. One that fails at its first frames is
taken back by itself. What is told: whatever settles, every rule that comes true, how sources are, and a sign of life;
every single frame goes to the device's own diary, and where the set-up says so to the studio too.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from trivium.core.spec import new_id
from trivium.errors import BadFile, StudioError
from trivium.vision.devices.frames import Gathering
from trivium.vision.devices.setup import Setup
from trivium.vision.devices.shelf import Shelf
from trivium.vision.events.delivery import Courier
from trivium.vision.events.event import Event, plain
from trivium.vision.events.mqtt import Publisher
from trivium.vision.events.rules import Engine, Firing
from trivium.vision.stream.address import parse
from trivium.vision.stream.clock import Clock, RealClock
from trivium.vision.stream.diary import Diary
from trivium.vision.stream.model import Model, open_model
from trivium.vision.stream.source import State
from trivium.vision.stream.watch import Watch

LOOK_S = 0.2  # how often the shelf is asked for another version
SIGN_OF_LIFE_S = 10.0
TRY_AGAIN_S = 5.0
NOTE_AGAIN_S, NOTES_A_MINUTE = 600.0, 10
PROVING_FRAMES = 3  # a version that fails within them is taken back
Tell = Callable[[dict[str, Any]], Any]


def unforeseen(error: Exception) -> str:
    """A sentence for what nobody thought of."""
    return f"Something unexpected happened ({type(error).__name__}: {error})."[:300]


class Notes:
    """Which notes are told: the same one not again for a while, and so many a minute, or they would fill the outbox."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or RealClock()
        self.told: dict[str, float] = {}
        self.left_out, self.lock = 0, threading.Lock()

    def wanted(self, text: str) -> str | None:
        """What to tell of it now; None where nothing is."""
        now = self.clock.monotonic()
        with self.lock:
            self.told = {each: at for each, at in self.told.items() if now - at < NOTE_AGAIN_S}
            if text in self.told or sum(now - at < 60.0 for at in self.told.values()) >= NOTES_A_MINUTE:
                self.left_out += 1
                return None
            self.told[text] = now
            left_out, self.left_out = self.left_out, 0
        return f"{text} ({left_out} more notes like this were left out.)" if left_out else text


class Post:
    """One project on the device: its source under its present version."""

    def __init__(self, shelf: Shelf, project: str, device: str, tell: Tell, diary: Path | None, threads: int) -> None:
        self.shelf, self.project, self.device, self.tell, self.threads = shelf, project, device, tell, threads
        self.seen_in, self.diary = None if diary is None else diary / project, None
        self.courier = Courier(self._say)
        self.ended, self.watch, self.publisher = threading.Event(), None, None
        self.version, self.setup = "", Setup()
        self.state, self.last, self.told_at, self.proved = State("connecting"), None, 0.0, 0
        self.over, self.notes, self.frames = False, Notes(), Gathering(project, tell)
        self.pending: Model | None = None
        self.threads_of = [threading.Thread(target=part, daemon=True, name=f"{project} {part.__name__}")
                           for part in (self._work, self._look)]
        for thread in self.threads_of:
            thread.start()

    watch: Watch | None
    diary: Diary | None
    last: Event | None
    fell: bool
    over: bool
    publisher: Publisher | None

    def _work(self) -> None:
        """Watch for ever; whatever goes wrong is told, and tried again."""
        while not self.ended.is_set():
            self.over = False
            try:
                setup = self.setup = self.shelf.setup(self.project)
                if self.diary is None and self.seen_in is not None:
                    self.diary = Diary(self.seen_in)
                if setup.enabled:
                    self._watch(setup)
                else:
                    self._told_state(State("off"))
            except StudioError as error:
                self._told_state(State("failed", str(error)))
            except Exception as error:  # a thread that ended would end the watching, and nobody would hear of it
                self._told_state(State("failed", unforeseen(error)))
            if self.over:
                self._rest()
            self.ended.wait(TRY_AGAIN_S if self.state.state == "failed" else LOOK_S)

    def _watch(self, setup: Setup) -> None:
        """Watch until the source is over, or another set-up stands; `over` where looking again would show the same."""
        self.pending = None
        model = self.shelf.model(self.project, self.threads)
        engine = Engine(setup.rules, setup.config.rate_fps)
        self.version, self.proved, self.fell = model.version, 0, False
        address = parse(setup.source)
        self.publisher = None if setup.mqtt is None else Publisher(setup.mqtt, self.device)
        try:
            with Watch(model, address, setup.config, self.device, self._told_state) as watch:
                self.watch = watch
                self.over = not address.live
                for event in self._events(watch):
                    self._seen(event, engine)
                    if self.ended.is_set() or self.setup is not setup:
                        break
        except StudioError as error:
            self.over = self.over and isinstance(error, BadFile)
            raise
        finally:
            self.over = self.over and self.setup is setup and not self.fell
            self.watch = None
            if self.publisher is not None:
                self.publisher.close()

    def _rest(self) -> None:
        """A film or folder is over, or damaged: it is not watched again before its set-up or its version changes."""
        setup = self.setup
        while self.setup is setup and self.pending is None and not self.ended.wait(LOOK_S):
            pass

    def _events(self, watch: Watch) -> Any:
        """The watch's events; between two of them a new version takes over, and one that fails is taken back."""
        events = watch.events()
        while True:
            if self.pending is not None:
                self._take_over(watch, self.pending)
            try:
                event = next(events, None)
            except (StudioError, OSError):  # the source's fault
                raise
            except Exception as error:  # whatever the runtime raises: the model's fault, not the device's
                self.fell = self._take_back(f"{type(error).__name__}: {error}")
                return
            if event is None:
                return
            self.proved += 1
            yield event

    def _take_over(self, watch: Watch, model: Model) -> None:
        watch.use(model)
        self.pending, self.version, self.proved = None, model.version, 0
        self.tell({"kind": "version", "project": self.project, "version": model.version, "time": time.time()})

    def _take_back(self, why: str) -> bool:
        """Let the version before run again, where this one failed at its first frames; whether there is one."""
        if self.proved >= PROVING_FRAMES:
            self._told_state(State("failed", f"The model failed: {why}"[:300]))
            return False
        failed, back = self.version, None
        try:
            back = self.shelf.roll_back(self.project, failed=True).current
            said = f"It failed at its first frames, so {back} runs again. {why}"
        except StudioError as error:
            said = f"It failed at its first frames. {error} {why}"
            self._told_state(State("failed", said[:500]))
        self.tell({"kind": "failed", "project": self.project, "version": failed, "time": time.time(),
                   "message": said[:500]})
        return back is not None

    def _look(self) -> None:
        """Opens another version, or another setup, as soon as the shelf names it."""
        while not self.ended.wait(LOOK_S):
            try:
                self._look_once()
            except StudioError as error:
                self._say(str(error))
            except Exception as error:  # as above
                self._say(unforeseen(error))

    def _look_once(self) -> None:
        self.frames.look()
        now = self.shelf.standing(self.project).current
        if now and self.version and now != self.version and self.pending is None:
            self.pending = open_model(self.shelf.path(self.project, now), self.threads)
        setup = self.shelf.setup(self.project)
        if setup != self.setup:
            self.setup, watch = setup, self.watch
            if watch is not None:
                watch.close()

    def _seen(self, event: Event, engine: Engine) -> None:
        event = self.last = event.model_copy(update={"id": new_id()})
        if self.diary is not None:
            self.diary.write(event)
        if self.publisher is not None:
            self.publisher.see(event)
        if self.setup.every_frame:
            self.frames.add(event)
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
        if (said := self.notes.wanted(text)) is not None:
            self.tell({"kind": "note", "project": self.project, "message": said[:500], "time": time.time()})

    def report(self) -> dict[str, Any]:
        """How it is."""
        return {"project": self.project, "version": self.version, "state": self.state.state,
                "message": self.state.message[:500], "last": None if self.last is None else plain(self.last)}

    def close(self) -> None:
        """Stop watching."""
        self.ended.set()
        if self.watch is not None:
            self.watch.close()
        for thread in self.threads_of:
            thread.join(10.0)
        self.frames.look(True)
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
