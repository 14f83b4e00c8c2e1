"""`trivium music samples` and `trivium music settings`: what a training composed on its way, and what it can be told.

    trivium music samples run-m --out sample.mid
"""

from __future__ import annotations

import json
from pathlib import Path

import click

from trivium.settings import Settings


@click.command()
@click.argument("run")
@click.option("--step", type=click.IntRange(0), help="The update; left out, the last one.")
@click.option("--piece", default=1, show_default=True, type=click.IntRange(1), help="Which of its pieces to write.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the piece: .mid, .musicxml, .zip or .json.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def samples(settings: Settings, run: str, step: int | None, piece: int, out: Path | None, as_json: bool) -> None:
    """Show what a training composed at a checkpoint, beside real music."""
    from trivium.errors import NotFound
    from trivium.music.measure_names import named
    from trivium.music.notebook import export
    from trivium.music.training import sample

    found = sample(run, step, settings.data)
    if piece > len(found["pieces"]):
        raise NotFound(f"There is no piece {piece}.", f"Each checkpoint has {len(found['pieces'])}.")
    written = export(found["pieces"][piece - 1], out) if out is not None else None
    if as_json:
        pieces = [each.model_dump(mode="json") for each in found["pieces"]]
        click.echo(json.dumps({**found, "pieces": pieces, "out": str(written) if written else None}))
        return
    click.echo(f"Composed at updates {', '.join(map(str, found['steps']))}; this is {found['step']}.")
    if found["measures"]:
        click.echo("Distance from held-out pieces [95 % interval], and that of real music to real music:")
    for row in found["measures"]:
        low, high = row["interval"]
        click.echo(f"  {named(row['metric'])[0]:<28} {row['distance']:8.3f} [{low:.3f}, {high:.3f}]   "
                   f"floor {row['floor']:.3f} [{row['floor_interval'][0]:.3f}, {row['floor_interval'][1]:.3f}]")
    if written:
        click.echo(f"Wrote {written}.")


@click.command()
def settings() -> None:
    """Print the settings of trainings as JSON Schema: defaults, ranges, what more and less of each does."""
    from trivium.music.config import schema

    click.echo(json.dumps({"train": schema()}, indent=1))
