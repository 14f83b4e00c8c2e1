"""Spare runners, kept ready while somebody is at work: most of a short run's time is the loading of libraries.

At most one is kept a studio, from the moment its pages say that a run is likely (`expect`) until nobody has been there
for IDLE_S; it costs memory, so none is kept where there is little. A run takes it if it would have been given the same
environment; the next spare is started once that run has ended, so that it takes no time from it. Runs that ask for
more threads than one start afresh, for their threads begin with the libraries and Landlock would not bind them.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from pathlib import Path

from trivium.core.process import ROOM
from trivium.core.spec import Spec
from trivium.core.studio import Studio
from trivium.core.worker import environment

IDLE_S = 600.0
NEEDED_BYTES = 1500 << 20  # to be free before one is started: what one takes, and as much again for its run
PLACES = frozenset({"HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP"})  # of a run's environment: its own folder


class Spare:
    """A process that waits for a run folder."""

    def __init__(self, target: str, runs: Path) -> None:
        self.environment = environment(runs, 1)
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "trivium.core.spare", target, str(runs), " " * ROOM], stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=runs, env=self.environment, close_fds=True,
            start_new_session=True)

    @property
    def is_waiting(self) -> bool:
        """Whether it is still there."""
        return self.process.poll() is None

    def suits(self, folder: Path, spec: Spec) -> bool:
        """Whether a worker started for that run would have been given the same environment."""
        wanted = environment(folder, spec.threads)
        return spec.device == "cpu" and all(wanted.get(name) == self.environment.get(name)
                                            for name in (wanted.keys() | self.environment.keys()) - PLACES)

    def work_on(self, folder: Path) -> bool:
        """Hand over the run; False if the process has died meanwhile."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(str(folder)).encode() + b"\n")
            self.process.stdin.close()
        except OSError:
            return False
        return True

    def end(self) -> None:
        """It ends by itself when nothing more can come, but not before it has loaded."""
        assert self.process.stdin is not None
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        self.process.kill()
        self.process.wait()


class Spares:
    """The spares of one server. All methods may be called from any thread."""

    def __init__(self, runs: Path, idle_s: float = IDLE_S, needed_bytes: int = NEEDED_BYTES) -> None:
        self.runs, self.idle_s, self.needed_bytes = runs, idle_s, needed_bytes
        self._lock = threading.Lock()
        self._waiting: dict[str, Spare] = {}  # studio -> its spare
        self._expected: dict[str, tuple[str, float]] = {}  # studio -> what to load, and until when
        self._at_work: dict[str, subprocess.Popen[bytes]] = {}  # studio -> the run that took the last one

    def expect(self, studio: Studio) -> None:
        """A run of this studio is likely."""
        if studio.spare is None or sys.platform != "linux":  # elsewhere a process can't change its command line
            return
        with self._lock:
            self._expected[studio.id] = (studio.spare, time.monotonic() + self.idle_s)
            self._fill(studio.id)

    def take(self, folder: Path, spec: Spec) -> Spare | None:
        """The spare that this run may have, if there is one; it is the caller's now."""
        with self._lock:
            spare = self._waiting.get(spec.studio)
            if spare is None or not spare.is_waiting or folder.parent != self.runs or not spare.suits(folder, spec):
                return None
            self._at_work[spec.studio] = self._waiting.pop(spec.studio).process
            return spare

    def tidy(self) -> None:
        """Now and then: end those that nobody needs any more, and start those that are missing."""
        now = time.monotonic()
        with self._lock:
            for studio, (_target, until) in list(self._expected.items()):
                if until >= now:
                    self._fill(studio)
                    continue
                del self._expected[studio]
                if studio in self._waiting:
                    self._waiting.pop(studio).end()

    def close(self) -> None:
        """End all that wait; those at work go on."""
        with self._lock:
            self._expected.clear()
            while self._waiting:
                self._waiting.popitem()[1].end()

    def _fill(self, studio: str) -> None:
        """Start one where none is, unless the last one is still at work on its run, or memory is short."""
        waiting, busy = self._waiting.get(studio), self._at_work.get(studio)
        if (waiting and waiting.is_waiting) or (busy and busy.poll() is None):
            return
        if waiting:
            self._waiting.pop(studio).end()
        import psutil

        if psutil.virtual_memory().available >= self.needed_bytes:
            self.runs.mkdir(parents=True, exist_ok=True)
            self._waiting[studio] = Spare(self._expected[studio][0], self.runs)


class NoSpares(Spares):
    """Every run starts afresh."""

    def expect(self, studio: Studio) -> None:
        """No."""

    def take(self, folder: Path, spec: Spec) -> None:
        """Never one."""
