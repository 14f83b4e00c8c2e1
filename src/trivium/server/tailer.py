"""The task that watches run folders: finds new ones, reads what they say, ends what hangs, starts what
waits.

One asyncio task; the files are read in a thread. A look every quarter of a second at the runs that are
going on, more often while one has just begun, for somebody waits for its first news; every two seconds also
for runs that the command line made or deleted, for processes that died or no longer answer, and after the
spare ones.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from trivium.core import jobs
from trivium.core.files import SPEC, STATUS
from trivium.core.index import RunIndex
from trivium.core.intake import is_read, take_in
from trivium.core.records import EventRecord, RunRecord
from trivium.core.runfolder import display_name
from trivium.core.spec import read_spec
from trivium.core.status import Status, read_status
from trivium.errors import StudioError
from trivium.server.hub import EventHub

LOOK_S = 0.25
QUICK_S = 0.05
YOUNG_S = 5.0
SURVEY_S = 2.0

log = logging.getLogger("trivium.server")


@dataclass
class Tailer:
    """Keeps the index true to the folders, and tells the hub what happens."""

    index: RunIndex
    hub: EventHub
    look_s: float = LOOK_S
    survey_s: float = SURVEY_S
    is_awaited: bool = False  # at the last look, a run had just begun
    _strange: set[Path] = field(default_factory=set)  # folders that could not be read, told once
    _watches: dict[Path, jobs.Watch] = field(default_factory=dict)
    _done: dict[str, int] = field(
        default_factory=dict
    )  # finished and read to the end -> when its status was written

    async def run(self) -> None:
        """Until cancelled. One bad look is logged and the next one tries again."""
        since_survey_s = self.survey_s
        while True:
            try:
                if since_survey_s >= self.survey_s:
                    since_survey_s = 0.0
                    await asyncio.to_thread(self.survey)
                self.hub.publish(await asyncio.to_thread(self.look))
            except Exception:  # whatever it is, the studio goes on and later looks catch up
                log.exception("reading the run folders")
            pause_s = min(QUICK_S, self.look_s) if self.is_awaited else self.look_s
            await asyncio.sleep(pause_s)
            since_survey_s += pause_s

    def survey(self) -> None:
        """Take in new folders, forget deleted ones, end what hangs or died, start what waits."""
        with self.index.db.read() as session:
            known = {Path(row.folder): row for row in session.scalars(select(RunRecord))}
        for folder in self._folders() - known.keys():
            self._adopt(folder, {row.id for row in known.values()})
        self.index.forget([row.id for folder, row in known.items() if not (folder / SPEC).exists()])
        for folder, row in known.items():
            if display_name(folder, row.spec["name"]) != row.name:  # renamed from the command line
                self.index.add(folder)
            if self._done.get(row.id) != _written_ns(folder):
                self._done.pop(row.id, None)
            if row.id not in self._done and read_status(folder).active:
                self._check(folder)
            else:
                self._watches.pop(folder, None)
        for run_id in self.index.start_waiting():
            log.info("started %s, which had been waiting", run_id)
        self.index.spares.tidy()

    def look(self) -> list[EventRecord]:
        """Read what is new in every run that is not finished and read to its end."""
        with self.index.db.read() as session:
            rows = list(session.scalars(select(RunRecord).where(RunRecord.id.not_in(self._done))))
        records: list[EventRecord] = []
        self.is_awaited = False
        for row in rows:
            folder = Path(row.folder)
            written_ns, status = _written_ns(folder), read_status(folder)
            self.is_awaited |= is_young(status)
            if is_read(row, status):
                self._done[row.id] = written_ns
            else:
                records += take_in(self.index.db, row.id, status)
        return sorted(records, key=lambda record: record.id)

    def _folders(self) -> set[Path]:
        try:
            return {entry for entry in self.index.runs_folder.iterdir() if (entry / SPEC).is_file()}
        except FileNotFoundError:
            return set()

    def _adopt(self, folder: Path, known_ids: set[str]) -> None:
        if folder in self._strange:
            return
        try:
            if read_spec(folder).id in known_ids:
                raise StudioError("it is a copy of another run")
            self.index.add(folder)
        except (StudioError, OSError, ValueError, TypeError, KeyError) as error:
            self._strange.add(folder)
            log.warning("left out the folder %s: %s", folder, error)

    def _check(self, folder: Path) -> None:
        try:
            self._watches.setdefault(folder, jobs.Watch(folder)).look()
        except (StudioError, OSError) as error:
            log.warning("could not check %s: %s", folder, error)


def is_young(status: Status) -> bool:
    """Whether the run has just begun."""
    return status.active and abs(time.time() - (status.started_at or status.updated_at or 0.0)) < YOUNG_S


def _written_ns(folder: Path) -> int:
    try:
        return (folder / STATUS).stat().st_mtime_ns
    except OSError:
        return 0
