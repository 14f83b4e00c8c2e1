"""`trivium vision cutout`: a photo without its background."""

from __future__ import annotations

import json
from pathlib import Path

import click

from trivium.settings import Settings


@click.command()
@click.argument("run")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path),
              help="A PNG to write; with --background a JPEG as well.")
@click.option("--class", "label", metavar="CLASS", help="Keep this class alone; without it, everything that it knows.")
@click.option("--background", metavar="blur|COLOUR", help="What comes behind: blur, white, #00ff00; default: nothing.")
@click.option("--at", "at_s", type=click.FloatRange(min=0), metavar="SECONDS", help="Which frame, if SOURCE is a film.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def cutout(settings: Settings, run: str, source: Path, out: Path, label: str | None, background: str | None,
           at_s: float | None, as_json: bool) -> None:
    """Cut what a segmentation model knows out of SOURCE, a photo or a film: RUN is a training of one."""
    from trivium.vision import at_work

    found = at_work.cutout(run, source, out, label=label, background=background, at_s=at_s, data=settings.data)
    click.echo(json.dumps(found, ensure_ascii=False) if as_json else
               f"{out}: {found['width']} x {found['height']} pixels, of which {found['share']:.0%} are kept.")
