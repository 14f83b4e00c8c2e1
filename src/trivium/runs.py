"""The `trivium runs` commands: every studio's runs, by folder, id, beginning of an id, or name."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import click

from trivium.core import jobs
from trivium.core.assignment import assigned
from trivium.core.spec import read_spec
from trivium.core.status import Status
from trivium.errors import StudioError
from trivium.settings import Settings

JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
RUN = click.argument("run")


@click.group()
def runs() -> None:
    """List, show, stop, resume, clone, export and delete runs."""


def print_json(value: Any) -> None:
    """One JSON object on standard output."""
    click.echo(json.dumps(value, indent=1, allow_nan=False, ensure_ascii=False))


def _info(settings: Settings, run: str) -> jobs.RunInfo:
    folder = jobs.find_run(settings.data, run)
    return jobs.RunInfo(folder, read_spec(folder), jobs.recover(folder))


@runs.command("list")
@click.option("--studio", help="Only this studio's runs.")
@click.option("--kind", help="Only runs of this kind, such as train.")
@JSON
@click.pass_obj
def list_(settings: Settings, studio: str | None, kind: str | None, as_json: bool) -> None:
    """List the runs, newest first."""
    found = [jobs.RunInfo(info.folder, info.spec, jobs.recover(info.folder)) for info in jobs.list_runs(settings.data)
             if studio in (None, info.spec.studio) and kind in (None, info.spec.kind)]
    if as_json:
        print_json({"runs": [info.to_dict() for info in found]})
        return
    if not found:
        click.echo("There are no runs yet. Start one, for example with: trivium racing train --help")
    for info in found:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(info.spec.created_at))
        click.echo(f"{info.spec.id}  {when}  {info.spec.studio:<7} {info.spec.kind:<9} {_state(info.status):<12} "
                   f"{info.spec.name}")


@runs.command()
@RUN
@JSON
@click.pass_obj
def show(settings: Settings, run: str, as_json: bool) -> None:
    """Show one run."""
    info = _info(settings, run)
    if as_json:
        print_json({**info.to_dict(), "config": info.spec.config})
        return
    now = info.status
    rows: list[tuple[str, Any]] = [
        ("name", info.spec.name), ("id", info.spec.id), ("folder", info.folder), ("state", _state(now)),
        ("reason", now.message), ("what to do", now.hint), ("step", now.step), ("time", f"{now.wall_s:.0f} s"),
        ("best", f"{now.best['metric']} {now.best['value']:g} at step {now.best['step']}" if now.best else None),
        ("seed", info.spec.seed), ("protection", now.confinement.get("text"))]
    for label, value in rows:
        if value is not None:
            click.echo(f"{label:<12} {value}")


def _state(now: Status) -> str:
    return f"{now.state} {now.progress:.0%}" if now.active and now.progress is not None else now.state


@runs.command()
@RUN
@JSON
@click.pass_obj
def stop(settings: Settings, run: str, as_json: bool) -> None:
    """Save and end a run; it can be resumed."""
    info = _info(settings, run)
    _done(jobs.RunInfo(info.folder, info.spec, jobs.stop(info.folder)), as_json)


@runs.command()
@RUN
@click.option("--detach", is_flag=True, help="Do not wait for it.")
@JSON
@click.pass_obj
def resume(settings: Settings, run: str, detach: bool, as_json: bool) -> None:
    """Go on from a run's last checkpoint."""
    info = _info(settings, run)
    jobs.resume(info.folder)
    code = 0 if detach else _follow(info.folder, as_json)
    _done(jobs.RunInfo(info.folder, info.spec, jobs.status(info.folder)), as_json)
    sys.exit(code)


@runs.command()
@RUN
@click.option("--name", help="The new run's name.")
@click.option("--out", type=click.Path(path_type=Path), help="The new run's folder. Default: in the data folder.")
@click.option("--seed", type=int, help="Another seed.")
@click.option("--set", "settings_", multiple=True, metavar="KEY=VALUE", help="Change a setting; may be repeated.")
@click.option("--weights/--no-weights", default=False, help="Start from the run's best weights.")
@click.option("--start/--no-start", default=False, help="Start it and wait for it.")
@JSON
@click.pass_obj
def clone(settings: Settings, run: str, name: str | None, out: Path | None, seed: int | None,
          settings_: tuple[str, ...], weights: bool, start: bool, as_json: bool) -> None:
    """Make a new run like this one, with settings changed."""
    from trivium.catalog import find_studio

    info = _info(settings, run)
    names = [other.spec.name for other in jobs.list_runs(settings.data)]
    folder = jobs.clone(info.folder, data=None if out else settings.data, out=out,
                        name=name or jobs.unique_name(names, info.spec.name), config=assigned(settings_),
                        seed=seed, start_weights=weights, studio=find_studio(info.spec.studio))
    code = 0
    if start:
        jobs.start(folder)
        code = _follow(folder, as_json)
    _done(_info(settings, str(folder)), as_json)
    sys.exit(code)


@runs.command()
@RUN
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The .zip file to write.")
@JSON
@click.pass_obj
def export(settings: Settings, run: str, out: Path, as_json: bool) -> None:
    """Write a whole run to one .zip file."""
    info = _info(settings, run)
    path = jobs.export(info.folder, out)
    if as_json:
        print_json({"run": info.spec.id, "out": str(path), "bytes": path.stat().st_size})
    else:
        click.echo(f"Wrote {path}")


@runs.command()
@RUN
@click.option("--yes", is_flag=True, help="Do not ask.")
@JSON
@click.pass_obj
def delete(settings: Settings, run: str, yes: bool, as_json: bool) -> None:
    """Delete a run and everything in its folder."""
    info = _info(settings, run)
    if not yes:
        if not sys.stdin.isatty():
            raise StudioError("Nothing was deleted.", "Add --yes to delete without being asked.")
        click.confirm(f"Delete {info.spec.name} and everything in {info.folder}?", abort=True, err=True)
    jobs.delete(info.folder)
    if as_json:
        print_json({"run": info.spec.id, "deleted": True})
    else:
        click.echo(f"Deleted {info.spec.name}")


def _follow(folder: Path, as_json: bool) -> int:
    from trivium.core.follow import follow

    return follow(folder, as_json)


def _done(info: jobs.RunInfo, as_json: bool) -> None:
    if as_json:
        print_json(info.to_dict())
    else:
        click.echo(f"{info.spec.name}: {info.status.state} ({info.folder})")
