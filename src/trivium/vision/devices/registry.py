"""The studio's end of devices: codes to join with, credentials that can be taken back, what each runs, what it said.

A code is for one device, once, for ten minutes. A credential is 256 random bits that only the device has; the database
holds its hash. What a device says is kept once, however often it is delivered.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Collection, Iterable
from itertools import chain, count
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, select

from trivium.core.blobs import BlobStore
from trivium.core.db import Database
from trivium.core.files import sha256_bytes
from trivium.core.records import DeviceCodeRecord, DeviceEventRecord, DeviceProjectRecord, DeviceRecord
from trivium.core.spec import new_id
from trivium.errors import BadConfig, NotFound, StudioError
from trivium.vision.broker.accounts import Account, hashed, of_device
from trivium.vision.broker.folder import BrokerFolder
from trivium.vision.broker.settings import RESERVED
from trivium.vision.devices import frames
from trivium.vision.devices.messages import known_of, records_of
from trivium.vision.devices.setup import KEPT, NAME, Setup
from trivium.vision.devices.views import (
    Delivery,
    Desired,
    DeviceEvent,
    DeviceView,
    JoinCode,
    Joined,
    ProjectOnDevice,
    Wanted,
)
from trivium.vision.events.mqtt import level

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that look alike
CODE_LENGTH, CODE_LIFETIME_S = 8, 600.0
ONLINE_S = 15.0
KEPT_EVENTS = 50_000  # of each device, single frames apart
PRUNE_AFTER = 500  # messages
TRIES, TRIES_S = 20, 60.0  # wrong codes a minute, from whomever; a code has 40 bits

UNKNOWN = ("The studio does not know this device, or no longer.",
           "Join again with a new code: trivium vision agent join URL --code CODE")


class NotJoined(StudioError):
    """A device that the studio does not know, or no longer."""

    status = 401
    code = "not_joined"


class Registry:
    """Devices in the studio's database."""

    def __init__(self, db: Database, blobs: BlobStore, broker: BrokerFolder) -> None:
        self.db, self.blobs, self.broker = db, blobs, broker
        self.changed: Callable[[str], None] = lambda _device: None  # told which device is to run something else
        self.wrong: list[float] = []
        self.unpruned: dict[str, int] = {}

    def new_code(self, url: str) -> JoinCode:
        """A code for one device."""
        code, now = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH)), time.time()
        with self.db.write() as session:
            session.execute(delete(DeviceCodeRecord).where(DeviceCodeRecord.expires_at < now))
            session.add(DeviceCodeRecord(code_hash=hashed(code), created_at=now, expires_at=now + CODE_LIFETIME_S))
        return JoinCode(code=code, expires_at=now + CODE_LIFETIME_S,
                        command=f"trivium vision agent join {url} --code {code}")

    def join(self, code: str, name: str) -> Joined:
        """Take a device in; the code is used up."""
        now = time.time()
        self.wrong = [each for each in self.wrong if now - each < TRIES_S]
        if len(self.wrong) >= TRIES:
            raise StudioError("Too many wrong codes were tried.", "Wait a minute.", 429, "too_many")
        credential, device = secrets.token_urlsafe(32), new_id()
        with self.db.write() as session:
            found = session.get(DeviceCodeRecord, hashed(code.strip().upper()))
            if found is None or found.expires_at < now:
                self.wrong.append(now)
                raise NotJoined("This code is wrong, used up or too old.", "Make a new one on the studio.")
            session.delete(found)
            name = self.add(session, device, name, credential, seen_at=now)
        self.write_accounts()
        return Joined(id=device, name=name, credential=credential)

    def add(self, session: Any, device: str, name: str, credential: str, seen_at: float | None = None,
            here: bool = False) -> str:
        """Add a device; the name that it got. Whoever calls tells the broker."""
        name = self._free_name(session, name.strip()[:90] or "device")
        session.add(DeviceRecord(id=device, name=name, credential_hash=hashed(credential), created_at=time.time(),
                                 seen_at=seen_at, revoked_at=None, report={}, here=here))
        return name

    def _free_name(self, session: Any, name: str) -> str:
        """The name, or with a number behind it: each device's topics are its own."""
        there = session.scalars(select(DeviceRecord.name).where(DeviceRecord.revoked_at.is_(None)))
        taken = {*map(level, there), *RESERVED, *(each.name for each in self.broker.settings().clients)}
        numbered = (f"{name[:50]}-{k}" for k in count(2))
        return next(each for each in chain([name], numbered) if level(each) not in taken)

    def accounts(self) -> list[Account]:
        """The devices' accounts at the broker: name and credential of each."""
        with self.db.read() as session:
            rows = session.scalars(select(DeviceRecord).where(DeviceRecord.revoked_at.is_(None))).all()
        return [of_device(level(row.name), row.credential_hash) for row in rows]

    def write_accounts(self) -> None:
        """Tell the broker who may come in."""
        self.broker.write_accounts(self.accounts)

    def known(self, credential: str) -> str:
        """The device that has this credential; NotJoined where there is none."""
        with self.db.read() as session:
            row = session.scalar(select(DeviceRecord).where(DeviceRecord.credential_hash == hashed(credential)))
        if row is None or row.revoked_at is not None:
            raise NotJoined(*UNKNOWN)
        return row.id

    def revoke(self, device: str) -> None:
        """Take the device's credential back; what it said stays."""
        with self.db.write() as session:
            self._row(session, device).revoked_at = time.time()
        self.write_accounts()
        self.changed(device)

    def devices(self) -> list[DeviceView]:
        """The devices that belong to the studio, by name."""
        with self.db.read() as session:
            rows = session.scalars(select(DeviceRecord).where(DeviceRecord.revoked_at.is_(None))
                                   .order_by(DeviceRecord.name, DeviceRecord.id)).all()
            wanted = session.scalars(select(DeviceProjectRecord).order_by(DeviceProjectRecord.project)).all()
        return [view_of(row, [each for each in wanted if each.device_id == row.id]) for row in rows]

    def get(self, device: str) -> DeviceView:
        """A device by its id, or by its name where only one has it."""
        found = [each for each in self.devices() if device in (each.id, each.name)]
        if len(found) != 1:
            there = ", ".join(each.name for each in self.devices()) or "none yet"
            raise NotFound(f"There is no device {device[:64]}." if not found else
                           f"{len(found)} devices are called {device[:64]}.", f"There are: {there}.")
        return found[0]

    def deploy(self, device: str, bundle: Path, project: str | None = None, setup: Setup | None = None) -> Wanted:
        """Let the device run this bundle from now on; it fetches it by itself."""
        from trivium.vision.stream.model import PART_CAP_BYTES, bundle_of, version_of  # not in every server's memory

        card, _ = bundle_of(bundle)
        name = project or str(card.get("project") or "project")
        if not NAME.fullmatch(name):
            raise BadConfig(f"{name[:64]!r} can't be the name of a project.",
                            "Use letters, digits, dots, dashes and underscores.")
        blob, version, now = self.blobs.put([bundle.read_bytes()], PART_CAP_BYTES), version_of(card), time.time()
        with self.db.write() as session:
            self._row(session, device)
            row = session.get(DeviceProjectRecord, (device, name))
            if row is None:
                row = DeviceProjectRecord(device_id=device, project=name, previous=[], setup=Setup().model_dump(),
                                          version=version, sha256=blob.sha256, changed_at=now)
                session.add(row)
            elif row.version != version:
                before = [{"version": row.version, "sha256": row.sha256}, *row.previous]
                row.previous = [each for each in before if each["version"] != version][:KEPT]
                row.version, row.sha256 = version, blob.sha256
            if setup is not None:
                row.setup = setup.restored(Setup.model_validate(row.setup)).model_dump(mode="json")
            row.changed_at = now
            found = shown_of(row)
        self.changed(device)
        return found

    def roll_back(self, device: str, project: str) -> Wanted:
        """Let the version run that ran before."""
        with self.db.write() as session:
            row = self._project(session, device, project)
            if not row.previous:
                raise NotFound(f"There is no earlier version of {project}.", "Deploy another one.")
            first, *rest = row.previous
            row.previous = [*rest, {"version": row.version, "sha256": row.sha256}][:KEPT]
            row.version, row.sha256, row.changed_at = first["version"], first["sha256"], time.time()
            found = shown_of(row)
        self.changed(device)
        return found

    def set_up(self, device: str, project: str, setup: Setup) -> Wanted:
        """Change what a project watches."""
        with self.db.write() as session:
            row = self._project(session, device, project)
            setup = setup.restored(Setup.model_validate(row.setup))
            row.setup, row.changed_at = setup.model_dump(mode="json"), time.time()
            found = shown_of(row)
        self.changed(device)
        return found

    def remove(self, device: str, project: str) -> None:
        """Take a project off a device."""
        with self.db.write() as session:
            session.delete(self._project(session, device, project))
        self.changed(device)

    def desired(self, device: str) -> Desired:
        """What a device is to run, passwords of cameras included: for the device alone."""
        if (found := self._desired([device]).get(device)) is None:
            raise NotJoined(*UNKNOWN)  # it was removed while it waited for the answer
        return found

    def marks(self, devices: Collection[str]) -> dict[str, str]:
        """By which mark each one's wanted state goes; none for those that are gone."""
        return {device: desired.mark for device, desired in self._desired(devices).items()}

    def _desired(self, devices: Collection[str]) -> dict[str, Desired]:
        with self.db.read() as session:
            there = session.scalars(select(DeviceRecord.id).where(
                DeviceRecord.id.in_(devices), DeviceRecord.revoked_at.is_(None))).all()
            rows = session.scalars(select(DeviceProjectRecord).where(DeviceProjectRecord.device_id.in_(there))
                                   .order_by(DeviceProjectRecord.project)).all()
        found = {device: [wanted_of(row) for row in rows if row.device_id == device] for device in there}
        return {device: Desired(projects=projects, mark=mark_of(projects)) for device, projects in found.items()}

    def bundle(self, device: str, sha256: str) -> Path:
        """A bundle that this device is to run."""
        if sha256 not in {each.sha256 for each in self.desired(device).projects}:
            raise NotFound("This device is to run no such bundle.", "Ask again what it is to run.")
        return self.blobs.path(sha256)

    def take(self, device: str, delivery: Delivery) -> int:
        """Keep what a device delivers; the number up to which everything is there."""
        now, publish = time.time(), self.broker.settings().on
        with self.db.write() as session:
            row = self._row(session, device)
            row.seen_at = now
            row.report = {"projects": [each.model_dump(mode="json") for each in delivery.projects],
                          "waiting": delivery.waiting, "dropped": delivery.dropped}
            numbers = [message.seq for message in delivery.messages]
            for epoch, wanted in records_of(device, delivery, now, publish).items():
                kept = known_of(session, device, epoch, wanted)
                for record in wanted:
                    if not kept & (marks := {record.seq, record.event_id}):
                        kept |= marks
                        session.add(record)
            self.prune(session, device, len(numbers))
        return max(numbers, default=0)

    def prune(self, session: Any, device: str, more: int) -> None:
        """Only so many are kept of each device; looked at once in a while, since counting takes its time."""
        self.unpruned[device] = self.unpruned.get(device, PRUNE_AFTER) + more
        if self.unpruned[device] < PRUNE_AFTER:
            return
        self.unpruned[device] = 0
        session.flush()
        mine = (DeviceEventRecord.device_id == device, DeviceEventRecord.kind != frames.KIND)
        oldest = session.scalar(select(DeviceEventRecord.time).where(*mine).order_by(
            DeviceEventRecord.time.desc()).offset(KEPT_EVENTS).limit(1))
        if oldest is not None:
            session.execute(delete(DeviceEventRecord).where(*mine, DeviceEventRecord.time <= oldest))
        frames.prune(session, device, time.time())

    def unpublished_count(self) -> int:
        """How many messages the broker is still to get."""
        with self.db.read() as session:
            return int(session.scalar(select(func.count()).where(DeviceEventRecord.to_publish)) or 0)

    def events(self, device: str | None = None, project: str | None = None, kind: str | None = None,
               limit: int = 100) -> list[DeviceEvent]:
        """What devices said, newest first."""
        query = select(DeviceEventRecord).order_by(DeviceEventRecord.time.desc(), DeviceEventRecord.seq.desc())
        for column, value in ((DeviceEventRecord.device_id, device), (DeviceEventRecord.project, project),
                              (DeviceEventRecord.kind, kind)):
            query = query if value is None else query.where(column == value)
        query = query if kind else query.where(DeviceEventRecord.kind != frames.KIND)  # or they would hide the rest
        with self.db.read() as session:
            rows = session.scalars(query.limit(limit)).all()
        return [DeviceEvent(device=row.device_id, kind=row.kind, time=row.time, project=row.project, body=row.body)
                for row in rows]

    def _row(self, session: Any, device: str) -> DeviceRecord:
        row: DeviceRecord | None = session.get(DeviceRecord, device)
        if row is None or row.revoked_at is not None:
            raise NotFound("There is no such device.", "It may have been removed.")
        return row

    def _project(self, session: Any, device: str, project: str) -> DeviceProjectRecord:
        row: DeviceProjectRecord | None = session.get(DeviceProjectRecord, (device, project))
        if row is None:
            raise NotFound(f"This device runs no {project[:64]}.", "Deploy it first.")
        return row


def wanted_of(row: DeviceProjectRecord) -> Wanted:
    return Wanted(project=row.project, version=row.version, sha256=row.sha256, setup=Setup.model_validate(row.setup),
                  previous=[str(before["version"]) for before in row.previous])


def mark_of(projects: list[Wanted]) -> str:
    """Another one whenever anything of it is another."""
    return sha256_bytes(json.dumps([each.model_dump(mode="json") for each in projects]).encode())


def shown_of(row: DeviceProjectRecord) -> Wanted:
    """For people: no passwords."""
    wanted = wanted_of(row)
    return wanted.model_copy(update={"setup": wanted.setup.shown()})


def view_of(row: DeviceRecord, wanted: Iterable[DeviceProjectRecord]) -> DeviceView:
    """A device with what it is to run and what it says of that."""
    said = {str(each.get("project")): each for each in row.report.get("projects", []) if isinstance(each, dict)}
    projects = []
    for each in wanted:
        now = said.get(each.project, {})
        projects.append(ProjectOnDevice(
            project=each.project, version=each.version, previous=[before["version"] for before in each.previous],
            setup=Setup.model_validate(each.setup).shown(), changed_at=each.changed_at, running=now.get("version"),
            state=now.get("state"), message=now.get("message"), last=now.get("last")))
    return DeviceView(id=row.id, name=row.name, here=row.here, created_at=row.created_at, seen_at=row.seen_at,
                      online=row.seen_at is not None and time.time() - row.seen_at < ONLINE_S,
                      waiting=int(row.report.get("waiting", 0)), dropped=int(row.report.get("dropped", 0)),
                      projects=projects)
