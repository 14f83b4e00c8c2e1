"""`trivium vision function`: a learner's own Python on a camera's frames, DeepLens functions unchanged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from trivium.settings import Settings


@click.command()
@click.argument("code", type=click.Path(path_type=Path))
@click.option("--run", help="The model: a training, or a bundle.")
@click.option("--source", default="demo", show_default=True, help="What its camera shows: demo, usb:0, a video ...")
@click.option("--frames", type=click.IntRange(1), help="Stop after so many frames.")
@click.option("--seconds", type=click.FloatRange(0.0, min_open=True), help="Stop after so long.")
@click.option("--thing", default="deeplens_trivium", show_default=True, help="What it is told that it is called.")
@click.option("--mqtt", metavar="URL", help="Publish what it says to this broker, on its own topics.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def function(settings: Settings, code: Path, run: str | None, source: str, frames: int | None, seconds: float | None,
             thing: str, mqtt: str | None, as_json: bool) -> None:
    """Run an inference function, CODE a file or folder, confined. Functions written for DeepLens run as they are."""
    from trivium.vision.functions.calls import run_function

    publisher: Any = None
    if mqtt is not None:
        from trivium.vision.mqtt import MqttConfig, Publisher

        publisher = Publisher(MqttConfig(url=mqtt), thing)
    try:
        found = run_function(code, run=run, source=source, frames=frames, seconds=seconds, thing=thing,
                             data=settings.data, say=lambda text: click.echo(text, err=True),
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
