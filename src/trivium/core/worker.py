"""The child process that does a run's work: python -P -m trivium.core.worker RUN_FOLDER

It locks the folder, resolves the entry "module:function", calls the module's optional prepare(config, run) while it may
still read the machine, confines itself, calls the function and writes down how it ended.
Exit codes: 0 succeeded, 1 failed, 75 stopped (resumable).
"""

from __future__ import annotations

import faulthandler
import importlib
import os
import shutil
import signal
import sys
import time
import traceback
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Any

from trivium.core import checkpoint, files, logfile
from trivium.core.confine import confine, enclose
from trivium.core.events import EventWriter
from trivium.core.heartbeat import Heartbeat
from trivium.core.process import FolderLock, birth, boot_id
from trivium.core.run import Run
from trivium.core.spec import WAITING, Spec, read_spec
from trivium.core.status import Status, StatusBoard, read_status
from trivium.core.studio import parse_config
from trivium.errors import BadFile, StudioError

_exit = os._exit  # the real one, before refuse_early_exit
EXIT_SUCCEEDED, EXIT_FAILED, EXIT_STOPPED = 0, 1, 75
RESERVE_BYTES = 64 << 10
KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
                  "CUDA_VISIBLE_DEVICES", "SYSTEMROOT", "WINDIR", "COMSPEC", "PATHEXT",
                  # Which sums a processor does: elsewhere the same seed would be another result, or a crash.
                  "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "MKL_CBWR", "ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA")


def environment(folder: Path, threads: int) -> dict[str, str]:
    """The runner's whole environment: no secrets, threads as in the spec, waiting threads soon asleep."""
    from trivium.settings import kernel_cache

    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    counts = {f"{library}_NUM_THREADS": str(threads) for library in ("OMP", "MKL", "OPENBLAS", "NUMBA")}
    temporary = str(folder / files.TMP)
    cache = os.environ.get("NUMBA_CACHE_DIR") or str(kernel_cache())
    return {"LANG": "C.UTF-8", **kept, **counts, **WAITING, "HOME": str(folder), "USERPROFILE": str(folder),
            "TMPDIR": temporary, "TEMP": temporary, "TMP": temporary, "NUMBA_CACHE_DIR": cache, "PYTHONUTF8": "1",
            "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}


def main(arguments: list[str]) -> int:
    """Do the run in the folder given as the only argument."""
    if len(arguments) != 1:
        print("usage: python -m trivium.core.worker RUN_FOLDER", file=sys.stderr)
        return 2
    folder = Path(arguments[0]).absolute()
    lock = FolderLock(folder / files.LOCK)
    if not lock.acquire(patience_s=2.0):  # somebody may be looking whether it is free
        print(f"{folder} is being worked on by another process.", file=sys.stderr)
        return EXIT_FAILED
    try:
        state = read_status(folder).state
        if state in {"succeeded", "failed", "stopped"}:
            print(f"{folder} has {state} already. Resume it with: trivium runs resume {folder}", file=sys.stderr)
            return EXIT_FAILED
        return Attempt(folder).go()
    finally:
        lock.release()


class Attempt:
    """One attempt at a run, from its first status to its last."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.board = StatusBoard(folder, read_status(folder))
        self.events: EventWriter | None = None
        self.run: Run | None = None

    def go(self) -> int:
        """Work, and put the end into status.json, events.jsonl and the exit code."""
        logfile.cap_prints()
        (self.folder / files.CRASH).unlink(missing_ok=True)
        crash_log = (self.folder / files.CRASH).open("a")  # a studio's own watchdog may append to it too
        faulthandler.enable(crash_log)
        try:
            ended = self._work(crash_log)
        except BaseException as error:
            ended = describe(error, self.board.status, self.folder)
        faulthandler.cancel_dump_traceback_later()
        return self._finish(ended)

    def _work(self, crash_log: IO[str]) -> Status:
        # A few spare blocks, given back when the disk is full, so that even then the end can be written down.
        with files.disk_full_guard():
            files.write_file(self.folder / files.RESERVE, bytes(RESERVE_BYTES), durable=False)
        spec = read_spec(self.folder)
        clean = environment(self.folder, spec.threads)
        os.environ.clear()
        os.environ.update(clean)
        self._begin(spec)
        self.run = run = Run(self.folder, spec, self.board, self._opened_events())
        signal.signal(signal.SIGTERM, lambda _number, _frame: run.request_stop("stopped_by_user"))
        signal.signal(signal.SIGINT, lambda _number, _frame: run.request_stop("stopped_by_user"))
        cache = Path(os.environ["NUMBA_CACHE_DIR"])
        enclosed = enclose(self.folder, cache, spec.device)  # before any thread and any library
        with Heartbeat(run, self.board, crash_log, self._give_up):
            function, config = self._prepare(spec, run)
        level = confine(self.folder, spec.limits, cache, spec.device, enclosed)
        self.board.update(state="running", confinement={"level": level.level, "text": level.text})
        self._tell("running")
        refuse_early_exit()
        keep_kernels_in_memory()
        with Heartbeat(run, self.board, crash_log, self._give_up, guarded=True):
            function(config, run)
        wall_s = round(run.elapsed_s, 3)
        status = self.board.update(write=False, wall_s=wall_s)
        if run.stop_reason is not None:
            return status.ended("stopped", run.stop_reason)
        return self.board.update(write=False, progress=1.0).ended("succeeded")

    def _begin(self, spec: Spec) -> None:
        files.remove_temporaries(self.folder)
        files.remove_temporaries(self.folder / files.CHECKPOINTS)
        shutil.rmtree(self.folder / files.TMP, ignore_errors=True)
        for name in (files.CHECKPOINTS, files.MODEL, files.OUT, files.TMP):
            (self.folder / name).mkdir(exist_ok=True)
        for name, sha256 in spec.inputs.items():
            path = files.inside(self.folder / files.INPUTS, name)
            if not path.is_file() or files.sha256_file(path) != sha256:
                raise BadFile(f"{name} was changed since the run was made.", "Start a new run with the new file.")
        old = self.board.status
        last_step = checkpoint.last_step(self.folder / files.CHECKPOINTS)
        self.board.update(state="starting", reason=None, message=None, hint=None, detail=None,
                          attempt=max(old.attempt, 1), resumed_step=last_step, finished_at=None, pid=os.getpid(),
                          create_time=birth(os.getpid()), boot_id=boot_id(),
                          started_at=old.started_at or time.time(), eta_s=None)

    def _opened_events(self) -> EventWriter:
        self.events = EventWriter(self.folder / files.EVENTS)
        self._tell("starting")
        return self.events

    def _prepare(self, spec: Spec, run: Run) -> tuple[Any, Any]:
        """Import everything heavy and compile kernels, while files can still be found."""
        module_name, _, function_name = spec.entry.partition(":")
        config: Any = parse_config(spec.config_type, spec.config) if spec.config_type else spec.config
        module = importlib.import_module(module_name)
        prepare = getattr(module, "prepare", None)
        if prepare is not None:
            prepare(config, run)
        import safetensors.numpy  # noqa: F401  checkpoints need it, and it is slower to find later

        return getattr(module, function_name), config

    def _tell(self, state: str, reason: str | None = None, message: str | None = None, hint: str | None = None) -> None:
        if self.events is not None:
            self.events.write("state", state=state, reason=reason, message=message, hint=hint)

    def _give_up(self, error: StudioError) -> None:
        """End the process at once, from whichever thread."""
        _exit(self._finish(describe(error, self.board.status, self.folder)))

    def _finish(self, ended: Status) -> int:
        if self.run is not None:
            ended = replace(ended, wall_s=round(self.run.elapsed_s, 3))
        with suppress(OSError):
            (self.folder / files.RESERVE).unlink(missing_ok=True)
        with suppress(OSError, StudioError):
            self._tell(ended.state, ended.reason, ended.message, ended.hint)
        shutil.rmtree(self.folder / files.TMP, ignore_errors=True)
        self.board.finish(ended)
        if ended.state == "succeeded":
            return EXIT_SUCCEEDED
        return EXIT_STOPPED if ended.state == "stopped" else EXIT_FAILED


def keep_kernels_in_memory() -> None:
    """A kernel that is compiled only now cannot be written to the cache, which numba would take for an error."""
    caching = sys.modules.get("numba.core.caching")
    if caching is not None:
        caching.Cache.save_overload = lambda *_: None


def refuse_early_exit() -> None:
    """Make os._exit, which ends the process without a word, an exception with a line number; Trivium itself may."""
    own = str(Path(__file__).parents[1])

    def refuse(code: int = 0) -> None:
        if sys._getframe(1).f_code.co_filename.startswith(own):
            _exit(code)
        raise SystemExit(code)

    for module in ("os", "posix", "nt"):
        if module in sys.modules:
            vars(sys.modules[module])["_exit"] = refuse


def describe(error: BaseException, status: Status, folder: Path) -> Status:
    """How a run ends that ended with an exception; the traceback goes to runner.log, never to a page."""
    with suppress(Exception):
        traceback.print_exception(error)
    if isinstance(error, StudioError):
        return status.ended("failed", error.reason, error.message, error.hint, error.detail)
    if files.is_disk_full(error):
        return status.ended("failed", "disk_full")
    place = _place(error.__traceback__, folder)
    detail = {"line": place[1], "file": place[0], "step": status.step, "params": None,
              "type": type(error).__name__} if place else None
    if isinstance(error, MemoryError):
        return status.ended("failed", "out_of_memory", detail=detail)
    if isinstance(error, SystemExit):
        return status.ended("failed", "user_code_error", "Your code ended the program.",
                            "Remove the call of exit(); return a number instead.", detail)
    if detail is not None:
        return status.ended("failed", "user_code_error",
                            f"{detail['file']}, line {detail['line']}: {type(error).__name__}: {error}", detail=detail)
    return status.ended("failed", "internal",
                        f"Something inside Trivium went wrong ({type(error).__name__}: {error}).")


def _place(trace: TracebackType | None, folder: Path) -> tuple[str, int] | None:
    """File and line of the innermost frame that lies in the run's inputs."""
    found = None
    inputs = str(folder / files.INPUTS) + os.sep
    while trace is not None:
        frame: FrameType = trace.tb_frame
        name = frame.f_code.co_filename
        if name.startswith(inputs) or name in ("reward.py", "<reward>"):
            found = (Path(name).name.strip("<>"), trace.tb_lineno)
        trace = trace.tb_next
    return found


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    _exit(code)  # a daemon thread of the learner's must not outlive the run
