"""`trivium vision demo`: a project of composed photos with exact boxes or masks."""

from __future__ import annotations

import json

import click

from trivium.settings import Settings
from trivium.vision.project import ACTIVITY, DETECTION, SEGMENTATION


@click.command()
@click.argument("name")
@click.option("--task", type=click.Choice([DETECTION, SEGMENTATION, ACTIVITY]), default=DETECTION, show_default=True,
              help="Photos with boxes or masks, or clips of a figure that waves, jumps, sits down or stands.")
@click.option("--photos", type=click.IntRange(4, 5000), help="How many photos or clips; 200 photos, 160 clips without.")
@click.option("--kinds", help="What is on them, with commas between: cup,fruit,vehicle; hand wave,jump,sit,stand.")
@click.option("--seed", default=1, type=click.IntRange(0, 2**31 - 1), show_default=True, help="Same seed, same photos.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def demo(settings: Settings, name: str, task: str, photos: int | None, kinds: str | None, seed: int,
         as_json: bool) -> None:
    """Make a project of synthetic photos or clips, each box, mask or class exact, to try the studio with."""
    from trivium.vision import notebook

    wanted = None if kinds is None else [kind.strip() for kind in kinds.split(",") if kind.strip()]
    found = notebook.make_demo(name, task=task, photos=photos, kinds=wanted, seed=seed, data=settings.data,
                               say=lambda text: click.echo(text, err=True))
    what = "boxes" if task == DETECTION else "things, masked"
    there = (f"{found['clips']:,} clips" if task == ACTIVITY else
             f"{found['photos']:,} photos with {found['boxes']:,} {what}")
    click.echo(json.dumps(found, ensure_ascii=False) if as_json else
               f"{name}: {there}. {found['how']} Next: trivium vision train {name} --out run-d")
