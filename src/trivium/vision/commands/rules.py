"""`trivium vision rules`: what rules would do, tried on events that were recorded."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command()
@click.argument("rules", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--events", type=click.Path(dir_okay=False, path_type=Path), required=True,
              help="The events.jsonl that `trivium vision run --out` wrote.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def rules(rules: Path, events: Path, as_json: bool) -> None:
    """Say when rules would have come true on recorded events; nothing is sent."""
    from trivium.vision import at_work

    found = at_work.try_rules(rules, events)
    if as_json:
        click.echo(json.dumps({"fired": found}, ensure_ascii=False))
        return
    for row in found:
        seen = row["event"]
        place = f"{seen['time_s']:.2f} s" if seen["time_s"] is not None else f"frame {seen['frame']}"
        click.echo(f"{place}: '{row['rule']}' came true, after {row['lasted_s']:.1f} s; it would do: "
                   + ", ".join(action["kind"] for action in row["then"]))
    if not found:
        click.echo("No rule came true.")
