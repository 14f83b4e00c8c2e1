"""`trivium vision agent ...`: make this machine a device of a studio, which may be on another one."""

from __future__ import annotations

import json
import platform
import signal
from pathlib import Path
from typing import Any

import click

JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
PLACE = click.option("--place", type=click.Path(file_okay=False, path_type=Path),
                     help="Where this device keeps what it has; default: in the data folder.")


@click.group()
def agent() -> None:
    """Make this machine a camera device."""


@agent.command()
@click.argument("url")
@click.option("--code", required=True, help="The code that the studio shows; it is for one device, once.")
@click.option("--name", default=lambda: platform.node() or "device", help="What to call this machine.")
@click.option("--run/--no-run", "begin", default=True, help="Begin to work at once.")
@PLACE
@JSON
@click.pass_obj
def join(settings: Any, url: str, code: str, name: str, begin: bool, place: Path | None, as_json: bool) -> None:
    """Join the studio at URL, and begin to work."""
    from trivium.vision.devices import agent as agents

    place = place or settings.data / "vision" / "agent"
    found = agents.join(place, url, code, name)
    click.echo(json.dumps(found) if as_json else f"{found['name']} has joined {found['url']}.", err=begin and as_json)
    if begin:
        work(place)


@agent.command()
@PLACE
@click.pass_obj
def run(settings: Any, place: Path | None) -> None:
    """Work: watch what the studio wants, until Ctrl-C."""
    work(place or settings.data / "vision" / "agent")


@agent.command()
@PLACE
@JSON
@click.pass_obj
def status(settings: Any, place: Path | None, as_json: bool) -> None:
    """Say which studio this machine belongs to, what it runs, and what waits to be delivered."""
    from trivium.vision.devices import agent as agents

    found = agents.status(place or settings.data / "vision" / "agent")
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    click.echo(f"{found['name']} belongs to {found['url']} and {'works' if found['running'] else 'does not work now'}; "
               f"{found['waiting']} messages wait, {found['dropped']} were lost.")
    for row in found["projects"]:
        how = f" {row['state']}. {row['message']}".rstrip(". ") if row["state"] else ""
        click.echo(f"  {row['project']}: version {row['version']}, watches {row['source']}{how and ':'}{how}")
    if found["trouble"]:
        click.echo(found["trouble"])


@agent.command()
@PLACE
@click.pass_obj
def leave(settings: Any, place: Path | None) -> None:
    """Forget the studio, and what was still to be told it; models and diaries stay."""
    from trivium.vision.devices import agent as agents

    agents.leave(place or settings.data / "vision" / "agent")
    click.echo("This machine belongs to no studio now. Remove it there too.")


def work(place: Path) -> None:
    """Run the agent until it is told to stop."""
    from trivium.vision.devices.agent import Agent

    agent = Agent(place, say=lambda text: click.echo(text, err=True))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: agent.ended.set())
    agent.run()
