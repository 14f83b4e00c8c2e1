"""`trivium vision mask`: which class each pixel of a photo belongs to, as a PNG of one channel."""

from __future__ import annotations

from pathlib import Path

import click

from trivium.core import files
from trivium.settings import Settings
from trivium.vision.commands.photos import told


@click.command()
@click.argument("project")
@click.argument("photo")
@click.option("--set", "given", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="PNG",
              help="Its mask: a PNG of one channel, 0 background, k the k-th class, 255 not labelled.")
@click.option("--unseen", is_flag=True, help="As if nobody had looked at it yet.")
@click.option("--undo", is_flag=True, help="The mask that it had before the last change.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="PNG", help="Write its mask here.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def mask(settings: Settings, project: str, photo: str, given: Path | None, unseen: bool, undo: bool, out: Path | None,
         as_json: bool) -> None:
    """Say what is on the mask of a photo of a project for segmentation, write it out, or give it another."""
    from trivium.vision import notebook
    from trivium.vision.labels.planes import packed

    if (given is not None) + unseen + undo > 1:
        raise click.UsageError("Say one of --set, --unseen and --undo.")
    if given is not None or unseen:
        notebook.set_mask(project, photo, given, data=settings.data)
    if undo:
        notebook.undo_mask(project, photo, data=settings.data)
    found = notebook.mask_of(project, photo, data=settings.data)
    plane = found.pop("plane")
    if out is not None and plane is not None:
        files.atomic_write(out, packed(plane))
    rows = ["Nobody has looked at it yet."] if plane is None else [
        *(f"{area['label']:<24} {area['share']:>7.2%}" for area in found["areas"]),
        *([f"{'not labelled':<24} {found['unlabelled']:>7.2%}"] if found["unlabelled"] else [])] or ["All background."]
    told(found, as_json, rows)
