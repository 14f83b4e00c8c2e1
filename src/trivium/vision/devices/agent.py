"""The agent on a device: runs what the studio wants, tells it what it sees, and keeps on where the network is gone.

    PLACE/device.json    which studio, and the credential; only its owner can read it
    PLACE/outbox.db      what has not been delivered yet
    PLACE/projects/      the shelf
    PLACE/seen/          the diaries: every frame's event

Watching does not wait for the network: it writes to the outbox, and what delivers is another thread.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from trivium.core import files
from trivium.core.process import FolderLock
from trivium.errors import BadFile, NameTaken, NotFound, StudioError
from trivium.vision.devices.client import Away, Client, Refused
from trivium.vision.devices.outbox import Outbox
from trivium.vision.devices.setup import parse_setup
from trivium.vision.devices.shelf import Shelf
from trivium.vision.devices.station import Station

CARD, OUTBOX, SEEN, INCOMING, LOCK = "device.json", "outbox.db", "seen", "incoming.zip", "agent.lock"
SYNC_S, DELIVER_S = 2.0, 0.5
WAITS_S = (1.0, 2.0, 5.0, 10.0, 30.0)  # without network
Say = Callable[[str], None]


def join(place: Path, url: str, code: str, name: str) -> dict[str, Any]:
    """Make this machine a device of the studio at `url`: {"id", "name", "url"}."""
    if (place / CARD).is_file():
        raise NameTaken(f"This machine has joined {files.read_json(place / CARD).get('url')} already.",
                        "Leave first: trivium vision agent leave")
    client = Client(url)
    found = client.join(code, name)
    place.mkdir(parents=True, exist_ok=True)
    write_secret(place / CARD, {"id": str(found["id"]), "name": name, "url": client.url,
                                "credential": str(found["credential"])})
    return {"id": found["id"], "name": name, "url": client.url}


def write_secret(path: Path, value: dict[str, Any]) -> None:
    """A JSON file that its owner alone can read, from its first byte on."""
    before = os.umask(0o077) if hasattr(os, "umask") else 0
    try:
        files.write_json(path, value)
    finally:
        os.umask(before)
    os.chmod(path, 0o600)


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
    """Forget the studio; models and diaries stay."""
    card_of(place)
    (place / CARD).unlink()


def status(place: Path) -> dict[str, Any]:
    """{"id", "name", "url", "waiting", "dropped", "projects"} of the device that lies at `place`."""
    card = card_of(place)
    box = Outbox(place / OUTBOX)
    try:
        return {"id": card["id"], "name": card["name"], "url": card["url"], "waiting": box.waiting,
                "dropped": box.dropped, "projects": Shelf(place).overview()}
    finally:
        box.close()


class Agent:
    """A device that has joined."""

    def __init__(self, place: Path, say: Say = lambda _text: None, threads: int = 1) -> None:
        self.card = card_of(place)
        self.place, self.say = place, say
        self.lock = FolderLock(place / LOCK)
        if not self.lock.acquire():
            raise NameTaken("An agent runs on this machine already.", "Stop it first.")
        self.client = Client(self.card["url"], self.card["credential"])
        self.shelf, self.outbox = Shelf(place), Outbox(place / OUTBOX)
        self.station = Station(self.shelf, self.card["name"], self.outbox.put, place / SEEN, threads)
        self.ended, self.line, self.tries = threading.Event(), "", 0

    def run(self) -> None:
        """Work until `ended` is set, or the studio takes the credential back."""
        delivering = threading.Thread(target=self._deliver_always, daemon=True, name="delivering")
        self.station.refresh()
        delivering.start()
        try:
            while not self.ended.is_set():
                self._attempt(self.sync)
                self.station.refresh()
                self.ended.wait(SYNC_S if not self.tries else WAITS_S[min(self.tries, len(WAITS_S)) - 1])
        finally:
            self.ended.set()
            self.station.close()
            delivering.join(15.0)
            self._attempt(self.deliver)
            self.outbox.close()
            self.lock.release()

    def _deliver_always(self) -> None:
        while not self.ended.wait(DELIVER_S if not self.tries else WAITS_S[min(self.tries, len(WAITS_S)) - 1]):
            self._attempt(self.deliver)

    def _attempt(self, work: Callable[[], None]) -> None:
        """Do it; a studio that is away is told once, and once that it is back."""
        try:
            work()
            line, self.tries = "", 0
        except Away as error:
            line = f"{error.message} Watching goes on; what is seen is kept."
            self.tries += 1
        except Refused as error:
            line = str(error)
            self.ended.set()
        except (StudioError, OSError) as error:
            line = str(error)
        if line != self.line:
            self.say(line or f"Connected to {self.client.url}.")
        self.line = line

    def sync(self) -> None:
        """Fetch what is to run, and begin and end what has changed."""
        wanted = {str(each["project"]): each for each in self.client.desired()}
        for project in self.shelf.projects():
            if project not in wanted:
                self.shelf.remove(project)
        for project, each in wanted.items():
            self._bring(project, each)

    def _bring(self, project: str, wanted: dict[str, Any]) -> None:
        now, version = self.shelf.standing(project), str(wanted["version"])
        setup = parse_setup(wanted["setup"])
        if now.current != version and version not in now.failed:
            if not self.shelf.path(project, version).is_file():
                self._fetch(project, str(wanted["sha256"]))
            self.shelf.write_setup(project, setup)
            self.shelf.switch(project, version)
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

    def deliver(self) -> None:
        """Hand over what waits, in order, until nothing does."""
        while True:
            batch = self.outbox.batch()
            acknowledged = self.client.deliver({
                "epoch": self.outbox.epoch, "messages": batch, "projects": self.station.report(),
                "waiting": self.outbox.waiting, "dropped": self.outbox.dropped})
            self.outbox.acknowledge(min(acknowledged, batch[-1]["seq"] if batch else 0))
            if not batch:
                return
