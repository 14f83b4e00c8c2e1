"""`trivium vision devices ...`: the studio's devices. These write to the data folder's database themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from trivium.settings import DEFAULT_HOST, DEFAULT_PORT, Settings
from trivium.vision.commands.frames import frames

JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
DEVICE = click.argument("device")
PROJECT = click.argument("project")


@click.group()
def devices() -> None:
    """Machines that watch: let them join, run models, and be heard."""


@devices.command("list")
@JSON
@click.pass_obj
def list_(settings: Settings, as_json: bool) -> None:
    """List the devices, what each runs, and how it is."""
    from trivium.vision.devices.calls import devices

    rows = devices(settings.data)
    if as_json:
        click.echo(json.dumps({"devices": rows}, ensure_ascii=False))
        return
    for row in rows:
        place = ", this machine" if row["here"] else ""
        click.echo(f"{row['name']}  {row['id']}  {'online' if row['online'] else 'offline'}{place}, "
                   f"{row['waiting']} waiting")
        for each in row["projects"]:
            click.echo(f"  {each['project']}: version {each['version']}, runs {each['running'] or 'none yet'}, "
                       f"{each['setup']['source']} {each['state'] or ''}")
    if not rows:
        click.echo("There are no devices yet. Use this machine: trivium vision devices here, or let another join: "
                   "trivium vision devices code")


@devices.command()
@JSON
@click.pass_obj
def here(settings: Settings, as_json: bool) -> None:
    """Make the machine that the studio runs on a device: no code, its agent works while the studio does."""
    from trivium.vision.devices.calls import use_this_machine

    found = use_this_machine(settings.data)
    show(found, as_json, f"This machine is the device {found['name']} now. It works while the studio runs: trivium up")


@devices.command()
@click.option("--url", default=f"http://{DEFAULT_HOST}:{DEFAULT_PORT}", show_default=True,
              help="Where the device reaches the studio.")
@JSON
@click.pass_obj
def code(settings: Settings, url: str, as_json: bool) -> None:
    """Make a code by which one machine can join, within ten minutes."""
    from trivium.vision.devices.calls import new_code

    found = new_code(url, settings.data)
    click.echo(json.dumps(found) if as_json else f"Type on the other machine:\n  {found['command']}")


@devices.command()
@DEVICE
@click.argument("run")
@click.option("--project", help="Under which name; default: the model's project.")
@click.option("--source", help="What to watch: demo, usb:0, rtsp://..., a video.")
@click.option("--rules", type=click.Path(dir_okay=False, path_type=Path), help="Rules to apply, a JSON file.")
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="Set how to watch, such as rate_fps=2.")
@JSON
@click.pass_obj
def deploy(settings: Settings, device: str, run: str, project: str | None, source: str | None, rules: Path | None,
           sets: tuple[str, ...], as_json: bool) -> None:
    """Let a device run a model: RUN is a training, or a bundle. It is tried once more before it goes."""
    from trivium.core.assignment import assigned
    from trivium.vision.devices.calls import deploy_to

    found = deploy_to(device, run, project=project, source=source, rules=rules, config=assigned(sets),
                      data=settings.data)
    show(found, as_json, f"{device} is to run {found['project']}, version {found['version']}.")


@devices.command()
@DEVICE
@PROJECT
@click.option("--source", help="What to watch.")
@click.option("--rules", type=click.Path(dir_okay=False, path_type=Path), help="Rules to apply, a JSON file.")
@click.option("--mqtt", metavar="URL", help="Publish to this broker: mqtt://HOST.")
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="Set how to watch, such as rate_fps=2.")
@click.option("--every-frame/--what-settles", "every_frame", default=None,
              help="Keep each frame's event in the studio, or only what settles.")
@click.option("--on/--off", "enabled", default=None, help="Watch, or stop watching.")
@JSON
@click.pass_obj
def setup(settings: Settings, device: str, project: str, source: str | None, rules: Path | None,
          mqtt: str | None, sets: tuple[str, ...], every_frame: bool | None, enabled: bool | None,
          as_json: bool) -> None:
    """Change what a project on a device watches, and its rules."""
    from trivium.core.assignment import assigned
    from trivium.vision.devices.calls import set_up

    found = set_up(device, project, source=source, rules=rules, config=assigned(sets), enabled=enabled, mqtt=mqtt,
                   every_frame=every_frame, data=settings.data)
    show(found, as_json, f"{project} on {device} watches {found['setup']['source']}.")


@devices.command()
@DEVICE
@PROJECT
@JSON
@click.pass_obj
def rollback(settings: Settings, device: str, project: str, as_json: bool) -> None:
    """Let the version run again that ran before."""
    from trivium.vision.devices.calls import roll_back

    found = roll_back(device, project, settings.data)
    show(found, as_json, f"{device} is to run {project}, version {found['version']}.")


@devices.command()
@DEVICE
@PROJECT
@click.pass_obj
def remove(settings: Settings, device: str, project: str) -> None:
    """Take a project off a device."""
    from trivium.vision.devices.calls import remove

    remove(device, project, settings.data)
    click.echo(f"{project} is to leave {device}.")


@devices.command()
@DEVICE
@click.pass_obj
def revoke(settings: Settings, device: str) -> None:
    """Take a device's credential back."""
    from trivium.vision.devices.calls import revoke

    revoke(device, settings.data)
    click.echo(f"{device} belongs to the studio no longer.")


@devices.command()
@click.option("--device", help="Of this device.")
@click.option("--project", help="Of this project.")
@click.option("--kind", help="Of this kind: seen, rule, source, version, failed, note.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="At most so many.")
@JSON
@click.pass_obj
def events(settings: Settings, device: str | None, project: str | None, kind: str | None, limit: int,
           as_json: bool) -> None:
    """What devices said, newest first."""
    from trivium.vision.devices.calls import events

    rows = events(device, project, kind, limit, settings.data)
    if as_json:
        click.echo(json.dumps({"events": rows}, ensure_ascii=False))
        return
    for row in rows:
        body = row["body"]
        said = body.get("message") or body.get("rule") or body.get("label") or body.get("version") or ""
        click.echo(f"{row['time']:.1f}  {row['project'] or ''}  {row['kind']}  {said}")


devices.add_command(frames)


def show(found: dict[str, Any], as_json: bool, text: str) -> None:
    click.echo(json.dumps(found, ensure_ascii=False) if as_json else text)
