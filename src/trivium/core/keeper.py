"""Keeps a child process as it is wanted: a thread that looks often, and starts it again when it dies, later and later.

The child ends when its standard input does, and so goes with this process however this one goes.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import ClassVar, Literal

from trivium.core.child import environment

WAITS_S = (0.5, 1.0, 2.0, 5.0, 10.0)  # before it is started again
STEADY_S = 30.0  # after so long the next death counts as the first
END_S = 5.0
SAID = 300  # characters of what it said last
State = Literal["off", "starting", "running", "failed"]


class Keeper:
    """`python -P -m MODULE ...` with a bare environment. Whoever inherits says in `look` what is wanted now."""

    name: ClassVar[str]
    look_s: ClassVar[float] = 0.25
    heard: ClassVar[bool] = True  # whether its error stream is read at its end; one that says much would fill the pipe

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None
        self.state: State = "off"
        self.message, self.tries, self.due, self.begun = "", 0, 0.0, 0.0
        self.ended, self.woken = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._work, daemon=True, name=self.name)

    def look(self) -> None:
        """Do what is to be done now; called again and again, from one thread."""
        raise NotImplementedError

    def start(self) -> None:
        """Begin to look after it."""
        self.thread.start()

    def wake(self) -> None:
        """Look at once: something has changed. May be called from any thread."""
        self.woken.set()

    def _work(self) -> None:
        while not self.ended.is_set():
            try:
                self.look()
            except Exception as error:  # a thread that ended would look after nothing any more
                self.state, self.message = "failed", str(error)
            self.woken.wait(self.look_s)
            self.woken.clear()
        self.end()

    @property
    def may_begin(self) -> bool:
        """Whether none is there, and the next may be tried."""
        return self.process is None and time.monotonic() >= self.due

    def begin(self, folder: Path, *command: str) -> None:
        """Start one: a module and its arguments."""
        self.state, self.begun = "starting", time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", *command], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE if self.heard else subprocess.DEVNULL, text=True, cwd=folder,
            env=environment(folder), start_new_session=True)

    def died(self) -> tuple[int, str] | None:
        """Its exit code and what it said last, once, where it has ended by itself."""
        process = self.process
        if process is None or (code := process.poll()) is None:
            return None
        self.process, self.state = None, "failed"
        said = (process.communicate()[1] or "").strip()[-SAID:]
        if time.monotonic() - self.begun > STEADY_S:
            self.tries = 0
        self.due = time.monotonic() + WAITS_S[min(self.tries, len(WAITS_S) - 1)]
        self.tries += 1
        return code, said

    def end(self) -> None:
        """End it; the next may begin at once."""
        process, self.process = self.process, None
        self.tries, self.due = 0, 0.0
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stderr is not None:
            process.stderr.close()

    def close(self) -> None:
        """End it, and look no more."""
        self.ended.set()
        self.woken.set()
        if self.thread.is_alive():
            self.thread.join(2 * END_S)
