"""Checkpoints that a crash cannot spoil.

checkpoints/step-N/ holds weights.safetensors, state.json and manifest.json (sha256 of both). It is written in a
temporary folder beside it, synced, renamed, and the parent synced: a folder named step-N is whole. The newest whole one
is the last; the newest whose manifest has a "best" value is the best; the files `last` and `best` only tell people
which. The last three and the best are kept. No pickle anywhere.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trivium.core import files
from trivium.errors import BadFile

if TYPE_CHECKING:
    import numpy as np

KEEP = 3
WEIGHTS, STATE, MANIFEST = "weights.safetensors", "state.json", "manifest.json"


@dataclass(frozen=True)
class Checkpoint:
    """A moment of a training: arrays by name, and everything else as JSON."""

    step: int
    tensors: dict[str, np.ndarray[Any, Any]]
    state: dict[str, Any]
    best: float | None
    folder: Path


def save(folder: Path, step: int, tensors: dict[str, np.ndarray[Any, Any]], state: dict[str, Any],
         best: float | None = None) -> Path:
    """Write checkpoint `step` below `folder`. `best` given means: this is the best so far, with that value."""
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f"{files.TEMPORARY_PREFIX}step-{step}-{os.getpid()}"
    target = folder / f"step-{step}"
    try:
        with files.disk_full_guard():
            _write(temporary, step, tensors, state, best)
            _swap(temporary, target)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    files.sync_folder(folder)
    tidy(folder)
    return target


def _write(temporary: Path, step: int, tensors: dict[str, np.ndarray[Any, Any]], state: dict[str, Any],
           best: float | None) -> None:
    from safetensors.numpy import save as to_safetensors

    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    # 0-dimensional arrays must stay so, which np.ascontiguousarray does not promise
    plain = {name: array if array.flags.c_contiguous else array.copy(order="C") for name, array in tensors.items()}
    parts = {WEIGHTS: to_safetensors(plain), STATE: json.dumps(state, default=_plain).encode()}
    for name, data in parts.items():
        files.write_file(temporary / name, data)
    manifest = {"step": step, "best": best,
                "files": {name: {"sha256": files.sha256_bytes(data), "bytes": len(data)}
                          for name, data in parts.items()}}
    files.write_file(temporary / MANIFEST, json.dumps(manifest, indent=1).encode())
    files.sync_folder(temporary)


def _plain(value: Any) -> Any:
    """numpy scalars in the state; arrays belong among the tensors."""
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        return value.item()
    raise TypeError(f"{type(value).__name__} cannot be stored in a checkpoint's state; arrays go among the tensors")


def _swap(temporary: Path, target: Path) -> None:
    """Rename into place. A step saved again after a resume replaces the older copy."""
    if target.exists():
        aside = target.with_name(f"{files.TEMPORARY_PREFIX}old-{target.name}-{os.getpid()}")
        shutil.rmtree(aside, ignore_errors=True)
        os.rename(target, aside)
        os.rename(temporary, target)
        shutil.rmtree(aside, ignore_errors=True)
    else:
        os.rename(temporary, target)


def steps(folder: Path) -> list[int]:
    """The steps that have a checkpoint, rising."""
    if not folder.is_dir():
        return []
    names = (entry.name.removeprefix("step-") for entry in folder.iterdir() if entry.name.startswith("step-"))
    return sorted(int(name) for name in names if name.isdecimal())


def tidy(folder: Path) -> None:
    """Point `last` and `best` at the right folders and remove what need not be kept."""
    have = steps(folder)
    if not have:
        return
    best = best_step(folder)
    _point(folder / "last", have[-1])
    if best is not None:
        _point(folder / "best", best)
    for step in have[:-KEEP]:
        if step != best:
            gone = folder / f"{files.TEMPORARY_PREFIX}gone-{step}"
            os.rename(folder / f"step-{step}", gone)  # whole or away, never half
            shutil.rmtree(gone, ignore_errors=True)


def _point(pointer: Path, step: int) -> None:
    text = f"step-{step}\n"
    if not pointer.is_file() or pointer.read_text() != text:
        files.atomic_write(pointer, text)


def best_step(folder: Path) -> int | None:
    """The step of the best checkpoint, None if none was called best."""
    for step in reversed(steps(folder)):
        if _manifest(folder / f"step-{step}").get("best") is not None:
            return step
    return None


def last_step(folder: Path) -> int | None:
    """The step of the newest checkpoint, not verified."""
    return next(reversed(steps(folder)), None)


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
        return manifest if isinstance(manifest, dict) else {}
    except (OSError, ValueError):
        return {}


def load(folder: Path) -> Checkpoint:
    """The checkpoint in a step-N folder, its sha256 verified; BadFile if it is damaged."""
    from safetensors.numpy import load as from_safetensors

    manifest = _manifest(folder)
    try:
        parts = {name: (folder / name).read_bytes() for name in (WEIGHTS, STATE)}
        for name, data in parts.items():
            if files.sha256_bytes(data) != manifest["files"][name]["sha256"]:
                raise ValueError(name)
        # safetensors hands out read-only views of the bytes; a training goes on changing its arrays
        tensors = {name: array.copy() for name, array in from_safetensors(parts[WEIGHTS]).items()}
        return Checkpoint(int(manifest["step"]), tensors, json.loads(parts[STATE]), manifest.get("best"), folder)
    except (OSError, KeyError, TypeError, ValueError):
        raise BadFile(f"The checkpoint {folder.name} is damaged.", "An older checkpoint is used instead.") from None


def load_last(folder: Path) -> Checkpoint | None:
    """The newest whole checkpoint; damaged ones are passed over."""
    return _first_whole(folder, list(reversed(steps(folder))))


def load_best(folder: Path) -> Checkpoint | None:
    """The best checkpoint, or the newest whole one when none was called best."""
    best = best_step(folder)
    order = [step for step in reversed(steps(folder)) if step != best]
    return _first_whole(folder, ([] if best is None else [best]) + order)


def _first_whole(folder: Path, order: list[int]) -> Checkpoint | None:
    for step in order:
        try:
            return load(folder / f"step-{step}")
        except BadFile:
            continue
    return None
