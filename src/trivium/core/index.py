"""The index of runs: what the server knows about every run folder, and what it may do with it.

The folders are the truth; the rows only make lists, graphs and the live stream quick. All methods may be
called from any thread. A run that cannot start at once because the machine is full is marked as waiting and
shown as queued.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from trivium.core import files, jobs
from trivium.core.db import Database
from trivium.core.records import EventRecord, MetricRecord, RunRecord
from trivium.core.runfolder import HIDDEN, display_name, list_files, refuse_taken, rename, unique_name
from trivium.core.spares import NoSpares, Spares
from trivium.core.spec import read_spec
from trivium.core.status import ACTIVE, read_status
from trivium.core.views import Point, RunMetrics, RunPage, RunView
from trivium.errors import BadFile, NotFound, RunActive, RunNotResumable, StudioError


class RunIndex:
    """Every known run, by id."""

    def __init__(
        self, db: Database, runs_folder: Path, max_active: int | None = None, spares: Spares | None = None
    ) -> None:
        self.db, self.runs_folder, self.spares = db, runs_folder, spares or NoSpares(runs_folder)
        self.max_active = max_active or 2 * (os.cpu_count() or 1)
        self._starting = threading.Lock()  # between "is there room" and the start
        self._naming = threading.Lock()  # between "is the name free" and the folder that takes it

    # reading

    def get(self, run_id: str) -> RunView:
        with self.db.read() as session:
            return view(_row(session, run_id))

    def page(self, studio: str | None, kind: str | None, limit: int, cursor: str | None) -> RunPage:
        query = select(RunRecord).order_by(RunRecord.id.desc()).limit(limit + 1)
        if studio:
            query = query.where(RunRecord.studio == studio)
        if kind:
            query = query.where(RunRecord.kind == kind)
        if cursor:
            query = query.where(RunRecord.id < cursor)
        with self.db.read() as session:
            rows = list(session.scalars(query))
        return RunPage(
            items=[view(row) for row in rows[:limit]], next=rows[limit - 1].id if len(rows) > limit else None
        )

    def metrics(self, run_id: str, since_step: int = -1) -> RunMetrics:
        query = (
            select(MetricRecord.key, MetricRecord.step, MetricRecord.value)
            .where(MetricRecord.run_id == run_id, MetricRecord.step > since_step)
            .order_by(MetricRecord.key, MetricRecord.step)
        )
        rows: dict[str, list[Point]] = {}
        with self.db.read() as session:
            _row(session, run_id)
            for key, step, value in session.execute(query):
                rows.setdefault(key, []).append((step, value))
        return RunMetrics(keys=list(rows), rows=rows)

    def events(
        self, run_id: str, after: int = 0, kind: str | None = None, name: str | None = None, limit: int = 500
    ) -> list[dict[str, Any]]:
        """Stored events of a run whose own id is above ``after``, oldest first."""
        query = (
            select(EventRecord)
            .where(EventRecord.run_id == run_id, EventRecord.seq > after)
            .order_by(EventRecord.seq, EventRecord.id)
            .limit(limit)
        )
        if kind:
            query = query.where(EventRecord.kind == kind)
        if name:
            query = query.where(EventRecord.name == name)
        with self.db.read() as session:
            _row(session, run_id)
            return [{"run": run_id, **row.data} for row in session.scalars(query)]

    def folder(self, run_id: str) -> Path:
        with self.db.read() as session:
            return Path(_row(session, run_id).folder)

    def files(self, run_id: str) -> list[tuple[str, int]]:
        """Path and size of each file of the run that is of use to a person."""
        return list_files(self.folder(run_id))

    def file(self, run_id: str, path: str) -> Path:
        """A file of the run; anything outside its folder does not exist."""
        folder = self.folder(run_id)
        try:
            found = files.inside(folder, path)
            if found.is_file() and found.name not in HIDDEN:
                return found
        except (BadFile, ValueError, OSError):  # such as a name that no file could have
            pass
        raise NotFound("This run has no such file.", "Look at the list of the run's files.")

    # changing

    def add(self, folder: Path, waiting: bool = False) -> RunView:
        """Take a run folder into the index, or read it again."""
        spec, status = read_spec(folder), read_status(folder)
        with self.db.write() as session:
            row = session.get(RunRecord, spec.id)
            if row is None:
                row = RunRecord(id=spec.id, events_offset=0, waiting=waiting)
                session.add(row)
            row.studio, row.kind, row.parent = spec.studio, spec.kind, spec.parent
            row.name, row.folder, row.created_at = (
                display_name(folder, spec.name),
                str(folder),
                spec.created_at,
            )
            row.spec, row.status, row.state = spec.to_dict(), status.to_dict(), status.state
            return view(row)

    def launch(self, run_id: str) -> RunView:
        """Start a queued run or resume a stopped one: now where there is room, else as soon as there is."""
        with self.db.write() as session:
            row = _row(session, run_id)
            status = read_status(Path(row.folder))
            if status.active:
                raise RunActive("This run is going on already.", "Stop it first, or wait until it ends.")
            if status.state == "succeeded":
                raise RunNotResumable("This run is finished.", "Clone it to run it again.")
            row.waiting = True
        self.start_waiting()
        return self.get(run_id)

    def start_waiting(self) -> list[str]:
        """Start what waits, oldest first, as long as there is room; the ids of what was started."""
        with self._starting:
            with self.db.read() as session:
                waiting = list(
                    session.scalars(select(RunRecord).where(RunRecord.waiting).order_by(RunRecord.id))
                )
                active = session.scalar(
                    select(func.count()).where(RunRecord.state.in_(ACTIVE), ~RunRecord.waiting)
                )
            free = self.max_active - (active or 0)
            started = [row.id for row in waiting[: max(0, free)]]
            for row in waiting[: max(0, free)]:
                self._start(row)
        return started

    def _start(self, row: RunRecord) -> None:
        folder = Path(row.folder)
        with self.db.write() as session:
            if (kept := session.get(RunRecord, row.id)) is not None:
                kept.waiting = False
        status = read_status(folder)
        if status.state == "queued":
            jobs.start(folder, self.spares)
        elif status.resumable:
            jobs.resume(folder, spares=self.spares)
        self.add(folder)

    def stop(self, run_id: str) -> RunView:
        """Ask the run to stop; the answer does not wait for it to save its last checkpoint."""
        folder = self.folder(run_id)
        with self.db.write() as session:
            row = _row(session, run_id)
            was_waiting, row.waiting = row.waiting, False
        status = read_status(folder)
        if status.active:
            threading.Thread(target=_stop_quietly, args=(folder,), daemon=True, name=f"stop-{run_id}").start()
            return self.get(run_id).model_copy(update={"state": "stopping"})
        if status.state == "queued":
            jobs.request_stop(folder)
        elif not was_waiting:
            raise RunNotResumable(
                "This run is not going on.", "There is nothing to stop.", code="run_not_active"
            )
        return self.add(folder)

    def rename(self, run_id: str, name: str) -> RunView:
        with self._naming:
            old = self.get(run_id)
            if old.name == name:
                return old
            folder = self.folder(run_id)
            rename(folder, name, self._names(old.studio, old.kind) - {old.name})
            return self.add(folder)

    def create(
        self, studio: str, kind: str, wanted: str | None, make: Callable[[str], Path], usual: str = "run"
    ) -> RunView:
        """Make a run folder under a name that no other run of its kind has, and index it (not started)."""
        with self._naming:
            if wanted is None:
                name = unique_name(self._names(studio, kind), usual)
            else:
                refuse_taken(self._names(studio, kind), name := wanted)
            return self.add(make(name))

    def _names(self, studio: str, kind: str) -> set[str]:
        query = select(RunRecord.name).where(RunRecord.studio == studio, RunRecord.kind == kind)
        with self.db.read() as session:
            return set(session.scalars(query))

    def delete(self, run_id: str) -> None:
        folder = self.folder(run_id)
        if folder.exists():
            if read_status(folder).active:
                raise RunActive("This run is going on.", "Stop it first, then delete it.")
            jobs.delete(folder)
        self.forget([run_id])

    def forget(self, run_ids: Sequence[str]) -> None:
        """Drop the rows of runs whose folders are gone."""
        with self.db.write() as session:
            session.execute(delete(RunRecord).where(RunRecord.id.in_(run_ids)))


def _stop_quietly(folder: Path) -> None:
    with contextlib.suppress(StudioError, OSError):  # it ended or was deleted meanwhile; the tailer reads how
        jobs.stop(folder)


def _row(session: Session, run_id: str) -> RunRecord:
    row = session.get(RunRecord, run_id)
    if row is None:
        raise NotFound("There is no such run.", "It may have been deleted; look at the list of runs.")
    return row


def view(row: RunRecord) -> RunView:
    """A row as the API shows it. A learner's code can write into its own folder, so nothing there is
    trusted.
    """
    spec, status = row.spec, row.status
    config = spec.get("config") or {}
    fixed = {
        "id": row.id,
        "studio": row.studio,
        "kind": row.kind,
        "name": row.name,
        "parent": row.parent,
        "created_at": row.created_at,
        "seed": spec.get("seed", 0),
        "track": config.get("track"),
        "config": config,
        "has_model": (Path(row.folder) / files.MODEL / "model.json").is_file(),
    }
    changing = {
        key: status.get(key)
        for key in (
            "reason",
            "message",
            "hint",
            "detail",
            "started_at",
            "finished_at",
            "wall_s",
            "progress",
            "eta_s",
            "best",
            "confinement",
        )
    }
    state = "queued" if row.waiting else row.state
    try:
        return RunView(**fixed, **changing, state=state, step=status.get("step") or 0)
    except ValidationError:
        broken = dict.fromkeys(changing)
        broken["message"] = "The status of this run can't be read."
        broken["hint"] = "Its own code may have written over it. Start a new run."
        return RunView(**fixed, **broken, state="failed" if state not in ACTIVE else state, step=0)
