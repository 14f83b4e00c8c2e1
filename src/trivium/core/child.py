"""A short-lived child process for what may not happen in the server: `python -P -m MODULE FOLDER`.

It gets an empty environment and a folder of its own for task and result; it is ended, with whatever it started, when
its time is up. That is processor time, so that a loaded machine changes no result; only a child that does next to
nothing is ended by the clock. Confining itself is the module's own first act.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

KEPT_VARIABLES = ("PATH", "PYTHONPATH", "SYSTEMROOT")
LOOK_S = 0.1  # how often its processor time is read
PATIENCE = 6  # seconds on the clock for each second of processor time


def run_child(module: str, folder: Path, cpu_s: float, cancelled: Callable[[], bool] = lambda: False) -> int | None:
    """The child's exit code, None if it had to be ended: its processor time was up, or `cancelled()`."""
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", module, str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env=environment(folder),
        start_new_session=True,
    )
    try:
        return _wait(child, cpu_s, cancelled)
    finally:
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)  # what it may have started goes too
        child.kill()
        child.wait()


def _wait(child: subprocess.Popen[bytes], cpu_s: float, cancelled: Callable[[], bool]) -> int | None:
    given_up = time.monotonic() + PATIENCE * cpu_s
    while time.monotonic() < given_up and used_s(child.pid) < cpu_s and not cancelled():
        with contextlib.suppress(subprocess.TimeoutExpired):
            return child.wait(LOOK_S)
    return child.poll()


def used_s(pid: int) -> float:
    """Processor time of a process of ours; 0 once it is gone."""
    try:
        used = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return 0.0
    return float(used.user + used.system)


def environment(folder: Path) -> dict[str, str]:
    """No secrets, one thread, the same hashes each time."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    own = {"HOME": str(folder), "LANG": "C.UTF-8", "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
    return {**kept, **one, **own}
