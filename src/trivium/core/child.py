"""A short-lived child process for what may not happen in the server: `python -P -m MODULE FOLDER`.

It gets an empty environment and a folder of its own for task and result; it is ended, with whatever it started, when
its time is up. Confining itself is the module's own first act.
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

KEPT_VARIABLES = ("PATH", "PYTHONPATH", "SYSTEMROOT")
LOOK_EVERY_S = 0.1


def run_child(module: str, folder: Path, wall_s: float, cancelled: Callable[[], bool] | None = None) -> int | None:
    """The child's exit code, None if it had to be ended: its time was up, or `cancelled()`."""
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
        return child.wait(wall_s) if cancelled is None else watched(child, wall_s, cancelled)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)  # what it may have started goes too
        child.kill()
        child.wait()


def watched(child: subprocess.Popen[bytes], wall_s: float, cancelled: Callable[[], bool]) -> int | None:
    """Its exit code; None once nobody wants it any more."""
    deadline = time.monotonic() + wall_s
    while (code := child.poll()) is None:
        if cancelled() or time.monotonic() > deadline:
            return None
        time.sleep(LOOK_EVERY_S)
    return code


def environment(folder: Path) -> dict[str, str]:
    """No secrets, one thread, the same hashes each time."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    own = {"HOME": str(folder), "LANG": "C.UTF-8", "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
    return {**kept, **one, **own}
