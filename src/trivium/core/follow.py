"""Show a run while it goes on: a live bar on a terminal, plain lines elsewhere, always on standard error.

Ctrl-C, or SIGTERM, lets the run save and end. Closing the terminal does not end it.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from trivium.core import files, jobs
from trivium.core.events import EventTail
from trivium.core.status import Status

LOOK_EVERY_S = 0.2
EXIT_DONE, EXIT_FAILED, EXIT_INTERRUPTED = 0, 1, 130
SHOWN_METRICS = 4
SHOWN_PRINTS = 5  # of a learner's in a row; a print in each step would bury everything else


def follow(folder: Path | str, json_mode: bool = False, keys: Sequence[str] = ()) -> int:
    """Start the run if it is queued, show it to its end and return the exit code.

    `keys` names the metrics worth showing, in order; the first four logged otherwise. With `json_mode` standard error
    gets plain lines, so that standard output stays free for one JSON object.
    """
    path = Path(folder).absolute()
    tail = EventTail(path / files.EVENTS)
    tail.read(1 << 30)  # earlier attempts are known
    if jobs.status(path).state == "queued":
        jobs.start(path)
    with _display(json_mode, keys) as display, _gentle_end(path, display.line):
        return _exit_code(_show(path, tail, display))


def watch(folder: Path | str, json_mode: bool = False, keys: Sequence[str] = ()) -> Status:
    """Only look on, from the run's beginning to its end. Ctrl-C ends the looking, not the run."""
    path = Path(folder).absolute()
    with _display(json_mode, keys) as display:
        return _show(path, EventTail(path / files.EVENTS), display)


def _show(path: Path, tail: EventTail, display: Display) -> Status:
    watched, prints = jobs.Watch(path), Prints()
    while True:
        now = watched.look()
        for event in prints.thinned(tail.read()):
            display.event(event)
        display.status(now)
        if not now.active:
            return now
        time.sleep(LOOK_EVERY_S)


def _exit_code(now: Status) -> int:
    if now.state == "succeeded":
        return EXIT_DONE
    if now.state == "stopped":
        return EXIT_INTERRUPTED if now.reason == "stopped_by_user" else EXIT_DONE
    print(f"Error: {' '.join(f'{now.message} {now.hint}'.split())}", file=sys.stderr)
    return EXIT_FAILED


@contextlib.contextmanager
def _gentle_end(folder: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Turn Ctrl-C into a request to save and end; a run that does not within ten seconds is ended."""
    if threading.current_thread() is not threading.main_thread():
        yield  # a notebook's or a server's thread gets no signals
        return
    timers: list[threading.Timer] = []

    def ask(_number: int, _frame: object) -> None:
        if timers:
            return
        say("Stopping: the run saves what it has learned.")
        timers.append(threading.Timer(jobs.STOP_TIMEOUT_S, jobs.stop, (folder, 0.0)))
        timers[0].daemon = True
        timers[0].start()
        jobs.request_stop(folder)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for timer in timers:
            timer.cancel()


class Display(Protocol):
    """What shows a run."""

    def event(self, event: dict[str, Any]) -> None:
        """Something happened."""

    def status(self, now: Status) -> None:
        """How the run is doing now."""

    def line(self, text: str) -> None:
        """One line of text."""


@contextlib.contextmanager
def _display(json_mode: bool, keys: Sequence[str]) -> Iterator[Display]:
    if json_mode or not sys.stderr.isatty():
        yield Lines(keys)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn(),
               TextColumn("{task.fields[left]}"), TextColumn("{task.fields[numbers]}"))
    with Progress(*columns, console=Console(stderr=True), transient=False) as progress:
        yield Bar(progress, keys)


class Prints:
    """Lets the first few of many prints in a row through, and counts the others."""

    def __init__(self) -> None:
        self.in_a_row = 0

    def thinned(self, events: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """The events worth showing; where prints were left out, a line that says how many."""
        for event in events:
            if event.get("kind") == "log" and event.get("level") == "print":
                self.in_a_row += 1
                if self.in_a_row <= SHOWN_PRINTS:
                    yield event
                continue
            if self.in_a_row > SHOWN_PRINTS:
                more = f"... and {self.in_a_row - SHOWN_PRINTS:,} more prints, all of them in {files.EVENTS}"
                yield {"kind": "log", "level": "info", "message": more}
            self.in_a_row = 0
            yield event


class Lines:
    """One plain line for each event worth reading."""

    def __init__(self, keys: Sequence[str]) -> None:
        self.keys = keys

    def event(self, event: dict[str, Any]) -> None:
        text = describe(event, self.keys)
        if text:
            self.line(text)

    def status(self, now: Status) -> None:
        pass

    def line(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)


class Bar:
    """A live bar with the newest numbers beside it; notes and prints scroll above it."""

    def __init__(self, progress: Any, keys: Sequence[str]) -> None:
        self.progress = progress
        self.keys = keys
        self.task = progress.add_task("queued", total=1.0, left="", numbers="")

    def event(self, event: dict[str, Any]) -> None:
        text = describe(event, self.keys)
        if event.get("kind") == "metric":
            self.progress.update(self.task, numbers=text or "")
        elif event.get("kind") == "log" and text:
            self.line(text)

    def status(self, now: Status) -> None:
        left = f"{now.eta_s:.0f} s left" if now.eta_s is not None and now.active else ""
        self.progress.update(self.task, description=now.state, completed=now.progress or 0.0, left=left)

    def line(self, text: str) -> None:
        self.progress.console.print(text, markup=False, highlight=False)


def describe(event: dict[str, Any], keys: Sequence[str] = ()) -> str | None:
    """An event in one line, None if it is not worth one. Control characters of a learner's print are taken out."""
    kind = event.get("kind")
    if kind == "metric":
        values = event.get("values", {})
        shown = [key for key in keys if values.get(key) is not None] or list(values)[:SHOWN_METRICS]
        numbers = "  ".join(f"{key} {values[key]:.4g}" for key in shown if isinstance(values.get(key), int | float))
        return f"step {event.get('step')}  {numbers}"
    if kind == "state":
        return str(event.get("state"))
    if kind == "log":
        message = "".join(c if c.isprintable() or c == "\t" else " " for c in str(event.get("message"))).rstrip()
        return message if event.get("level") == "info" else f"{event.get('level')}: {message}"
    return None
