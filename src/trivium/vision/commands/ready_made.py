"""`trivium vision ready-made`: a detector that somebody else has trained, as a model of a project."""

from __future__ import annotations

import json
from pathlib import Path

import click

from trivium.settings import Settings


@click.command("ready-made")
@click.argument("project", required=False)
@click.option("--class", "classes", multiple=True, help="What it is to find, once or more; default: the project's.")
@click.option("--name", help="What to call the model.")
@click.option("--out", type=click.Path(path_type=Path), help="The run folder; default: one in the data folder.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def ready_made(settings: Settings, project: str | None, classes: tuple[str, ...], name: str | None, out: Path | None,
               as_json: bool) -> None:
    """Make the ready-made detector a model of PROJECT; without one say what it is and what it knows."""
    from trivium.vision import notebook

    if project is None:
        facts = notebook.ready_made()
        click.echo(json.dumps(facts) if as_json else "\n".join(
            [f"{facts['name']}, {facts['bytes'] / 1e6:.1f} MB, {facts['licence']}"
             + ("." if facts["here"] else "; not in this installation: make setup"),
             f"{facts['source']}.", facts["data"], facts["published"], f"It knows: {', '.join(facts['kinds'])}."]))
        return
    made = notebook.make_ready(project, classes=classes or None, name=name, out=out, data=settings.data)
    measured = "not measured, for there are no boxes" if made["map50"] is None else f"mAP50 {made['map50']:.3f}"
    click.echo(json.dumps(made) if as_json else
               f"{made['run']}: ready; {measured}. More: trivium vision evaluate {made['run']}")
