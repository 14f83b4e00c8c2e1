"""The threads that show a run is alive, and look for reasons to end it.

Four times a second one looks for the stop file and the wall clock limit; every two seconds it renews status.json and
keeps runner.log small. Another re-arms a watchdog of the C library, which ends the process and writes down the line it
hung in when Python does not come back for STALL_S (a regular expression or a number that never ends). It does nothing
else: a disk that keeps the first one waiting is nobody's fault.
"""

from __future__ import annotations

import contextlib
import faulthandler
import threading
from collections.abc import Callable
from typing import IO

from trivium.core import files, logfile
from trivium.core.run import Run
from trivium.core.status import StatusBoard
from trivium.errors import DiskFull, StudioError

LOOK_EVERY_S = 0.25
LOOKS_A_BEAT = 8
BEATS_A_WEIGHING = 5
STALL_S, ARM_EVERY_S = 10.0, 2.0  # less than jobs.STALE_S, for this one knows the line
MAX_FILES = 20_000


class Heartbeat:
    """Beats while its `with` block runs.

    `give_up` is called, from this thread, when the run has to end at once. `guarded` arms the watchdog and the weighing
    of the folder, once the learner's code may run.
    """

    def __init__(self, run: Run, board: StatusBoard, crash_log: IO[str], give_up: Callable[[StudioError], None],
                 guarded: bool = False) -> None:
        self.run = run
        self.board = board
        self.guarded = guarded
        self._crash_log = crash_log
        self._give_up = give_up
        self._end = threading.Event()
        self._threads = [threading.Thread(target=work, name=name, daemon=True)
                         for work, name in ((self._beat, "heartbeat"), (self._guard, "watchdog"))]
        self._stop_file = run.folder / files.STOP
        self._stopping = False

    def __enter__(self) -> Heartbeat:
        self._arm()  # before the first line of the learner's
        self._renew()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join(timeout=5.0)
        faulthandler.cancel_dump_traceback_later()
        logfile.trim(self.run.folder / files.LOG)

    def _guard(self) -> None:
        while not self._end.wait(ARM_EVERY_S):
            self._arm()

    def _arm(self) -> None:
        if self.guarded:
            faulthandler.dump_traceback_later(STALL_S, exit=True, file=self._crash_log)

    def _beat(self) -> None:
        look = 0
        while not self._end.wait(LOOK_EVERY_S):
            self._look()
            if look % LOOKS_A_BEAT == LOOKS_A_BEAT - 1:
                self._renew()
            if self.guarded and look % (LOOKS_A_BEAT * BEATS_A_WEIGHING) == 0:
                self._weigh()
            look += 1

    def _look(self) -> None:
        limit_s = self.run.spec.limits.wall_s
        if self._stop_file.exists():
            self.run.request_stop("stopped_by_user")
        elif limit_s is not None and self.run.elapsed_s >= limit_s:
            self.run.request_stop("limit_wall")
        if self.run.stopped and not self._stopping and self.guarded:
            self._stopping = True
            with contextlib.suppress(OSError, DiskFull):
                self.board.update(state="stopping")

    def _renew(self) -> None:
        with contextlib.suppress(OSError, DiskFull):  # a full disk is found out by the next checkpoint
            self.board.update(durable=False, wall_s=round(self.run.elapsed_s, 3))
        logfile.trim(self.run.folder / files.LOG)

    def _weigh(self) -> None:
        limit_mb = self.run.spec.limits.disk_mb
        size, count = files.folder_size(self.run.folder, MAX_FILES)
        if size > limit_mb << 20 or count >= MAX_FILES:
            what = f"more than {MAX_FILES:,} files" if count >= MAX_FILES else f"more than {limit_mb:,} MB"
            self._give_up(DiskFull(f"The run wrote {what}, which is as much as a run may keep.",
                                   "Write less, or raise the run's disk limit."))
