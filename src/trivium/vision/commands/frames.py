"""`trivium vision devices frames`: every frame's event, as JSON lines or as a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


@click.command("frames")
@click.option("--device", help="Of this device.")
@click.option("--project", help="Of this project.")
@click.option("--since", type=float, help="Not before, in Unix seconds.")
@click.option("--until", type=float, help="Before, in Unix seconds.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path),
              help="Where to: a name that ends in .jsonl or .csv.")
@click.pass_obj
def frames(settings: Any, device: str | None, project: str | None, since: float | None, until: float | None,
           out: Path) -> None:
    """Write every frame's event of projects that keep them (`devices setup --every-frame`)."""
    from trivium.vision.devices.calls import export_frames

    found = export_frames(out, device=device, project=project, since=since, until=until, data=settings.data)
    click.echo(f"{found['frames']} frames are in {found['out']}.")
