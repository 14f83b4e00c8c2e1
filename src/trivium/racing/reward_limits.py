"""Time limits for a reward function, and a watchdog for code that no Python signal handler can stop.

``CallClock`` ticks by SIGALRM four times a second while reward calls are made: a call that sees eight
ticks is ended by an exception raised in the learner's own frame, so its line is known. Ticks are
counted, not seconds, so that a paused or starved process is not blamed. Code that holds the interpreter
(a runaway regular expression) or catches everything is ended by ``Watchdog``: the C-level handler of
``faulthandler`` writes the line to a file and the process ends; ``read_hang`` reads that file
afterwards. Where there are no interval timers, a faulthandler thread does it.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import re
import signal
import threading
import time
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO

CALL_LIMIT_S = 2.0
IMPORT_LIMIT_S = 30.0  # importing scipy and shapely on a loaded laptop is slow, and not the learner's fault
WATCHDOG_CPU_S = 6.0
TICK_S = 0.25
SLOW_CALL_MS = 50.0
_LAST_WORDS_TICKS = 4  # how often code that catches everything is interrupted before the process ends
HAS_TIMERS = hasattr(signal, "setitimer")
_FRAME = re.compile(r'^\s*File "(?P<file>.*)", line (?P<line>\d+) in ')


class Overtime(BaseException):
    """Raised inside the learner's code when a call takes too long; no Exception, which it may well catch."""


def learner_line(frame: FrameType | None, filename: str) -> int | None:
    """Line of the innermost frame that runs the learner's file."""
    while frame is not None:
        if frame.f_code.co_filename == filename:
            return frame.f_lineno
        frame = frame.f_back
    return None


class Watchdog:
    """Ends the process when it burns ``limit_s`` of processor time between ``arm()`` and ``cancel()``."""

    def __init__(self, path: Path, limit_s: float = WATCHDOG_CPU_S) -> None:
        self.path = Path(path)
        self.limit_s = limit_s
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # Opened now: once the run is confined or its disk is full it may be too late.
        self._file: IO[str] | None = self.path.open("a")
        self._armed_at = -float("inf")
        if HAS_TIMERS:
            # chain: after the dump the signal's own action follows, which ends the process
            faulthandler.register(signal.SIGPROF, file=self._file, all_threads=True, chain=True)

    def arm(self) -> None:
        if self._file is None:
            return
        if HAS_TIMERS:
            signal.setitimer(signal.ITIMER_PROF, self.limit_s)
        elif time.monotonic() - self._armed_at > 1.0:  # starting the thread costs 70 us, so not each time
            self._armed_at = time.monotonic()
            faulthandler.dump_traceback_later(self.limit_s + 2.0, exit=True, file=self._file)

    def cancel(self) -> None:
        if self._file is None:
            return
        if HAS_TIMERS:
            signal.setitimer(signal.ITIMER_PROF, 0.0)
        else:
            self._armed_at = -float("inf")
            faulthandler.cancel_dump_traceback_later()

    def fire(self) -> None:
        """Writes where the code is and ends the process at once."""
        if self._file is not None:
            faulthandler.dump_traceback(file=self._file, all_threads=True)
        os._exit(70)

    def close(self) -> None:
        """Disarms for good; a file in which nothing was written is removed."""
        if self._file is None:
            return
        self.cancel()
        if HAS_TIMERS:
            faulthandler.unregister(signal.SIGPROF)
        self._file.close()
        self._file = None
        with contextlib.suppress(OSError):
            if self.path.stat().st_size == 0:
                self.path.unlink()


def read_hang(path: Path, filename: str = "reward.py") -> int | None:
    """The learner's line at which the watchdog ended the process, or None when it did not."""
    try:
        text = Path(path).read_text(errors="replace")
    except OSError:
        return None
    for row in text.splitlines():  # innermost frame first
        frame = _FRAME.match(row)
        if frame is not None and frame["file"] == filename:
            return int(frame["line"])
    return None


class CallClock:
    """Context manager around calls. The caller counts ``calls`` up and sets ``busy`` while one is running."""

    def __init__(self, filename: str, watchdog: Watchdog | None = None) -> None:
        self.calls = 0
        self.busy = False
        self.running = False
        self.overtime_line: int | None = None
        self.limit_s = CALL_LIMIT_S
        self._filename = filename
        self._watchdog = watchdog
        self._seen_call = -1
        self._ticks = 0
        self._has_signal = False
        self._old_timer = (0.0, 0.0)
        self._old_handler: object = None
        self._entered_at = 0.0
        self._timed_calls_from = 0
        self._timed_calls = 0
        self._timed_s = 0.0

    def __enter__(self) -> CallClock:
        if self.running:
            raise RuntimeError("time_limit() is already running")
        self.running = True
        self._ticks = 0
        self._entered_at = time.monotonic()
        self._timed_calls_from = self.calls
        # Python runs signal handlers in the main thread only.
        self._has_signal = HAS_TIMERS and threading.current_thread() is threading.main_thread()
        if self._has_signal:
            self._old_handler = signal.signal(signal.SIGALRM, self._tick)
            self._old_timer = signal.setitimer(signal.ITIMER_REAL, TICK_S, TICK_S)
        if self._watchdog is not None:
            self._watchdog.arm()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._watchdog is not None:
            self._watchdog.cancel()
        elapsed_s = time.monotonic() - self._entered_at
        if self._has_signal:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
            signal.signal(signal.SIGALRM, self._old_handler)  # type: ignore[arg-type]
            delay_s, interval_s = self._old_timer
            if delay_s > 0.0:  # somebody else's alarm, as of a test runner, goes on where it was
                signal.setitimer(signal.ITIMER_REAL, max(delay_s - elapsed_s, 1e-3), interval_s)
        self.running = False
        self._timed_s += elapsed_s
        self._timed_calls += self.calls - self._timed_calls_from

    def mean_call_ms(self) -> float:
        """Mean wall time of a call, with what else happened inside the context."""
        return 1e3 * self._timed_s / self._timed_calls if self._timed_calls else 0.0

    def forget_times(self) -> None:
        """Leaves what took its time so far, as an import, out of the mean."""
        self._timed_s, self._timed_calls = 0.0, 0

    def is_slow(self) -> bool:
        return self._timed_calls >= 100 and self.mean_call_ms() > SLOW_CALL_MS

    def _tick(self, signum: int, frame: FrameType | None) -> None:
        if not self.busy or self.calls != self._seen_call:
            self._seen_call = self.calls
            self._ticks = 0
            if self._watchdog is not None:
                self._watchdog.arm()
            return
        self._ticks += 1
        limit_ticks = round(self.limit_s / TICK_S)
        if self._ticks < limit_ticks:
            if self._watchdog is not None and self.limit_s > CALL_LIMIT_S:
                self._watchdog.arm()
            return
        line = learner_line(frame, self._filename)
        if line is None:
            return  # the call has just ended, or has not begun
        if self.overtime_line is None:
            self.overtime_line = line
        if self._ticks >= limit_ticks + _LAST_WORDS_TICKS and self._watchdog is not None:
            self._watchdog.fire()
        raise Overtime
