"""`trivium music tunes`: list the sample melodies."""

from __future__ import annotations

import json

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def tunes(as_json: bool) -> None:
    """List the sample melodies."""
    from trivium.music.melodies import TUNES
    from trivium.music.views import tune_view

    views = [tune_view(tune) for tune in TUNES]
    if as_json:
        listed = [view.model_dump(mode="json", exclude={"composition"}) for view in views]
        click.echo(json.dumps({"tunes": listed}, ensure_ascii=False))
        return
    for view in views:
        click.echo(f"{view.id:<18} {view.title:<32} {view.metre}, {view.bpm:g} bpm  {view.origin}")
