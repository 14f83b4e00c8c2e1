"""`trivium vision photos`, `label`, `classes`, `suggest`, `judged`, `trainings`: what the pages do, in a terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from trivium.settings import Settings

SHOWN = 20  # rows that a terminal is shown; --json has all


def told(found: Any, as_json: bool, lines: list[str]) -> None:
    """As one JSON object, or as a few lines."""
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for line in lines[:SHOWN]:
        click.echo(line)
    if len(lines) > SHOWN:
        click.echo(f"... and {len(lines) - SHOWN:,} more (--json lists all)")


@click.command()
@click.argument("project")
@click.option("--show", type=click.Choice(["all", "labelled", "unlabelled", "doubtful", "blurred"]), default="all",
              show_default=True, help="Which photos.")
@click.option("--class", "label", metavar="CLASS", help="Only photos of this class.")
@click.option("--remove", is_flag=True, help="Take the photos that are named by --photo out of the project.")
@click.option("--restore", is_flag=True, help="Bring back photos that were removed, with the labels they had.")
@click.option("--photo", "photos", multiple=True, metavar="NAME", help="A photo's name or the beginning of its sha256.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path),
              help="Write the photos here, a folder for each class.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def photos(settings: Settings, project: str, show: str, label: str | None, remove: bool, restore: bool,
           photos: tuple[str, ...], out: Path | None, as_json: bool) -> None:
    """List the photos of a project, take some away, bring them back, or write them as class folders."""
    from trivium.vision import notebook

    if remove or restore:
        change = notebook.remove if remove else notebook.restore
        done = change(project, list(photos), data=settings.data)
        told({"photos": done}, as_json, [f"{len(done)} photos {'removed' if remove else 'brought back'}."])
        return
    if out is not None:
        count = notebook.export_photos(project, out, data=settings.data)
        told({"out": str(out), "photos": count}, as_json, [f"{count:,} photos written to {out}."])
        return
    found = notebook.photos(project, show=show, label=label, data=settings.data)
    told({"photos": found}, as_json,
         [f"{row['sha256'][:12]}  {row['label'] or '-':<20} {row['name']}" for row in found])


@click.command()
@click.argument("project")
@click.argument("photo")
@click.argument("label", metavar="CLASS", required=False)
@click.option("--none", is_flag=True, help="Take the class away instead.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def label(settings: Settings, project: str, photo: str, label: str | None, none: bool, as_json: bool) -> None:
    """Say what a photo shows. A photo is named by its name or by the beginning of its sha256."""
    from trivium.vision import notebook

    if (label is None) != none:
        raise click.UsageError("Name the class, or take it away with --none.")
    done = notebook.label(project, {photo: label}, data=settings.data)
    told({"photos": done}, as_json, [f"{photo} is {label or 'without a class'} now."])


@click.command()
@click.argument("project")
@click.argument("photo")
@click.option("--box", "drawn", multiple=True, type=(str, float, float, float, float),
              metavar="CLASS LEFT TOP RIGHT BOTTOM", help="A box, its corners as shares of the photo. All others go.")
@click.option("--nothing", is_flag=True, help="Nothing is on it.")
@click.option("--unseen", is_flag=True, help="As if nobody had looked at it yet.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def boxes(settings: Settings, project: str, photo: str, drawn: tuple[tuple[str, float, float, float, float], ...],
          nothing: bool, unseen: bool, as_json: bool) -> None:
    """List what is where on a photo of a project for detection, or say it anew."""
    from trivium.vision import notebook

    if bool(drawn) + nothing + unseen > 1:
        raise click.UsageError("Say one of --box, --nothing and --unseen.")
    if drawn or nothing or unseen:
        rows = None if unseen else [{"label": label, "xyxy": corners} for label, *corners in drawn]
        notebook.set_boxes(project, {photo: rows}, data=settings.data)
    found = notebook.boxes_of(project, photo, data=settings.data)
    told({"boxes": found}, as_json, ["Nobody has looked at it yet."] if found is None else [
        f"{row['label']:<24} " + " ".join(f"{value:.4f}" for value in row["xyxy"]) for row in found]
         or ["Nothing is on it."])


@click.command()
@click.argument("project")
@click.option("--add", metavar="CLASS", help="Make a class that has no photos yet.")
@click.option("--rename", nargs=2, metavar="CLASS NAME", help="Give a class another name, or put two together.")
@click.option("--delete", metavar="CLASS", help="Delete a class; its photos stay and have none.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def classes(settings: Settings, project: str, add: str | None, rename: tuple[str, str] | None, delete: str | None,
            as_json: bool) -> None:
    """List the classes of a project, make, rename or delete one."""
    from trivium.vision import notebook

    found = notebook.classes(project, add=add, rename=rename, delete=delete, data=settings.data)
    told({"classes": found}, as_json, [f"{name:<24} {count:>6,} photos" for name, count in found.items()])


@click.command()
@click.argument("project")
@click.argument("run")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def suggest(settings: Settings, project: str, run: str, as_json: bool) -> None:
    """A model's label for each photo without one, and for each whose label it doubts."""
    from trivium.vision import notebook

    found = notebook.suggest(project, run, data=settings.data)
    told({"suggestions": found}, as_json,
         [f"{row['name']}: {row['predicted']} {row['confidence']:.0%}, "
          f"{'labelled ' + row['label'] if row['label'] else 'no class yet'}" for row in found])


@click.command()
@click.argument("run")
@click.option("--class", "label", metavar="CLASS", help="Only photos of this class.")
@click.option("--predicted", metavar="CLASS", help="Only photos that were taken for this class.")
@click.option("--wrong", is_flag=True, help="Only wrongly judged photos, those that the model was surest of first.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def judged(settings: Settings, run: str, label: str | None, predicted: str | None, wrong: bool, as_json: bool) -> None:
    """What a training said of each photo while it was held out, the least likely first."""
    from trivium.vision import notebook

    found = notebook.judged(run, label=label, predicted=predicted, wrong=wrong, data=settings.data)
    told({"photos": found}, as_json, [f"{row['name']}: {row['label']}, taken for {row['predicted']} "
                                      f"({row['confidence']:.0%} sure)" for row in found])


@click.command()
@click.argument("project")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def trainings(settings: Settings, project: str, as_json: bool) -> None:
    """The trainings of a project with their scores, the newest first."""
    from trivium.vision import notebook

    found = notebook.trainings(project, data=settings.data)
    told({"trainings": found}, as_json,
         [f"{row['name']:<24} {row['status']:<12} "
          + ("" if row["accuracy"] is None else f"{row['accuracy']:.1%} of {row['n']:,} photos") for row in found])


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def settings(as_json: bool) -> None:
    """List every setting of trainings and of watching, with its default."""
    from trivium.core.studio import field_rows
    from trivium.vision import STUDIO, at_work, notebook

    rows = [row for target in (*STUDIO.configs.values(), at_work.CONFIG) for row in field_rows(target)]
    told(notebook.settings(), as_json, [f"{name:<24} {default:<12} {title}" for name, default, title in rows])
