"""`trivium vision import` and `trivium vision projects`: photos in, and what there is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from trivium.settings import Settings
from trivium.vision.project import TASKS

SHOWN = 12  # rows of a kind that a terminal is shown; --json has all


@click.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--task", type=click.Choice(TASKS),
              help="What the model of a new project will do; classification without it.")
@click.option("--name", required=True, help="The project, new or existing; photos are added to it.")
@click.option("--class", "label", metavar="CLASS", help="What all of them show, whatever folder they lie in.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def import_(settings: Settings, path: Path, task: str | None, name: str, label: str | None,
            as_json: bool) -> None:
    """Take the photos of a folder or zip into a project; each class is a folder in it.

    Annotations among them (COCO, Pascal VOC, YOLO, .lst, CSV) are recognised by their content.
    """
    from trivium.vision import notebook

    found = notebook.import_photos(path, name=name, task=task, label=label, data=settings.data,
                                   say=lambda text: click.echo(text, err=True))
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for text in (found["annotations"] or {}).get("notes", []):
        click.echo(text)
    click.echo(f"{found['added']:,} photos came into {found['project']}; it has {found['photos']:,} now.")
    if found["split_folders"]:
        click.echo("The folders train, val and test were put together; Trivium splits the photos itself.")
    rows = [("were left out", [f"{row['file']}: {row['message']}" for row in found["passed_over"]]),
            ("were here already", [f"{row['file']} is the same as {row['repeats']}" for row in found["known"]]),
            ("came under two classes; the first was kept, look at them",
             [f"{row['file']} is the same as {row['repeats']}" for row in found["conflicts"]]),
            ("remarks", [f"{row['file']}: {row['message']}" for row in found["remarks"]])]
    for heading, lines in rows:
        echo_rows(heading, lines)
    echo_report(found)


@click.command()
@click.argument("name")
@click.option("--format", "format", required=True,
              type=click.Choice(["coco", "voc", "yolo", "lst", "imagefolder", "csv", "clips", "masks"]),
              help="Boxes: coco, voc, yolo, lst, csv; masks: masks, coco; classes: imagefolder, csv, lst; videos: "
                   "clips, csv.")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="A folder to make.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def export(settings: Settings, name: str, format: str, out: Path, as_json: bool) -> None:
    """Write the photos of a project, with their boxes or classes, as other programs read them."""
    from trivium.vision import notebook

    done = notebook.export_project(name, out, format, data=settings.data)
    if as_json:
        click.echo(json.dumps(done, ensure_ascii=False))
        return
    click.echo(f"{done['photos']:,} photos written to {out}.")
    if done["left_out"]:
        click.echo(f"{done['left_out']:,} that nobody has looked at were left out.")


@click.command()
@click.argument("name", required=False)
@click.option("--create", is_flag=True, help="Make the project; it has no photos yet.")
@click.option("--task", type=click.Choice(TASKS), default="classification", show_default=True,
              help="What the model of a new project will do.")
@click.option("--delete", is_flag=True, help="Delete the project with its photos, those of no other project.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def projects(settings: Settings, name: str | None, create: bool, task: str, delete: bool, as_json: bool) -> None:
    """List the projects, or look at the photos of one: balance, near-copies, blur, doubts."""
    from trivium.vision import notebook

    if create or delete:
        if name is None or (create and delete):
            raise click.UsageError("Name the project, and say one of --create and --delete.")
        done = (notebook.create_project(name, task, data=settings.data) if create else
                notebook.delete_project(name, data=settings.data))
        click.echo(json.dumps(done, ensure_ascii=False) if as_json else
                   f"{name} was made; add photos: trivium vision import PHOTOS --name {name}" if create else
                   f"{name} was deleted, with {done['photos']:,} photos that no other project has.")
        return
    if name is not None:
        found = notebook.report(name, settings.data)
        click.echo(json.dumps(found, ensure_ascii=False)) if as_json else echo_report(found)
        return
    every = notebook.projects(settings.data)
    if as_json:
        click.echo(json.dumps({"projects": every}, ensure_ascii=False))
        return
    for row in every:
        click.echo(f"{row['name']:<24} {row['task']:<15} {row['photos']:>6,} photos  {', '.join(row['classes'])}")
    if not every:
        click.echo("There is no project yet. Make one: trivium vision import PHOTOS --task classification --name NAME")


def echo_report(found: dict[str, Any]) -> None:
    """Counts and what to mind."""
    for name, count in found["classes"].items():
        click.echo(f"  {name:<24} {count:>6,} photos")
    if found["photos"] > found["labelled"]:
        click.echo(f"  {'not labelled yet':<24} {found['photos'] - found['labelled']:>6,} photos")
    echo_rows("show nearly the same; they are kept on one side of each split",
              [f"{one} and {other}" for one, other in found["near_copies"]])
    echo_rows("may be blurred, or show something plain", found["blurred"])
    echo_rows("are doubtful", [f"{row['file']}: {row['message']}" for row in found["doubtful"]])
    for text in found["warnings"]:
        click.echo(f"Mind: {text}")


def echo_rows(heading: str, rows: list[str]) -> None:
    if rows:
        click.echo(f"{len(rows):,} {heading}:")
        for row in rows[:SHOWN]:
            click.echo(f"  {row}")
        if len(rows) > SHOWN:
            click.echo(f"  ... and {len(rows) - SHOWN:,} more (--json lists all)")
