"""`trivium vision broker ...`: the studio's own MQTT broker."""

from __future__ import annotations

import json
from typing import Any

import click

JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")


@click.group()
def broker() -> None:
    """The studio's own MQTT broker: on, off, and who may come in."""


@broker.command()
@JSON
@click.pass_obj
def status(settings: Any, as_json: bool) -> None:
    """Whether it runs, where, who may come in, and what it refused."""
    from trivium.vision.broker.calls import broker

    found = broker(settings.data)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    click.echo(f"The broker is {'on' if found['on'] else 'off'}" + (
        f" and listens at {found['address']}." if found["address"] else f". {found['message']}".rstrip()))
    for row in found["accounts"]:
        click.echo(f"  {row['name']} ({row['kind']}{', here now' if row['here'] else ''}): hears "
                   f"{' '.join(row['read']) or 'nothing'}, says {' '.join(row['write']) or 'nothing'}")
    for row in found["refused"]:
        click.echo(f"  refused: {row['account']} {row['what']}, {row['count']}x")


@broker.command()
@click.option("--port", type=click.IntRange(1, 65_535), help="Where it is to listen; default: as before.")
@JSON
@click.pass_obj
def on(settings: Any, port: int | None, as_json: bool) -> None:
    """Switch it on; a studio that runs starts it at once."""
    from trivium.vision.broker.calls import switch

    found = switch(True, port, settings.data)
    click.echo(json.dumps(found, ensure_ascii=False) if as_json else
               f"The broker is on, at port {found['port']}; a studio that runs starts it within a second.")


@broker.command()
@JSON
@click.pass_obj
def off(settings: Any, as_json: bool) -> None:
    """Switch it off."""
    from trivium.vision.broker.calls import switch

    found = switch(False, None, settings.data)
    click.echo(json.dumps(found, ensure_ascii=False) if as_json else "The broker is off.")


@broker.command()
@click.argument("name")
@click.option("--read", multiple=True, metavar="TOPIC", help="What it may hear, with + and #; default: all of devices.")
@click.option("--write", multiple=True, metavar="TOPIC", help="What it may say; default: trivium/NAME/#.")
@JSON
@click.pass_obj
def add(settings: Any, name: str, read: tuple[str, ...], write: tuple[str, ...], as_json: bool) -> None:
    """Make an account for a program, such as a script or Home Assistant. Its password is shown this once."""
    from trivium.vision.broker.calls import add

    found = add(name, read, write, settings.data)
    click.echo(json.dumps(found) if as_json else
               f"{name}, password {found['password']}\nIt is not shown again. Try it:\n  {found['example']}")


@broker.command()
@click.argument("name")
@click.pass_obj
def remove(settings: Any, name: str) -> None:
    """Take an account away; its connection ends."""
    from trivium.vision.broker.calls import remove

    remove(name, settings.data)
    click.echo(f"{name} has no account any more.")
