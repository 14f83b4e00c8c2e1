"""Make, find, list, clone and export run folders. A folder with a spec.json is a run; nothing else is needed."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from trivium.core import checkpoint, files
from trivium.core.assignment import merge
from trivium.core.spec import Limits, Spec, default_threads, new_id, read_spec, write_spec
from trivium.core.status import Status, read_status, write_status
from trivium.core.studio import Studio, parse_config
from trivium.errors import BadConfig, BadFile, NameTaken, NotFound

Content = bytes | str | Path  # bytes, text, or a file to copy
START = "start"
MAX_NAME = 100  # characters
NAME = re.compile(r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$")  # one line, and not blank
HIDDEN = frozenset({files.LOCK, files.STOP, files.RESERVE, files.TMP, "live.bin", "control.json"})
MAX_LISTED_FILES = 2000
Named = str | Path | Mapping[str, Any]  # a run: its folder, id or name, or what a training returned


@dataclass(frozen=True)
class RunInfo:
    """One row of the list of runs."""

    folder: Path
    spec: Spec
    status: Status

    @property
    def name(self) -> str:
        """The name given last."""
        return display_name(self.folder, self.spec.name)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON, for --json."""
        return {"id": self.spec.id, "folder": str(self.folder), "studio": self.spec.studio, "kind": self.spec.kind,
                "name": self.name, "parent": self.spec.parent, "seed": self.spec.seed,
                "created_at": self.spec.created_at, **self.status.to_dict()}


def run_folder(folder: Path | str) -> Path:
    """The folder as an absolute path; NotFound if it holds no run."""
    path = Path(folder).absolute()
    if not (path / files.SPEC).is_file():
        raise NotFound(f"{path} is not a run.", "List the runs with: trivium runs list")
    return path


def create_run(studio: Studio, kind: str, name: str, config: Mapping[str, Any] | Any, *, data: Path | None = None,
               out: Path | str | None = None, inputs: Mapping[str, Content] | None = None, seed: int = 1,
               threads: int | None = None, device: str = "cpu", limits: Limits | None = None,
               parent: str | None = None) -> Path:
    """A new queued run, in DATA/runs/ID or, with `out`, in that folder. `config` is a dict or the studio's model."""
    values = config.model_dump(mode="json") if hasattr(config, "model_dump") else dict(config)
    if kind in studio.configs:
        values = studio.config(kind, values).model_dump(mode="json")
    spec = Spec(id=new_id(), studio=studio.id, kind=kind, name=tidy_name(name) or kind, entry=studio.entry(kind),
                config=values, config_type=studio.configs.get(kind), seed=int(seed),
                threads=threads or default_threads(), device=device, limits=limits or Limits(),
                created_at=round(time.time(), 3), parent=parent)
    return _make(spec, data, out, dict(inputs or {}))


def clone(folder: Path | str, *, data: Path | None = None, out: Path | str | None = None, name: str | None = None,
          config: Mapping[str, Any] | None = None, inputs: Mapping[str, Content] | None = None,
          seed: int | None = None, start_weights: bool = False, studio: Studio | None = None) -> Path:
    """A new queued run like this one, with fields of `config` and files of `inputs` replaced.

    `start_weights` puts the best checkpoint into inputs/start/, from where run.load_start() takes it. Pass the `studio`
    to have the changed config checked now rather than by the worker. Lies beside the original unless told otherwise.
    """
    source = run_folder(folder)
    old = read_spec(source)
    values = merge(old.config, config or {})
    if studio is not None and old.config_type is not None:
        values = parse_config(old.config_type, values).model_dump(mode="json")
    contents: dict[str, Content] = {name_: source / files.INPUTS / name_ for name_ in old.inputs
                                    if not (start_weights and name_.startswith(f"{START}/"))}
    contents.update(inputs or {})
    if start_weights:
        best = checkpoint.load_best(source / files.CHECKPOINTS)
        if best is None:
            raise NotFound("The run has no checkpoint to start from yet.", "Clone it without its weights.")
        for part in (checkpoint.WEIGHTS, checkpoint.STATE, checkpoint.MANIFEST):
            contents[f"{START}/{part}"] = best.folder / part
    spec = replace(old, id=new_id(), name=tidy_name(name or f"{display_name(source, old.name)} copy"), config=values,
                   inputs={}, seed=old.seed if seed is None else seed, created_at=round(time.time(), 3), parent=old.id)
    beside = None if data is not None or out is not None else source.parent / spec.id
    return _make(spec, data, out or beside, contents)


def _make(spec: Spec, data: Path | None, out: Path | str | None, inputs: Mapping[str, Content]) -> Path:
    if out is not None:
        folder = Path(out).expanduser().absolute()
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise NameTaken(f"{out} is there already and not empty.",
                            f"Choose another folder, or go on with it: trivium runs resume {out}")
    elif data is not None:
        folder = Path(data).absolute() / "runs" / spec.id
    else:
        raise ValueError("create_run needs data or out")
    is_new = not folder.exists()
    with files.disk_full_guard():
        folder.mkdir(parents=True, exist_ok=True)
        _claim(folder, out)
        try:
            (folder / files.INPUTS).mkdir()
            hashes = {name: _put(folder / files.INPUTS, name, content) for name, content in inputs.items()}
            write_status(folder, Status(updated_at=time.time()))
            write_spec(folder, replace(spec, inputs=hashes))
        except BaseException:
            _unmake(folder, is_new)
            raise
    return folder


def _unmake(folder: Path, is_new: bool) -> None:
    """Half a run would only stand in the way of the next try. An empty folder that somebody had made stays."""
    for name in (files.INPUTS, files.STATUS, files.SPEC, files.LOCK):
        shutil.rmtree(folder / name, ignore_errors=True)
        with contextlib.suppress(OSError):
            (folder / name).unlink()
    if is_new:
        with contextlib.suppress(OSError):
            folder.rmdir()


def _claim(folder: Path, out: Path | str | None) -> None:
    """Of two commands with the same --out at the same time, one gets the folder, before either writes into it."""
    try:
        os.close(os.open(folder / files.LOCK, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
    except FileExistsError:
        raise NameTaken(f"{out or folder} is being used by another run.", "Choose another folder.") from None


def _put(folder: Path, name: str, content: Content) -> str:
    path = files.inside(folder, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, Path):
        try:
            shutil.copyfile(content, path)
        except FileNotFoundError:
            raise BadFile(f"{content} does not exist.", "Check the path.") from None
        except IsADirectoryError:
            raise BadFile(f"{content} is a folder, not a file.", "Name the file.") from None
    else:
        files.write_file(path, content.encode() if isinstance(content, str) else content)
    return files.sha256_file(path)


def tidy_name(name: str) -> str:
    """A name that fits on one line of any list: spaces for what cannot be printed, and not endless."""
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())[:MAX_NAME]


def unique_name(existing: Iterable[str], name: str) -> str:
    """`name`, or "name 2", "name 3" ... when it is taken (upper and lower case are the same)."""
    taken = {other.casefold() for other in existing}
    if name.casefold() not in taken:
        return name
    number = 2
    while f"{name} {number}".casefold() in taken:
        number += 1
    return f"{name} {number}"


def refuse_taken(existing: Iterable[str], name: str) -> None:
    """NameTaken, with one that is free, where another run has this name."""
    free = unique_name(existing, name)
    if free != name:
        raise NameTaken(f"There is already a run called '{name}'.", f"Take another name, for example '{free}'.")


def display_name(folder: Path, name: str) -> str:
    """The name given later, else the one in the spec."""
    try:
        return (folder / files.NAME).read_text(encoding="utf-8").strip()[:200] or name
    except (OSError, UnicodeError):
        return name


def rename(folder: Path | str, name: str, others: Iterable[str]) -> None:
    """Give a run another name, which none of the `others` may have; spec.json, which never changes, keeps the first."""
    path, name = run_folder(folder), name.strip()
    if len(name) > MAX_NAME or not NAME.fullmatch(name):
        raise BadConfig("This can't be the name of a run.", f"Take one line of 1 to {MAX_NAME} characters.")
    if name != display_name(path, read_spec(path).name):
        refuse_taken(others, name)
        files.atomic_write(path / files.NAME, name + "\n")


def list_files(folder: Path) -> list[tuple[str, int]]:
    """Path and size of each file of a run that is of use to a person."""
    found: list[tuple[str, int]] = []
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in HIDDEN)
        for name in sorted(names):
            path = Path(parent) / name
            if name not in HIDDEN and not name.startswith(".") and path.is_file() and not path.is_symlink():
                found.append((path.relative_to(folder).as_posix(), path.stat().st_size))
        if len(found) > MAX_LISTED_FILES:
            break
    return found[:MAX_LISTED_FILES]


def list_runs(data: Path) -> list[RunInfo]:
    """The runs of a data folder, newest first. Damaged folders are left out."""
    folder = data / "runs"
    found: list[RunInfo] = []
    for entry in sorted(folder.iterdir(), reverse=True) if folder.is_dir() else []:
        if (entry / files.SPEC).is_file():
            with contextlib.suppress(BadFile, OSError):
                found.append(RunInfo(entry, read_spec(entry), read_status(entry)))
    return found


def find_run(data: Path, run: Named) -> Path:
    """The run that a person names: a folder, an id, the beginning of one, or a name; or what told of it."""
    wanted = str((run.get("folder") or run["run"]) if isinstance(run, Mapping) else run)
    if (Path(wanted) / files.SPEC).is_file():
        return Path(wanted).absolute()
    runs = list_runs(data)
    by_name = [info for info in runs if info.name.casefold() == wanted.casefold()]
    by_id = [info for info in runs if len(wanted) >= 4 and info.spec.id.startswith(wanted.upper())]
    for matches in (by_name, by_id):
        if len(matches) == 1:
            return matches[0].folder
        if matches:
            raise NotFound(f"{len(matches)} runs are called {wanted!r}.",
                           "Use one of their ids: " + ", ".join(info.spec.id for info in matches[:5]))
    raise NotFound(f"There is no run {wanted!r}.", "List the runs with: trivium runs list")


def export(folder: Path | str, target: Path) -> Path:
    """The whole run as one .zip file, without locks and temporary files."""
    source = run_folder(folder)
    if target.exists():
        raise NameTaken(f"{target} is there already.", "Choose another file name.")
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f"{files.TEMPORARY_PREFIX}{target.name}")
    skipped = {files.LOCK, files.STOP, files.RESERVE, files.CRASH}
    try:
        with files.disk_full_guard(), zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(source.rglob("*")):
                parts = path.relative_to(source).parts
                if path.is_symlink() or not path.is_file() or parts[0] in skipped | {files.TMP}:
                    continue
                if not any(part.startswith(files.TEMPORARY_PREFIX) for part in parts):
                    archive.write(path, "/".join((source.name, *parts)))
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    return target
