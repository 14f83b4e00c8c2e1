"""`trivium vision propose`: the boxes that a detector would draw, and those that it doubts."""

from __future__ import annotations

import click

from trivium.settings import Settings
from trivium.vision.commands.photos import told


@click.command()
@click.argument("project")
@click.argument("run")
@click.argument("photo", nargs=-1)
@click.option("--threshold", type=click.FloatRange(0, 1), help="How sure a box must be; default: the model's own.")
@click.option("--doubtful", is_flag=True, help="List photos instead whose boxes the model doubts.")
@click.option("--all", "everything", is_flag=True, help="With --doubtful: those too that it has learned from.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def propose(settings: Settings, project: str, run: str, photo: tuple[str, ...], threshold: float | None, doubtful: bool,
            everything: bool, as_json: bool) -> None:
    """The boxes that RUN would draw on PHOTO, or on every photo that nobody has looked at."""
    from trivium.vision import notebook

    if doubtful:
        rows = notebook.doubtful_boxes(project, run, everything=everything, data=settings.data)
        told({"photos": rows}, as_json, [f"{row['name']}: {row['reasons'][0]['label']} {row['reasons'][0]['kind']} "
                                         f"({row['doubt']:.0%} doubt)" for row in rows] or ["It doubts none."])
        return
    found = notebook.propose(project, run, photo or None, threshold=threshold, data=settings.data)
    told({"proposals": found}, as_json,
         [f"{sha256[:12]}  {box['label']} {box['confidence']:.0%}  " + " ".join(f"{v:.4f}" for v in box["xyxy"])
          for sha256, boxes in found.items() for box in boxes] or ["It would draw none."])
