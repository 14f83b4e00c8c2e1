"""What became of a process that ended without a word: read from crash.txt, the exit code and the stop file."""

from __future__ import annotations

import re
import signal
from pathlib import Path

from trivium.core import files
from trivium.core.status import Status

PLACE = re.compile(r'File "(?:[^"\n]*[/\\]inputs[/\\])?([^"/\\\n]+\.py|<reward>)", line (\d+)')
DUMPED = "(most recent call first)"  # without a fatal error: one of the watchdogs ended the process
FATAL = re.compile(r"Fatal Python error: (.+)|Windows fatal exception: (.+)")


def ending(folder: Path, status: Status, exit_code: int | None, silent: str | None = None) -> Status:
    """The final status of a run whose process is gone. `silent` is the reason when it was killed for its silence."""
    try:
        text = (folder / files.CRASH).read_text(errors="replace")
    except OSError:
        text = ""
    detail = _detail(text, status)
    place = f"{detail['file']}, line {detail['line']}" if detail["line"] else "Your code"
    fatal = FATAL.search(text)
    if DUMPED in text and not fatal and not detail["line"]:  # nothing of the learner's: it may go on from where it was
        return status.ended("interrupted", "node_lost", "The run's process did not come back in time.")
    if (DUMPED in text and not fatal) or silent == "user_code_timeout":
        return status.ended("failed", "user_code_timeout", f"{place} did not come back in time.",
                            detail={**detail, "type": "Timeout"})
    if fatal:
        what = fatal.group(1) or fatal.group(2)
        if detail["line"]:
            return status.ended("failed", "user_code_error", f"{place}: the program crashed ({what}).",
                                "Look for functions that call themselves without end.", {**detail, "type": what})
        return status.ended("failed", "internal", f"The run's process crashed ({what}).")
    if (folder / files.STOP).exists():
        return status.ended("stopped", "stopped_by_user")
    if exit_code is not None and exit_code >= 0 and status.state in {"running", "stopping"}:
        return status.ended("failed", "user_code_error", f"The program ended itself (exit code {exit_code}).",
                            "Remove calls such as os._exit from your code.", {**detail, "type": "SystemExit"})
    if exit_code is not None and -exit_code in (signal.SIGSEGV, signal.SIGABRT, signal.SIGFPE, signal.SIGILL):
        return status.ended("failed", "internal", f"The run's process crashed (signal {-exit_code}).")
    if exit_code is not None and exit_code >= 0 and status.state == "starting":
        return status.ended("failed", "internal", "The run's process could not start.")
    return status.ended("interrupted", "node_lost")


def _detail(text: str, status: Status) -> dict[str, object]:
    """The innermost line of the learner's file in a dump of the C library's, most recent call first."""
    for name, line in PLACE.findall(text):
        if name in {"reward.py", "<reward>"} or f"inputs/{name}" in text or f"inputs\\{name}" in text:
            return {"line": int(line), "file": name.strip("<>"), "step": status.step, "params": None, "type": None}
    return {"line": None, "file": None, "step": status.step, "params": None, "type": None}
