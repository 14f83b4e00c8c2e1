"""Telling processes apart: a pid alone may have been given to another program since."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from pathlib import Path

ROOM = 4096  # bytes that a path may have on Linux


def boot_id() -> str | None:
    """Identifies this start of the machine, None where the system does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None


def birth(pid: int) -> float | None:
    """When the process began (Linux: seconds since the machine's start), None if there is none or it is a zombie."""
    if sys.platform == "linux":
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
        except OSError:
            return None
        state, *rest = stat[stat.rindex(")") + 2:].split()
        return None if state in "ZX" else int(rest[18]) / os.sysconf("SC_CLK_TCK")
    import psutil

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else float(process.create_time())
    except psutil.Error:
        return None


def is_same(pid: int | None, create_time: float | None, boot: str | None) -> bool:
    """Whether that very process is still there."""
    if not pid or create_time is None or (boot is not None and boot != boot_id()):
        return False
    born = birth(pid)
    return born is not None and abs(born - create_time) < 0.5


def works_on(pid: int, folder: Path) -> bool:
    """Whether that process is the runner of that folder; asked before a signal is sent.

    A learner's code may write any pid into its run's status.json.
    """
    try:
        if sys.platform == "linux":
            words = [os.fsdecode(word) for word in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")]
        else:
            import psutil

            words = psutil.Process(pid).cmdline()
    except Exception:  # gone, or not ours to look at
        return False
    return "trivium.core.worker" in words and str(folder) in words


def thread_count() -> int:
    """How many threads this process has, the libraries' own included; 0 where the system does not say."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return 0


def answer_to(command: list[str]) -> bool:
    """Let this process be known by another command line, in `ps` as in works_on(); False where that can't be done.

    The kernel shows what stands in the memory where it once put the words. There must be room: ROOM bytes and more.
    """
    words = b"".join(os.fsencode(word) + b"\0" for word in command)
    try:
        stat = Path("/proc/self/stat").read_text(errors="replace")
    except OSError:
        return False
    begin, end = (int(field) for field in stat[stat.rindex(")") + 2:].split()[45:47])  # arg_start, arg_end: proc(5)
    if not 0 < begin < end or len(words) > end - begin:
        return False
    ctypes.memmove(begin, words.ljust(end - begin, b"\0"), end - begin)
    return works_on(os.getpid(), Path(command[-1]))


class FolderLock:
    """An exclusive lock on a run's folder, given back by the system when its holder dies, however it dies."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None

    def acquire(self, patience_s: float = 0.0) -> bool:
        """Take the lock; False if another process still holds it after `patience_s`."""
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o644)
        deadline = time.monotonic() + patience_s
        while True:
            try:
                _lock(fd)
            except OSError:
                if time.monotonic() >= deadline:
                    os.close(fd)
                    return False
                time.sleep(0.02)
            else:
                self._fd = fd
                return True

    def release(self) -> None:
        """Give the lock back."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


if sys.platform == "win32":
    def _lock(fd: int) -> None:
        import msvcrt

        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
else:
    def _lock(fd: int) -> None:
        import fcntl

        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
