"""The `trivium runs` commands: every studio's runs, by folder, id, beginning of an id, or name.

Each does what the function of its name in `trivium.runs` does.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import click

from trivium import runs as plain
from trivium.core import jobs
from trivium.core.assignment import assigned
from trivium.core.comparing import best_text, table
from trivium.core.status import ACTIVE
from trivium.errors import StudioError
from trivium.settings import Settings

JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
RUN = click.argument("run")
Facts = dict[str, Any]


@click.group()
def runs() -> None:
    """List, show, watch, stop, resume, clone, rename, compare, export and delete runs."""


def print_json(value: Any) -> None:
    """One JSON object on standard output."""
    click.echo(json.dumps(value, indent=1, allow_nan=False, ensure_ascii=False))


@runs.command("list")
@click.option("--studio", help="Only this studio's runs.")
@click.option("--kind", help="Only runs of this kind, such as train.")
@JSON
@click.pass_obj
def list_(settings: Settings, studio: str | None, kind: str | None, as_json: bool) -> None:
    """List the runs, newest first."""
    found = plain.list(studio, kind, settings.data)
    if as_json:
        print_json({"runs": found})
        return
    if not found:
        click.echo("There are no runs yet. Start one, for example with: trivium racing train --help")
    for run in found:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(run["created_at"]))
        click.echo(f"{run['id']}  {when}  {run['studio']:<7} {run['kind']:<9} {_state(run):<12} {run['name']}")


@runs.command()
@RUN
@JSON
@click.pass_obj
def show(settings: Settings, run: str, as_json: bool) -> None:
    """Show one run."""
    now = plain.show(run, settings.data)
    if as_json:
        print_json(now)
        return
    rows: list[tuple[str, Any]] = [
        ("name", now["name"]), ("id", now["id"]), ("folder", now["folder"]), ("state", _state(now)),
        ("reason", now["message"]), ("what to do", now["hint"]), ("step", now["step"]),
        ("time", f"{now['wall_s']:.0f} s"), ("best", best_text(now["best"]) if now["best"] else None),
        ("seed", now["seed"]), ("protection", now["confinement"].get("text"))]
    for label, value in rows:
        if value is not None:
            click.echo(f"{label:<12} {value}")


def _state(run: Facts) -> str:
    going = run["state"] in ACTIVE and run["progress"] is not None
    return f"{run['state']} {run['progress']:.0%}" if going else str(run["state"])


@runs.command()
@RUN
@JSON
@click.pass_obj
def watch(settings: Settings, run: str, as_json: bool) -> None:
    """Look on until a run ends. Ctrl-C ends the looking, not the run."""
    from trivium.core.follow import watch as look_on

    folder = plain.folder(run, settings.data)
    look_on(folder, as_json)
    _done(plain.info(folder).to_dict(), as_json)


@runs.command()
@RUN
@JSON
@click.pass_obj
def stop(settings: Settings, run: str, as_json: bool) -> None:
    """Save and end a run; it can be resumed."""
    _done(plain.stop(run, settings.data), as_json)


@runs.command()
@RUN
@click.argument("name")
@JSON
@click.pass_obj
def rename(settings: Settings, run: str, name: str, as_json: bool) -> None:
    """Give a run another name."""
    _done(plain.rename(run, name, settings.data), as_json)


@runs.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@JSON
@click.pass_obj
def compare(settings: Settings, runs: tuple[str, ...], as_json: bool) -> None:
    """Show runs side by side: what they came to, and the settings in which they differ."""
    found = plain.compare(*runs, data=settings.data)
    if as_json:
        print_json(found)
        return
    rows = table(found)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@runs.command()
@RUN
@click.option("--since-step", default=-1, help="Only points above this step.")
@JSON
@click.pass_obj
def metrics(settings: Settings, run: str, since_step: int, as_json: bool) -> None:
    """Print every metric of a run, step by step."""
    found = plain.metrics(run, since_step, settings.data)
    if as_json:
        print_json({"keys": list(found), "rows": found})
        return
    for key, points in found.items():
        for step, value in points:
            click.echo(f"{key}  {step}  {'-' if value is None else f'{value:g}'}")


@runs.command()
@RUN
@click.option("--kind", type=click.Choice(["metric", "state", "sample", "log"]), help="Only events of this kind.")
@click.option("--name", help="Only samples of this name.")
@click.option("--after", default=0, help="Only events with an id above this.")
@click.option("--limit", type=click.IntRange(1), help="At most so many.")
@JSON
@click.pass_obj
def events(settings: Settings, run: str, kind: str | None, name: str | None, after: int, limit: int | None,
           as_json: bool) -> None:
    """Print what happened in a run, oldest first: one JSON object a line, or with --json one of all."""
    found = plain.events(run, after=after, kind=kind, name=name, limit=limit, data=settings.data)
    if as_json:
        print_json({"items": found})
        return
    for event in found:
        click.echo(json.dumps(event, ensure_ascii=False))


@runs.command()
@RUN
@JSON
@click.pass_obj
def files(settings: Settings, run: str, as_json: bool) -> None:
    """List the files in a run's folder."""
    found = plain.files(run, settings.data)
    if as_json:
        print_json({"folder": str(plain.folder(run, settings.data)), "files": found})
        return
    for file in found:
        click.echo(f"{file['size']:>12,}  {file['path']}")


@runs.command()
@RUN
@click.option("--detach", is_flag=True, help="Do not wait for it.")
@JSON
@click.pass_obj
def resume(settings: Settings, run: str, detach: bool, as_json: bool) -> None:
    """Go on from a run's last checkpoint."""
    folder = plain.folder(run, settings.data)
    jobs.resume(folder)
    code = 0 if detach else _follow(folder, as_json)
    _done(plain.info(folder).to_dict(), as_json)
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
    made = plain.clone(run, name=name, out=out, seed=seed, config=assigned(settings_), weights=weights,
                       data=settings.data)
    folder = Path(made["folder"])
    code = 0
    if start:
        jobs.start(folder)
        code = _follow(folder, as_json)
    _done(plain.info(folder).to_dict(), as_json)
    sys.exit(code)


@runs.command()
@RUN
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The .zip file to write.")
@JSON
@click.pass_obj
def export(settings: Settings, run: str, out: Path, as_json: bool) -> None:
    """Write a whole run to one .zip file."""
    found = plain.export(run, out, settings.data)
    if as_json:
        print_json(found)
    else:
        click.echo(f"Wrote {found['out']}")


@runs.command()
@RUN
@click.option("--yes", is_flag=True, help="Do not ask.")
@JSON
@click.pass_obj
def delete(settings: Settings, run: str, yes: bool, as_json: bool) -> None:
    """Delete a run and everything in its folder."""
    found = plain.info(run, settings.data)
    if not yes:
        if not sys.stdin.isatty():
            raise StudioError("Nothing was deleted.", "Add --yes to delete without being asked.")
        click.confirm(f"Delete {found.name} and everything in {found.folder}?", abort=True, err=True)
    gone = plain.delete(str(found.folder), settings.data)
    if as_json:
        print_json(gone)
    else:
        click.echo(f"Deleted {gone['name']}")


def _follow(folder: Path, as_json: bool) -> int:
    from trivium.core.follow import follow

    return follow(folder, as_json)


def _done(run: Facts, as_json: bool) -> None:
    if as_json:
        print_json(run)
    else:
        click.echo(f"{run['name']}: {run['state']} ({run['folder']})")
