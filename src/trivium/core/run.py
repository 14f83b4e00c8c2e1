"""Run: the only thing that train(config, run) talks to.

It logs metrics, saves checkpoints, tells whether to stop, and knows the seed, the threads and the device. Everything it
writes lies in the run's folder.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trivium.core import checkpoint, files
from trivium.core.checkpoint import Checkpoint
from trivium.core.events import EventWriter
from trivium.core.spec import Spec, read_spec
from trivium.core.status import StatusBoard
from trivium.errors import NotFound

if TYPE_CHECKING:
    import numpy as np

PROGRESS_EVERY_S = 0.5


class Run:
    """A run under way. The worker makes it; a test or a notebook may use Run.open(folder)."""

    def __init__(self, folder: Path, spec: Spec, board: StatusBoard, events: EventWriter) -> None:
        self.folder = folder
        self.spec = spec
        self.seed = spec.seed
        self.threads = spec.threads
        self.name = spec.name
        self.stop_reason: str | None = None  # "stopped_by_user" or "limit_wall" once somebody wants an end
        self._board = board
        self._events = events
        self._device: str | None = None
        self._began = time.monotonic()
        self._wall_before_s = board.status.wall_s
        self._next_progress = 0.0

    @classmethod
    def open(cls, folder: Path | str) -> Run:
        """A Run on an existing run folder, in this process and unconfined."""
        path = Path(folder).absolute()
        return cls(path, read_spec(path), StatusBoard(path), EventWriter(path / files.EVENTS))

    @property
    def device(self) -> str:
        """cpu, cuda or mps."""
        if self._device is None:
            from trivium.core.devices import pick

            self._device = pick(self.spec.device)
        return self._device

    @property
    def stopped(self) -> bool:
        """Whether to save and return soon. Costs nothing: ask after every batch."""
        return self.stop_reason is not None

    @property
    def elapsed_s(self) -> float:
        """Seconds at work, earlier attempts included."""
        return self._wall_before_s + time.monotonic() - self._began

    def request_stop(self, reason: str = "stopped_by_user") -> None:
        """Ask the training to end; the first reason stays."""
        if self.stop_reason is None:
            self.stop_reason = reason

    def log(self, step: int, values: Mapping[str, Any] | None = None, /, **more: Any) -> None:
        """One metric event: log(1280, {"reward/training": 12.5}) or log(1280, loss=0.1)."""
        self._events.write("metric", step=int(step), values={**(values or {}), **more})

    def sample(self, step: int, name: str, data: Mapping[str, Any]) -> None:
        """One sample event: an episode, a picture's verdict, a phrase."""
        self._events.write("sample", step=int(step), name=name, data=data)

    def note(self, message: str, level: str = "info", step: int | None = None) -> None:
        """One line for people; level is info, warning, error or print (the learner's own print)."""
        self._events.write("log", level=level, step=step, message=str(message))

    def progress(self, step: int, fraction: float | None = None, eta_s: float | None = None) -> None:
        """How far the run is; written at most twice a second, so call it as often as you like."""
        share = None if fraction is None else min(1.0, max(0.0, float(fraction)))
        now = time.monotonic()
        write = now >= self._next_progress
        if write:
            self._next_progress = now + PROGRESS_EVERY_S
        self._board.update(durable=False, write=write, step=int(step), progress=share,
                           eta_s=None if eta_s is None else round(float(eta_s), 1), wall_s=round(self.elapsed_s, 3))

    def save(self, step: int, tensors: dict[str, np.ndarray[Any, Any]], state: dict[str, Any],
             best: float | None = None) -> Path:
        """Write checkpoint `step`. Pass `best` only when it is the best so far. DiskFull leaves the old whole."""
        self._events.sync()
        return checkpoint.save(self.folder / files.CHECKPOINTS, int(step), tensors, state, best)

    def load_last(self) -> Checkpoint | None:
        """The checkpoint to go on from, None at a fresh start."""
        return checkpoint.load_last(self.folder / files.CHECKPOINTS)

    def load_best(self) -> Checkpoint | None:
        """The best checkpoint (the last one if none was called best)."""
        return checkpoint.load_best(self.folder / files.CHECKPOINTS)

    def load_start(self) -> Checkpoint | None:
        """The weights a clone starts with, from inputs/start/; None if it starts from nothing."""
        folder = self.folder / files.INPUTS / "start"
        return checkpoint.load(folder) if folder.is_dir() else None

    def set_best(self, metric: str, value: float, step: int) -> None:
        """What the run's best checkpoint has reached, for status.json."""
        self._board.update(best={"metric": metric, "value": float(value), "step": int(step)})

    @property
    def best(self) -> dict[str, Any] | None:
        """What `set_best` was told last."""
        return self._board.status.best

    def input(self, name: str) -> Path:
        """RUN/inputs/name, which must exist."""
        path = files.inside(self.folder / files.INPUTS, name)
        if not path.exists():
            raise NotFound(f"The run has no input called {name}.", "Start a new run with that file.")
        return path

    def out(self, name: str) -> Path:
        """RUN/out/name, its folder made."""
        return self._made(files.OUT, name)

    def model(self, name: str) -> Path:
        """RUN/model/name, its folder made."""
        return self._made(files.MODEL, name)

    def _made(self, room: str, name: str) -> Path:
        path = files.inside(self.folder / room, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path
