"""`trivium music story` and `keep`: what a step of composing did, and keeping it without some of that."""

from __future__ import annotations

import json
from typing import Any

import click

from trivium.settings import Settings


@click.command()
@click.argument("run")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def story(settings: Settings, run: str, as_json: bool) -> None:
    """List what a step of composing (a run's folder, id or name) did: each edit or passage with its number."""
    from trivium.music.composing import story as told_by

    told = told_by(run, data=settings.data)
    if as_json:
        click.echo(json.dumps({"story": told}))
        return
    for number, each in enumerate(told):
        click.echo(f"{number:>5}  {in_words(each)}")


def in_words(told: dict[str, Any]) -> str:
    """One edit or passage, for a terminal."""
    news = told["news"]
    if told["name"] == "edit":
        note = news["added"] or news["removed"]
        return f"{news['kind']:<7} pitch {note['pitch']:>3} at tick {note['onset']:>6}, {note['length']} ticks long"
    if told["name"] == "written":
        return (f"written {news['part']['name'] or news['part']['id']}, ticks {news['first']} to {news['end']}: "
                f"{len(news['added'])} notes for {len(news['removed'])}")
    return str(told["name"])


@click.command()
@click.argument("run")
@click.option("--without", default="", metavar="N,N", help="Edits to take back, numbered as by `trivium music story`.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def keep(settings: Settings, run: str, without: str, as_json: bool) -> None:
    """Keep what a step of composing (a run's folder, id or name) has made, below the composition it began with."""
    from trivium.music.keeping import keep as keep_step

    words = [word.strip() for word in without.split(",") if word.strip()]
    if not all(word.isdecimal() for word in words):
        raise click.BadParameter("numbers with commas between, such as 3,17", param_hint="--without")
    kept = keep_step(run, [int(word) for word in words], data=settings.data)
    click.echo(kept.model_dump_json(exclude={"composition"}) if as_json
               else f"{kept.id}: {kept.title}, {kept.notes} notes")
