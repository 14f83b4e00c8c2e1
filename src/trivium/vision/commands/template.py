"""`trivium vision template`: a working project in one press, without network."""

from __future__ import annotations

import json
from pathlib import Path

import click

from trivium.settings import Settings
from trivium.vision.project import ACTIVITY


@click.command()
@click.argument("template", required=False)
@click.option("--name", help="What to call the project; default: as the template.")
@click.option("--seed", default=1, type=click.IntRange(0, 2**31 - 1), show_default=True, help="Same seed, same photos.")
@click.option("--rules", type=click.Path(dir_okay=False, path_type=Path), help="Write the template's rules to a file.")
@click.option("--picture", type=click.Path(dir_okay=False, path_type=Path),
              help="Write six of its photos to this picture instead of making a project.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def template(settings: Settings, template: str | None, name: str | None, seed: int, rules: Path | None,
             picture: Path | None, as_json: bool) -> None:
    """Make a project of TEMPLATE from composed photos or clips; without one list the templates."""
    from trivium.vision import notebook

    if template is None:
        rows = notebook.templates()
        click.echo(json.dumps({"templates": rows}, ensure_ascii=False) if as_json else "\n".join(
            f"{row['id']:<12}{row['title']}: {row['teaches']}" for row in rows))
        return
    if picture is not None:
        found = notebook.template_picture(template, picture)
        click.echo(json.dumps(found) if as_json else f"Written to {picture}.")
        return
    made = notebook.make_template(template, name=name, seed=seed, data=settings.data,
                                  say=lambda text: click.echo(text, err=True))
    if rules is not None:
        rules.write_text(json.dumps(made["rules"], indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    things = "clips" if made["task"] == ACTIVITY else "photos"
    if "run" in made and not as_json:
        click.echo(f"{made['project']}: {made['photos']} {things}. {made['how']}\n{made['next']}\n"
                   f"  trivium vision evaluate {made['run']}\n"
                   f"  trivium vision run {made['run']} --source {made['source']} --seconds 20")
        return
    click.echo(json.dumps(made, ensure_ascii=False) if as_json else
               f"{made['project']}: {made['photos']} {things}. {made['how']}\n{made['next']}\n"
               f"  trivium vision train {made['project']} --out run-{made['project']}\n"
               f"  trivium vision run run-{made['project']} --source {made['source']} --seconds 20")
