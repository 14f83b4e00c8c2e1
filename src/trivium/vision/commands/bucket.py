"""`trivium vision bucket`: photos that lie in an S3-compatible store."""

from __future__ import annotations

import click

from trivium.settings import Settings


@click.command()
@click.option("--push", is_flag=True, help="Take the photos to the bucket that are only here.")
@click.option("--free", is_flag=True, help="Delete the copies here that the bucket has; they come back when needed.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def bucket(settings: Settings, push: bool, free: bool, as_json: bool) -> None:
    """Say how many photos lie in the bucket that TRIVIUM_BUCKET names; take them there, make room here."""
    from trivium.vision import notebook
    from trivium.vision.commands.photos import told

    found = notebook.bucket(push=push, free=free, data=settings.data, say=lambda text: click.echo(text, err=True))
    told(found, as_json, [f"{found['there']:,} photos in {found['bucket']}, {found['here']:,} copies here."])
