"""`trivium vision ranges`: what a video shows from when to when, in a terminal."""

from __future__ import annotations

import click

from trivium.settings import Settings
from trivium.vision.commands.photos import told


@click.command()
@click.argument("project")
@click.argument("video")
@click.option("--range", "given", multiple=True, type=(str, float, float), metavar="CLASS START END",
              help="A range in seconds. All others go.")
@click.option("--nothing", is_flag=True, help="Nothing of interest is done in it.")
@click.option("--unseen", is_flag=True, help="As if nobody had looked at it yet.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def ranges(settings: Settings, project: str, video: str, given: tuple[tuple[str, float, float], ...], nothing: bool,
           unseen: bool, as_json: bool) -> None:
    """List what a video of a project for activity shows from when to when, or say it anew."""
    from trivium.vision import notebook

    if bool(given) + nothing + unseen > 1:
        raise click.UsageError("Say one of --range, --nothing and --unseen.")
    if given or nothing or unseen:
        rows = None if unseen else [{"label": label, "start_s": start, "end_s": end} for label, start, end in given]
        notebook.set_ranges(project, {video: rows}, data=settings.data)
    found = notebook.ranges_of(project, video, data=settings.data)
    told({"ranges": found}, as_json, [f"{row['start_s']:>8.3f} to {row['end_s']:>8.3f} s  {row['label']}"
                                      for row in found] or ["No range has a name yet."])
