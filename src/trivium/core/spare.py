"""A spare runner: python -P -m trivium.core.spare LOAD RUNS_FOLDER ROOM

It loads what a studio's runs need ("module:generator" LOAD, which yields after each step) before anybody has asked for
a run, and waits. A line on its standard input names the run folder; from then on it is that run's worker, as if it had
been started for it. It confines itself as every worker does: until then it can write below RUNS_FOLDER only, then in
the one folder only. Landlock binds no thread that is there already, so a spare that has more than one thread by then
starts over as a fresh worker; so does one that could not load. Without a line, because the server ended or needs it no
longer, it ends. ROOM is as long as any folder's name, so that the name can stand in the process's own command line.
"""

from __future__ import annotations

import json
import os
import select
import sys
import tempfile
import traceback
from pathlib import Path

from trivium.core import files, worker
from trivium.core.confine import enclose
from trivium.core.process import answer_to, thread_count
from trivium.core.studio import resolve

WORKER = "trivium.core.worker"


def main(arguments: list[str]) -> int:
    """Load, wait, work."""
    target, runs, _room = arguments
    enclose(Path(runs), Path(os.environ["NUMBA_CACHE_DIR"]))
    is_loaded = load(target)
    line = sys.stdin.readline()
    if not line.endswith("\n"):
        return 0
    folder = Path(json.loads(line))
    take_place(folder)
    command = [sys.executable, "-P", "-m", WORKER, str(folder)]
    if not is_loaded or thread_count() != 1 or not answer_to(command):
        os.execve(sys.executable, command, worker.environment(folder, 1))
    sys.argv = [str(worker.__file__), str(folder)]
    return worker.main([str(folder)])


def load(target: str) -> bool:
    """Load step by step, until somebody asks. False if it failed: then the run finds out and tells why."""
    try:
        for _ in resolve(target)():
            if select.select([sys.stdin], [], [], 0)[0]:
                break
    except Exception:
        traceback.print_exc()
        return False
    return True


def take_place(folder: Path) -> None:
    """Stand in the run's folder, print into its log, and listen to nobody any more."""
    os.chdir(folder)
    log = os.open(files.LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for here, there in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(here, there)
    os.close(log)
    os.close(nothing)
    tempfile.tempdir = None  # asked for anew, now that it is the run's


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
