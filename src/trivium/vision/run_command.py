"""`trivium vision run`: a trained classifier at work."""

from __future__ import annotations

import json
from pathlib import Path

import click

from trivium.settings import Settings


@click.command()
@click.argument("run")
@click.option("--source", type=click.Path(path_type=Path), required=True, help="A photo, a folder or a zip of photos.")
@click.option("--top", type=click.IntRange(1, 100), default=3, show_default=True, help="Likeliest classes to list.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def run(settings: Settings, run: str, source: Path, top: int, as_json: bool) -> None:
    """Say what is on photos, with a trained classifier."""
    from trivium.vision import notebook

    found = notebook.run(run, source, top=top, data=settings.data, say=lambda text: click.echo(text, err=True))
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for row in found["results"]:
        others = ", ".join(f"{each['label']} {each['probability']:.0%}" for each in row["top"][1:])
        click.echo(f"{row['file']}: {row['predicted']} {row['confidence']:.0%}{f' ({others})' if others else ''}")
    for row in found["passed_over"]:
        click.echo(f"{row['file']}: left out. {row['message']}", err=True)
