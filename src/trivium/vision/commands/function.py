"""`trivium vision function`: a learner's own Python on a camera's frames, kept by name; DeepLens's unchanged."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from trivium.settings import Settings


@click.command()
@click.argument("code", required=False)
@click.option("--save", "name", metavar="NAME", help="Keep CODE, a .py file, under a name; what it was before is kept.")
@click.option("--note", default="", help="With --save: what has changed.")
@click.option("--show", is_flag=True, help="Print the code of a kept function or an example.")
@click.option("--versions", is_flag=True, help="List the versions of a kept function.")
@click.option("--restore", metavar="VERSION", help="Let an earlier version of a kept function be the newest again.")
@click.option("--delete", is_flag=True, help="Delete a kept function with all its versions.")
@click.option("--try", "trial", is_flag=True, help="Try it on a few frames: what it says at each, or what is wrong.")
@click.option("--events", type=click.Path(dir_okay=False, path_type=Path),
              help="With --try: recorded events in place of a camera.")
@click.option("--run", help="The model: a training, or a bundle.")
@click.option("--source", default="demo", show_default=True, help="What its camera shows: demo, usb:0, a video ...")
@click.option("--frames", type=click.IntRange(1), help="Stop after so many frames.")
@click.option("--seconds", type=click.FloatRange(0.0, min_open=True), help="Stop after so long.")
@click.option("--thing", default="deeplens_trivium", show_default=True, help="What it is told that it is called.")
@click.option("--mqtt", metavar="URL", help="Publish what it says to this broker, on its own topics.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_context
def function(context: click.Context, /, code: str | None, as_json: bool, **asked: Any) -> None:
    """Run an inference function, confined; functions written for DeepLens run as they are.

    CODE is a file, a folder, or a kept function's name, NAME or NAME@VERSION. Without it they are listed.
    """
    settings: Settings = context.obj
    if code is None:
        _list(settings, as_json)
    elif asked["name"] is not None or asked["restore"] is not None or asked["delete"]:
        _keep(settings, code, asked, as_json)
    elif asked["show"] or asked["versions"]:
        _show(settings, code, asked["versions"], as_json)
    elif asked["trial"]:
        _try(context, settings, code, asked, as_json)
    else:
        _run(settings, code, asked, as_json)


def _list(settings: Settings, as_json: bool) -> None:
    from trivium.vision.functions.asking import functions

    rows: Any = functions(data=settings.data)
    if as_json:
        click.echo(json.dumps({"functions": rows}, ensure_ascii=False))
        return
    for row in rows:
        click.echo(f"{row['id']:<24} {row['source']:<8} {row['summary']}")


def _keep(settings: Settings, code: str, asked: dict[str, Any], as_json: bool) -> None:
    from trivium.vision.functions import asking

    if asked["delete"]:
        asking.delete_function(code, data=settings.data)
        click.echo(json.dumps({"deleted": code}) if as_json else f"Deleted {code}.")
        return
    kept = (asking.restore_function(code, asked["restore"], data=settings.data) if asked["restore"] is not None else
            asking.save_function(asked["name"], Path(code), asked["note"], data=settings.data))
    newest = kept["versions"][0]
    click.echo(json.dumps(kept, ensure_ascii=False) if as_json else
               f"Kept as {kept['id']}, version {newest['number']} ({newest['version']}).")


def _show(settings: Settings, code: str, versions: bool, as_json: bool) -> None:
    from trivium.vision.functions.asking import functions

    name, _, version = code.partition("@")
    found: Any = functions(name, version or None, data=settings.data)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    elif not versions:
        click.echo(found["code"].rstrip("\n"))
    else:
        for row in found["versions"]:
            at = datetime.fromtimestamp(row["at"]).strftime("%Y-%m-%d %H:%M")
            click.echo(f"{row['number']:>4}  {row['version']}  {at}  {row['note']}".rstrip())


def _try(context: click.Context, settings: Settings, code: str, asked: dict[str, Any], as_json: bool) -> None:
    from trivium.vision.functions.library import FRAMES
    from trivium.vision.functions.trying import try_function

    found = try_function(code, run=asked["run"], source=asked["source"], events=asked["events"],
                         frames=asked["frames"] or FRAMES, data=settings.data)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        for row in ({"number": 0, "said": found["before"]}, *found["frames"]):
            for said in row["said"]:
                topic = "" if said["topic"] is None else f"{said['topic']}  "
                click.echo(f"frame {row['number']}: {topic}{said['text']}")
        if found["error"] is not None:
            line = found["error"]["line"]
            click.echo(f"{'' if line is None else f'line {line}: '}{found['error']['message']} "
                       f"{found['error']['hint']}", err=True)
    context.exit(0 if found["ok"] else 1)


def _run(settings: Settings, code: str, asked: dict[str, Any], as_json: bool) -> None:
    from trivium.vision.functions.calls import run_function

    publisher: Any = None
    if asked["mqtt"] is not None:
        from trivium.vision.events.mqtt import MqttConfig, Publisher

        publisher = Publisher(MqttConfig(url=asked["mqtt"]), asked["thing"])
    try:
        found = run_function(code, run=asked["run"], source=asked["source"], frames=asked["frames"],
                             seconds=asked["seconds"], thing=asked["thing"], data=settings.data,
                             say=lambda text: click.echo(text, err=True),
                             publish=None if publisher is None else publisher.say)
    finally:
        if publisher is not None:
            publisher.close()
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for message in found["messages"]:
        click.echo(f"{message['topic']}  {json.dumps(message['payload'], ensure_ascii=False)}")
    click.echo(f"{found['frames']} frames, {len(found['messages'])} messages. {found['ended']}", err=True)
