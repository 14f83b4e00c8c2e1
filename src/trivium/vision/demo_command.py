"""`trivium vision demo`: a project of composed photos with exact boxes."""

from __future__ import annotations

import json

import click

from trivium.settings import Settings


@click.command()
@click.argument("name")
@click.option("--photos", type=click.IntRange(4, 5000), default=200, show_default=True, help="How many to compose.")
@click.option("--kinds", default="cup,fruit,vehicle", show_default=True, help="What is on them, with commas between.")
@click.option("--seed", default=1, type=click.IntRange(0, 2**31 - 1), show_default=True, help="Same seed, same photos.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def demo(settings: Settings, name: str, photos: int, kinds: str, seed: int, as_json: bool) -> None:
    """Make a detection project of synthetic photos, each box exact, to try the studio with."""
    from trivium.vision import notebook

    found = notebook.make_demo(name, photos=photos, kinds=[kind.strip() for kind in kinds.split(",") if kind.strip()],
                               seed=seed, data=settings.data, say=lambda text: click.echo(text, err=True))
    click.echo(json.dumps(found, ensure_ascii=False) if as_json else
               f"{name}: {found['photos']:,} photos with {found['boxes']:,} boxes. {found['how']} "
               f"Next: trivium vision train {name} --out run-d")
