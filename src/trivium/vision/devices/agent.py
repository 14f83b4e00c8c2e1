"""The agent on a device: runs what the studio wants, tells it what it sees, and keeps on where the network is gone.

Watching does not wait for the network: it writes to the outbox, and what delivers is another thread. Neither ends
before it is told to: what goes wrong is said, and tried again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from trivium.core import files
from trivium.core.process import FolderLock
from trivium.core.spec import new_id
from trivium.errors import BadFile, NameTaken, NotFound, StudioError
from trivium.vision.devices.client import Away, Client, Refused
from trivium.vision.devices.line import Line
from trivium.vision.devices.outbox import Outbox
from trivium.vision.devices.place import CARD, INCOMING, LOCK, OUTBOX, SEEN, STATE
from trivium.vision.devices.setup import parse_setup
from trivium.vision.devices.shelf import SETUP, Shelf
from trivium.vision.devices.station import Station, unforeseen

WAIT_S = 25.0  # how long the studio may keep a question for news; less than what lies between lets one stand
SYNC_S = 2.0  # how often a studio is asked that answers at once
WAITED_S = 0.5  # an answer without news that comes sooner was not kept
DELIVER_S, WRITE_S, PART_S = 0.5, 2.0, 15.0
IDLE_S = 5.0  # where nothing waits, it says so often how it is; the studio takes it for gone after fifteen
Say = Callable[[str], None]


def join(place: Path, url: str, code: str, name: str) -> dict[str, Any]:
    """Make this machine a device of the studio at `url`: {"id", "name", "url"}."""
    if (place / CARD).is_file():
        raise NameTaken(f"This machine has joined {files.read_json(place / CARD).get('url')} already.",
                        "Leave first: trivium vision agent leave")
    client = Client(url)
    found = client.join(code, name)
    place.mkdir(parents=True, exist_ok=True)
    card = {"id": found["id"], "name": found["name"], "url": client.url}  # another name, where one has this already
    files.write_json(place / CARD, card | {"credential": found["credential"]}, mode=files.OWNER_ONLY)
    return card


def card_of(place: Path) -> dict[str, str]:
    """Which studio this device belongs to."""
    if not (place / CARD).is_file():
        raise NotFound("This machine has not joined a studio.",
                       "Get a code there, then: trivium vision agent join URL --code CODE")
    found = files.read_json(place / CARD)
    if not isinstance(found, dict) or not {"id", "name", "url", "credential"} <= found.keys():
        raise BadFile(f"{place / CARD} is damaged.", "Leave and join again: trivium vision agent leave")
    return {name: str(value) for name, value in found.items()}


def leave(place: Path) -> None:
    """Forget the studio, what was to be told it, and the passwords of cameras; models and diaries stay."""
    card_of(place)
    forget(place)


def forget(place: Path) -> None:
    """What `leave` does, whatever state the card is in."""
    lock = FolderLock(place / LOCK)
    if not lock.acquire(1.0):
        raise NameTaken("An agent runs on this machine.", "Stop it first.")
    try:
        for name in (OUTBOX, f"{OUTBOX}-wal", f"{OUTBOX}-shm", STATE):
            (place / name).unlink(missing_ok=True)
        for project in (shelf := Shelf(place)).projects():
            (shelf.folder(project) / SETUP).unlink(missing_ok=True)
        (place / CARD).unlink(missing_ok=True)
    finally:
        lock.release()


def status(place: Path) -> dict[str, Any]:
    """{"id", "name", "url", "running", "trouble", "waiting", "dropped", "projects"} of the device at `place`."""
    card, running = card_of(place), works(place)
    said = state_of(place) if running else {}
    how = {each["project"]: each for each in said.get("projects", [])}
    box = Outbox(place / OUTBOX)
    try:
        rows = [row | {name: how.get(row["project"], {}).get(name) for name in ("state", "message")}
                for row in Shelf(place).overview()]
        return {"id": card["id"], "name": card["name"], "url": card["url"], "running": running,
                "trouble": said.get("trouble", ""), "waiting": box.waiting, "dropped": box.dropped, "projects": rows}
    finally:
        box.close()


def works(place: Path) -> bool:
    """Whether an agent works there now."""
    lock = FolderLock(place / LOCK)
    if not lock.acquire():
        return True
    lock.release()
    return False


def state_of(place: Path) -> dict[str, Any]:
    """What the agent wrote last of how it is; empty where it has not, or it is damaged."""
    try:
        found = files.read_json(place / STATE)
    except (StudioError, OSError):
        return {}
    return found if isinstance(found, dict) else {}


class Agent:
    """A device that has joined."""

    def __init__(self, place: Path, say: Say = lambda _text: None, threads: int = 1) -> None:
        self.card = card_of(place)
        self.place, self.say = place, say
        self.lock = FolderLock(place / LOCK)
        if not self.lock.acquire(1.0):  # whoever asks for its status holds it for a moment
            raise NameTaken("An agent runs on this machine already.", "Stop it first.")
        self.client = Client(self.card["url"], self.card["credential"])
        self.shelf, self.outbox = Shelf(place), Outbox(place / OUTBOX)
        self.station = Station(self.shelf, self.card["name"], self.keep, place / SEEN, threads)
        self.line = Line(self.client.url, say)
        self.ended, self.told_at, self.written = threading.Event(), -IDLE_S, {}
        self.mark, self.answered_at_once = "", True

    written: dict[str, Any]

    def run(self) -> None:
        """Work until `ended` is set, or the studio takes the credential back."""
        parts = [threading.Thread(target=part, daemon=True, name=part.__name__)
                 for part in (self._deliver_always, self._fetch_always)]
        self._attempt("watching", self.station.refresh)
        for part in parts:
            part.start()
        try:
            while not self.ended.is_set():
                self._attempt("writing", self.write_state)
                self.ended.wait(WRITE_S)
        finally:
            self.ended.set()
            self.client.hang_up()
            for part in parts:
                part.join(PART_S)
            self.station.close()
            self._attempt("delivering", lambda: self.deliver(True))
            self.outbox.close()
            self.lock.release()

    def _fetch_always(self) -> None:
        while not self.ended.is_set():
            self._attempt("fetching", self.sync)
            if not self.ended.is_set():
                self._attempt("watching", self.station.refresh)
            self.ended.wait(self.line.pause("fetching", SYNC_S) if self.answered_at_once else 0.0)

    def _deliver_always(self) -> None:
        while not self.ended.wait(self.line.pause("delivering", DELIVER_S)):
            self._attempt("delivering", self.deliver)

    def _attempt(self, part: str, work: Callable[[], None]) -> None:
        """Do it; what goes wrong is said once and tried again later, whatever it is."""
        try:
            work()
            self.line.well(part)
        except Away as error:
            self.line.trouble(part, f"{error.message} Watching goes on; what is seen is kept.")
            if part == "delivering":
                self.client.hang_up()  # a question that waits on a dead line would wait there still when it is back
        except Refused as error:
            self.line.trouble(part, str(error))
            self.ended.set()
        except (StudioError, OSError) as error:
            self.line.trouble(part, str(error))
        except Exception as error:  # a thread that ended would keep what is seen here, and nobody would hear of it
            self.line.trouble(part, unforeseen(error))

    def keep(self, body: dict[str, Any]) -> None:
        """Put a message into the outbox; watching goes on where the disk takes none, and what is lost is counted."""
        try:
            self.outbox.put({"id": new_id(), **body})
            self.line.well("keeping")
        except StudioError as error:
            self.outbox.lose()
            self.line.trouble("keeping", str(error))

    def write_state(self) -> None:
        """Say how it is to whoever asks on this machine."""
        rows = [{name: each[name] for name in ("project", "state", "message")} for each in self.station.report()]
        now = {"trouble": self.line.trouble_now, "projects": rows}
        if now != self.written:
            files.write_json(self.place / STATE, now, durable=False)
            self.written = now

    def sync(self) -> None:
        """Ask what is to run, for as long as the studio lets it wait, and bring what has changed."""
        known, self.mark, self.answered_at_once = self.mark, "", True  # whoever was away is asked without waiting
        wait_s = self.line.pause("fetching", WAIT_S)  # what could not be brought is tried again sooner
        begin = time.monotonic()
        try:
            wishes = self.client.desired(known, wait_s)
        except Away:
            if self.ended.is_set():
                return  # it was us who hung up
            raise
        if self.ended.is_set():
            return
        waited = time.monotonic() - begin > min(WAITED_S, wait_s / 2)
        self.answered_at_once = not wishes.mark or (wishes.mark == known and not waited)
        self.mark = wishes.mark
        self._bring_all({str(each["project"]): each for each in wishes.projects})

    def _bring_all(self, wanted: dict[str, dict[str, Any]]) -> None:
        for project in self.shelf.projects():
            if project not in wanted:
                self.shelf.remove(project)
        wrong: StudioError | None = None
        for project, each in wanted.items():
            try:
                self._bring(project, each)
            except (Away, Refused):
                raise
            except StudioError as error:  # the others come all the same
                wrong = StudioError(f"{project}: {error.message}", error.hint)
        if wrong is not None:
            raise wrong

    def _bring(self, project: str, wanted: dict[str, Any]) -> None:
        now, version = self.shelf.standing(project), str(wanted["version"])
        setup = parse_setup(wanted["setup"])
        if now.current != version and version not in now.failed:
            if not self.shelf.path(project, version).is_file():
                self._fetch(project, str(wanted["sha256"]))
            self.shelf.write_setup(project, setup)
            self.shelf.switch(project, version, wanted["previous"])
            self.say(f"{project}: version {version} runs.")
        elif now.current and setup != self.shelf.setup(project):
            self.shelf.write_setup(project, setup)

    def _fetch(self, project: str, sha256: str) -> None:
        data = self.client.bundle(sha256)
        if files.sha256_bytes(data) != sha256:
            raise Away("The bundle did not arrive whole.", "It is fetched again.")
        incoming = self.place / INCOMING
        try:
            files.atomic_write(incoming, data)
            self.shelf.install(project, incoming)
        finally:
            incoming.unlink(missing_ok=True)

    def deliver(self, at_once: bool = False) -> None:
        """Hand over what waits, in order, until nothing does; with nothing to hand over, say now and then how it is."""
        while True:
            batch = self.outbox.batch()
            if not batch and not at_once and time.monotonic() - self.told_at < IDLE_S:
                return
            acknowledged = self.client.deliver({
                "epoch": self.outbox.epoch, "messages": batch, "projects": self.station.report(),
                "waiting": self.outbox.waiting, "dropped": self.outbox.dropped})
            if batch and acknowledged < batch[0]["seq"]:
                raise StudioError("The studio took none of what was delivered.", "It is delivered again.")
            self.outbox.acknowledge(min(acknowledged, batch[-1]["seq"] if batch else 0))
            self.told_at, at_once = time.monotonic(), False
