"""Start, stop, resume, clone, delete, and find runs again after a restart. Run folders only; no database here.

A run's process leads a session of its own, so it outlives whoever started it. A process is known by pid, time of birth
and boot id. The command line and the server use the same functions.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

from trivium.core import checkpoint, files
from trivium.core.crash import ending
from trivium.core.events import EventWriter
from trivium.core.process import FolderLock, birth, boot_id, is_same, works_on
from trivium.core.runfolder import RunInfo, clone, create_run, export, find_run, list_runs, run_folder, unique_name
from trivium.core.spares import Spares
from trivium.core.spec import Spec, read_spec
from trivium.core.status import Status, read_status, write_status
from trivium.core.worker import environment
from trivium.errors import RunActive, RunNotResumable

__all__ = ["RunInfo", "Watch", "clone", "create_run", "delete", "export", "find_run", "is_alive", "kill", "list_runs",
           "reap", "recover", "recover_all", "request_stop", "resume", "start", "status", "stop", "unique_name", "wait"]

STOP_TIMEOUT_S = 10.0
STALE_S = 60.0  # a disk under load may keep a heartbeat waiting for long; a hanging runner ends itself before
UNHEARD_S = 15.0  # between the start of a process and its first word
START_STALE_S = 180.0  # importing torch and compiling kernels on a slow disk
MAX_IDLE_ATTEMPTS = 3

_children: dict[int, subprocess.Popen[bytes]] = {}  # of this process, to be reaped


def start(folder: Path | str, spares: Spares | None = None) -> int:
    """Start a queued run as a detached process, one of the `spares` if there is one that suits; returns its pid."""
    path = run_folder(folder)
    status = recover(path)
    if status.active:
        raise RunActive("The run is going on already.", "Wait until it is done, or stop it.")
    if status.state != "queued":
        raise RunNotResumable(f"The run has {status.state} already.", "Resume it, or clone it to start again.")
    return _launch(path, replace(status, attempt=status.attempt + 1), spares)


def resume(folder: Path | str, automatic: bool = False, spares: Spares | None = None) -> int:
    """Go on from the last good checkpoint. Automatic attempts give up after three without progress."""
    path = run_folder(folder)
    status = recover(path)
    if status.active:
        raise RunActive("The run is going on already.", "Wait until it is done, or stop it.")
    if status.state == "queued":
        return start(path, spares)
    if not status.resumable:
        raise RunNotResumable("The run has finished already.", "Clone it to train further from its weights.")
    last_step = checkpoint.last_step(path / files.CHECKPOINTS)
    idle = status.idle_attempts + 1 if automatic and last_step == status.resumed_step else 0
    if idle > MAX_IDLE_ATTEMPTS:
        raise RunNotResumable(f"The run broke off {MAX_IDLE_ATTEMPTS + 1} times without getting any further.",
                              "Look at runner.log in its folder, then resume it by hand.")
    return _launch(path, replace(status, attempt=status.attempt + 1, idle_attempts=idle), spares)


def _launch(folder: Path, status: Status, spares: Spares | None) -> int:
    """Give the run to a spare or spawn a worker; the lock in the folder makes a second one go away."""
    spec = read_spec(folder)
    (folder / files.STOP).unlink(missing_ok=True)
    reap()
    begun = replace(status, state="starting", reason=None, message=None, hint=None, detail=None, finished_at=None,
                    pid=None, create_time=None, updated_at=time.time())
    child = _taken(folder, spec, begun, spares) if spares is not None else None
    if child is None:
        write_status(folder, begun)
        child = _spawned(folder, spec)
    _children[child.pid] = child
    return int(child.pid)


def _taken(folder: Path, spec: Spec, begun: Status, spares: Spares) -> subprocess.Popen[bytes] | None:
    """A spare that has the run now, None if there is none. It may yet be loading: its pid stands in the status."""
    spare = spares.take(folder, spec)
    if spare is None:
        return None
    pid = spare.process.pid
    write_status(folder, replace(begun, pid=pid, create_time=birth(pid), boot_id=boot_id()))
    return spare.process if spare.work_on(folder) else None


def _spawned(folder: Path, spec: Spec) -> subprocess.Popen[bytes]:
    log = os.open(folder / files.LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        options: dict[str, object] = {"start_new_session": True}
        if sys.platform == "win32":
            options = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
        child: subprocess.Popen[bytes] = subprocess.Popen(  # type: ignore[call-overload]
            [sys.executable, "-P", "-m", "trivium.core.worker", str(folder)], stdin=subprocess.DEVNULL, stdout=log,
            stderr=log, cwd=folder, env=environment(folder, spec.threads), close_fds=True, **options)
        return child
    finally:
        os.close(log)


def reap() -> None:
    """Collect children that have ended, so that none stays a zombie."""
    for child in list(_children.values()):
        child.poll()
    for pid in [pid for pid, child in _children.items() if child.returncode is not None][:-1000]:
        del _children[pid]


def status(folder: Path | str) -> Status:
    """The status as it is on disk."""
    return read_status(run_folder(folder))


def is_alive(folder: Path | str) -> bool:
    """Whether a process is at work on the run."""
    return _alive(read_status(run_folder(folder)))


def _alive(now: Status) -> bool:
    reap()
    if not now.active:
        return False
    if now.pid is None:  # spawned a moment ago, not yet heard of
        return now.updated_at is not None and abs(time.time() - now.updated_at) < UNHEARD_S
    return is_same(now.pid, now.create_time, now.boot_id)


def recover(folder: Path | str) -> Status:
    """The true status: a run whose process has died without a word becomes interrupted, failed or stopped."""
    path = run_folder(folder)
    before = read_status(path)
    if not before.active or _alive(before):
        return before
    lock = FolderLock(path / files.LOCK)
    if not lock.acquire():  # a worker has just begun or is just ending
        return read_status(path)
    try:
        now = read_status(path)  # it may have finished between the two looks
        if not now.active or _alive(now):
            return now
        child = _children.get(now.pid or -1)
        ended = ending(path, now, None if child is None else child.returncode)
        _write_end(path, ended)
        return ended
    finally:
        lock.release()


def recover_all(data: Path) -> list[Path]:
    """At the server's start: settle every run of the data folder; returns those that were interrupted."""
    active = [info.folder for info in list_runs(data) if info.status.active]
    return [folder for folder in active if recover(folder).state == "interrupted"]


def _write_end(folder: Path, ended: Status) -> None:
    write_status(folder, ended)
    for leftover in (files.RESERVE, files.STOP):
        (folder / leftover).unlink(missing_ok=True)
    shutil.rmtree(folder / files.TMP, ignore_errors=True)
    files.remove_temporaries(folder)
    files.remove_temporaries(folder / files.CHECKPOINTS)
    with contextlib.suppress(OSError):
        events = EventWriter(folder / files.EVENTS)
        events.write("state", state=ended.state, reason=ended.reason, message=ended.message, hint=ended.hint)
        events.close()


def request_stop(folder: Path | str) -> Status:
    """Ask a run to save and end, without waiting for it."""
    path = run_folder(folder)
    now = recover(path)
    if now.state == "queued":
        ended = now.ended("stopped", "stopped_by_user")
        _write_end(path, ended)
        return ended
    if now.active:
        files.atomic_write(path / files.STOP, "stop\n", durable=False)
        if now.pid and works_on(now.pid, path) and sys.platform != "win32":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(now.pid, signal.SIGTERM)
    return now


def stop(folder: Path | str, timeout_s: float = STOP_TIMEOUT_S) -> Status:
    """Ask the run to save and end; after `timeout_s` kill it. Either way it can be resumed."""
    path = run_folder(folder)
    now = request_stop(path)
    if not now.active:
        return now
    now = wait(path, timeout_s)
    if not now.active:
        return now
    kill(path)
    now = read_status(path)
    if now.active:
        _write_end(path, now.ended("stopped", "stopped_by_user", hint="It did not end by itself in time and was "
                                   "ended. Resume the run: it goes on from its last checkpoint."))
    return read_status(path)


def kill(folder: Path | str) -> None:
    """End the run's process and its group at once, and wait until it is gone. The status is left to the caller."""
    path = run_folder(folder)
    now = read_status(path)
    deadline = time.monotonic() + 5.0
    while now.active and now.pid is None and time.monotonic() < deadline:  # spawned, but not heard of yet
        time.sleep(0.02)
        now = read_status(path)
    if not now.pid or not is_same(now.pid, now.create_time, now.boot_id) or not works_on(now.pid, path):
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            os.kill(now.pid, signal.SIGTERM)  # TerminateProcess
        elif os.getpgid(now.pid) == now.pid:
            os.killpg(now.pid, signal.SIGKILL)
        else:
            os.kill(now.pid, signal.SIGKILL)
    deadline = time.monotonic() + 5.0
    while is_same(now.pid, now.create_time, now.boot_id) and time.monotonic() < deadline:
        reap()
        time.sleep(0.02)
    lock = FolderLock(path / files.LOCK)  # its last threads may hold on for a moment
    if lock.acquire(patience_s=5.0):
        lock.release()
    reap()


def wait(folder: Path | str, timeout_s: float | None = None, poll_s: float = 0.05) -> Status:
    """Wait until the run has ended, at most `timeout_s`; kills one that hangs. Returns the status then."""
    watch = Watch(run_folder(folder))
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    while True:
        now = watch.look()
        if not now.active or (deadline is not None and time.monotonic() >= deadline):
            return now
        time.sleep(poll_s)


@dataclass
class Watch:
    """Looks after one run, again and again: settles it when its process has died, kills it when it hangs.

    A heartbeat counts as stale by this process's own monotonic clock, so that a laptop that slept, or a clock that was
    set, harms no run.
    """

    folder: Path
    _beat: tuple[float | None, int | None] | None = None
    _since: float = 0.0

    def look(self) -> Status:
        """The run's true status now."""
        now = recover(self.folder)
        if not now.active:
            return now
        beat = (now.updated_at, now.pid)
        if beat != self._beat:
            self._beat, self._since = beat, time.monotonic()
        elif time.monotonic() - self._since > (START_STALE_S if now.state == "starting" else STALE_S):
            kill(self.folder)
            now = read_status(self.folder)
            if now.active:
                reason = "node_lost" if now.state == "starting" else "user_code_timeout"
                _write_end(self.folder, ending(self.folder, now, None, silent=reason))
            now = read_status(self.folder)
        return now


def delete(folder: Path | str) -> None:
    """Remove a run's folder for good; refused while it is going on."""
    path = run_folder(folder)
    if recover(path).active:
        raise RunActive("The run is going on, so it was not deleted.", "Stop it first.")
    gone = path.with_name(f"{files.TEMPORARY_PREFIX}gone-{path.name}-{os.getpid()}")
    os.rename(path, gone)  # away at once, so that a crash in the middle leaves no half run in the list
    shutil.rmtree(gone, ignore_errors=True)
