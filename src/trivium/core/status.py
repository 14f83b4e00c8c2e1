"""How a run is doing: status.json, replaced atomically by the one process that owns it.

States: queued, starting, running, stopping, then stopped | succeeded | failed | interrupted. Each reason of the closed
list below has a sentence and a hint that a learner can act on.
"""

from __future__ import annotations

import threading
import time
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from types import UnionType
from typing import Any

from trivium.core import files
from trivium.errors import BadFile

ACTIVE = frozenset({"starting", "running", "stopping"})
FINAL = frozenset({"stopped", "succeeded", "failed", "interrupted"})
STATES = ACTIVE | FINAL | {"queued"}

RESUME = "Resume the run: it goes on from its last checkpoint."
REASONS: dict[str, tuple[str, str]] = {
    "user_code_error": ("Your code raised an error.", "Correct the line that is named and start again."),
    "user_code_timeout": ("Your code did not come back in time.",
                          "Look for a loop that never ends, or do less work in each call."),
    "out_of_memory": ("The run wanted more memory than it may use.",
                      "Keep less data in lists, or raise the run's memory limit."),
    "disk_full": ("The disk is full, so nothing more could be saved.",
                  "Free some space, then resume the run: it goes on from its last checkpoint."),
    "limit_wall": ("The run reached its time limit.", RESUME),
    "node_lost": ("The run's process ended without a word, as when the computer is switched off.", RESUME),
    "stopped_by_user": ("The run was stopped.", RESUME),
    "internal": ("Something inside Trivium went wrong.", "Look at runner.log in the run's folder and report it."),
}


@dataclass(frozen=True)
class Status:
    """One look at a run."""

    state: str = "queued"
    reason: str | None = None
    message: str | None = None
    hint: str | None = None
    detail: dict[str, Any] | None = None
    attempt: int = 0
    idle_attempts: int = 0  # automatic attempts in a row that began at the same checkpoint
    resumed_step: int | None = None  # step of the checkpoint that this attempt began with
    pid: int | None = None
    create_time: float | None = None  # birth of the process, to tell it from a later one with the same pid
    boot_id: str | None = None
    started_at: float | None = None
    updated_at: float | None = None
    finished_at: float | None = None
    wall_s: float = 0.0  # time spent at work, all attempts together
    step: int = 0
    progress: float | None = None
    eta_s: float | None = None
    best: dict[str, Any] | None = None
    confinement: dict[str, str] = field(default_factory=lambda: {"level": "none", "text": "not started yet"})

    @property
    def active(self) -> bool:
        """Whether a process should be working on the run."""
        return self.state in ACTIVE

    @property
    def final(self) -> bool:
        """Whether this attempt is over."""
        return self.state in FINAL

    @property
    def resumable(self) -> bool:
        """Whether another attempt makes sense."""
        return self.state in {"stopped", "failed", "interrupted"}

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)

    def ended(self, state: str, reason: str | None = None, message: str | None = None, hint: str | None = None,
              detail: dict[str, Any] | None = None) -> Status:
        """This status with a final state; message and hint default to the reason's sentences."""
        text, advice = REASONS.get(reason or "", (None, None))
        return replace(self, state=state, reason=reason, message=message or text, hint=hint or advice,
                       detail=detail, finished_at=time.time(), updated_at=time.time(), eta_s=None)


def read_status(folder: Path) -> Status:
    """The status of the run in `folder`. A missing or damaged file, as after a power cut, reads as interrupted."""
    path = folder / files.STATUS
    for _ in range(2):  # Windows may refuse a read in the instant of the replacement
        try:
            values = files.read_json(path)
            known = {f.name for f in fields(Status)}
            return Status(**{k: v for k, v in _checked(values).items() if k in known})
        except (BadFile, AttributeError, TypeError):
            if not path.exists():
                return Status()
        except PermissionError:
            time.sleep(0.02)
    return Status().ended("interrupted", "node_lost")


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    """Refuse what no Trivium writes: a learner's code can write into its run folder, and a page shows this."""
    kinds: dict[type | UnionType, tuple[str, ...]] = {
        str | None: ("reason", "message", "hint", "boot_id"), dict | None: ("detail", "best"), dict: ("confinement",),
        int: ("attempt", "idle_attempts", "step"), int | None: ("pid", "resumed_step"), float | int: ("wall_s",),
        float | int | None: ("create_time", "started_at", "updated_at", "finished_at", "progress", "eta_s")}
    default = Status()
    good = values.get("state") in STATES and values.get("reason") in {None, *REASONS}
    for kind, names in kinds.items():
        good = good and all(isinstance(values.get(name, getattr(default, name)), kind) for name in names)
    if not good:
        raise BadFile("status.json is damaged.", "Resume the run.")
    return values


def write_status(folder: Path, status: Status, durable: bool = True) -> None:
    """Replace status.json."""
    files.write_json(folder / files.STATUS, status.to_dict(), durable)


class StatusBoard:
    """The running process's own status: changed from any thread, written whole."""

    def __init__(self, folder: Path, status: Status | None = None) -> None:
        self.folder = folder
        self.status = status or read_status(folder)
        self._lock = threading.Lock()

    def update(self, durable: bool = True, write: bool = True, **changes: Any) -> Status:
        """Change fields; the heartbeat passes durable=False, for it need not survive a power cut."""
        with self._lock:
            self.status = replace(self.status, updated_at=time.time(), **changes)
            if write:
                write_status(self.folder, self.status, durable)
            return self.status

    def finish(self, status: Status) -> None:
        """Write a final status."""
        with self._lock:
            self.status = status
            write_status(self.folder, status)
