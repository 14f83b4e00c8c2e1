"""Every studio's runs as plain functions, for notebooks and scripts: the same as `trivium runs NAME`.

    from trivium import runs
    runs.compare("run-a", "run-b")["metrics"]

A run is named by its folder, its id, the beginning of one, or its name, or by what a training returned. `data` is the
data folder, left out the usual one. What comes back is what --json prints.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trivium.core import comparing, jobs
from trivium.core import events as diary
from trivium.core import files as places
from trivium.core.runfolder import Named as Run
from trivium.core.runfolder import RunInfo, display_name, list_files
from trivium.core.runfolder import rename as give_name
from trivium.core.spec import read_spec
from trivium.settings import data_folder

Data = str | Path | None
Facts = dict[str, Any]


def folder(run: Run, data: Data = None) -> Path:
    """Where a run lies."""
    return jobs.find_run(data_folder(data), run)


def info(run: Run, data: Data = None) -> RunInfo:
    """A run's folder, spec and true state: one whose process has died is not shown as running."""
    found = folder(run, data)
    return RunInfo(found, read_spec(found), jobs.recover(found))


def list(studio: str | None = None, kind: str | None = None, data: Data = None) -> builtins.list[Facts]:
    """The runs of the data folder, newest first."""
    return [RunInfo(each.folder, each.spec, jobs.recover(each.folder)).to_dict()
            for each in jobs.list_runs(data_folder(data))
            if studio in (None, each.spec.studio) and kind in (None, each.spec.kind)]


def show(run: Run, data: Data = None) -> Facts:
    """One run, with its settings."""
    found = info(run, data)
    return {**found.to_dict(), "config": found.spec.config}


def stop(run: Run, data: Data = None) -> Facts:
    """Save and end a run; it can be resumed."""
    jobs.stop(folder(run, data))
    return info(run, data).to_dict()


def resume(run: Run, *, wait: bool = True, data: Data = None) -> Facts:
    """Start a queued run, or go on from a run's last checkpoint; and wait for it."""
    found = folder(run, data)
    jobs.resume(found)
    if wait:
        from trivium.core.follow import follow

        follow(found)
    return info(found).to_dict()


def watch(run: Run, data: Data = None) -> Facts:
    """Show a run on standard error until it ends."""
    from trivium.core.follow import watch as look_on

    found = folder(run, data)
    look_on(found)
    return info(found).to_dict()


def clone(run: Run, *, name: str | None = None, out: Path | str | None = None, seed: int | None = None,
          config: Mapping[str, Any] | None = None, weights: bool = False, data: Data = None) -> Facts:
    """A new run like this one, with settings changed, from its best weights if so wished. `resume` starts it."""
    from trivium.catalog import find_studio

    old = info(run, data)
    taken = [other.name for other in jobs.list_runs(data_folder(data))]
    made = jobs.clone(old.folder, data=None if out else data_folder(data), out=out,
                      name=name or jobs.unique_name(taken, old.name), config=config, seed=seed, start_weights=weights,
                      studio=find_studio(old.spec.studio))
    return info(made).to_dict()


def rename(run: Run, name: str, data: Data = None) -> Facts:
    """Give a run another name, one that no other run of its kind has."""
    old = info(run, data)
    others = [each.name for each in jobs.list_runs(data_folder(data)) if each.spec.id != old.spec.id
              and (each.spec.studio, each.spec.kind) == (old.spec.studio, old.spec.kind)]
    give_name(old.folder, name, others)
    return info(old.folder).to_dict()


def compare(*runs: Run, data: Data = None) -> Facts:
    """Runs side by side: {"runs", "settings" that differ, "metrics": {id: {key: [[step, value], ...]}}}."""
    return comparing.compared([info(path) for path in comparing.chosen(str(folder(run, data)) for run in runs)])


def metrics(run: Run, since_step: int = -1, data: Data = None) -> dict[str, builtins.list[Any]]:
    """{key: [[step, value], ...]} above a step; None stands for NaN and infinity."""
    return dict(diary.metrics(diary.iterate(folder(run, data) / places.EVENTS), since_step))


def events(run: Run, *, after: int = 0, kind: str | None = None, name: str | None = None, limit: int | None = None,
           data: Data = None) -> builtins.list[Facts]:
    """What happened in a run, oldest first: events with an id above `after`."""
    found = diary.read_events(folder(run, data) / places.EVENTS, after, kind, name, limit)
    return [event for event in map(diary.plain, found) if event is not None]


def files(run: Run, data: Data = None) -> builtins.list[Facts]:
    """The files in a run's folder, by their paths in it."""
    return [{"path": path, "size": size} for path, size in list_files(folder(run, data))]


def export(run: Run, out: Path | str, data: Data = None) -> Facts:
    """Write a whole run to one .zip file."""
    found = folder(run, data)
    path = jobs.export(found, Path(out))
    return {"run": read_spec(found).id, "out": str(path), "bytes": path.stat().st_size}


def delete(run: Run, data: Data = None) -> Facts:
    """Delete a run and everything in its folder."""
    found = folder(run, data)
    spec = read_spec(found)
    name = display_name(found, spec.name)
    jobs.delete(found)
    return {"run": spec.id, "name": name, "deleted": True}
