"""`trivium vision spans`: what a film shows from when to when."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from trivium.settings import Settings
from trivium.vision.commands.photos import told


@click.command()
@click.argument("run")
@click.argument("film", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def spans(settings: Settings, run: str, film: Path, as_json: bool) -> None:
    """Say what a FILM shows from when to when; RUN is a training for activity."""
    from trivium.vision import notebook

    found = notebook.spans(run, film, data=settings.data)
    for remark in found["remarks"]:
        click.echo(remark, err=True)
    told(found, as_json, [f"{row['start_s']:>8.3f} to {row['end_s']:>8.3f} s  {named(row)}" for row in found["spans"]])


def named(row: dict[str, Any]) -> str:
    return "I do not know" if row["label"] is None else f"{row['label']} {row['confidence']:.0%}"
