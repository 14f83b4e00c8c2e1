"""`trivium music export`, `measure` and `compositions`: what is kept, files of it, and how it measures."""

from __future__ import annotations

import json
from pathlib import Path

import click

from trivium.settings import Settings


@click.command()
@click.argument("source")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path),
              help="The file to write; its ending says the format: .mid, .musicxml, .zip (project) or .json.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def export(settings: Settings, source: str, out: Path, as_json: bool) -> None:
    """Write a composition (its id), a sample melody (its name) or a file of notes as another file."""
    from trivium.core.files import atomic_write
    from trivium.music.files.exporting import export as exported
    from trivium.music.files.exporting import format_of
    from trivium.music.kept import piece_from

    written = format_of(out.name)
    piece, about = piece_from(settings.data, source)
    atomic_write(out, exported(piece, written, about).content)
    result = {"out": str(out), "format": written, "notes": piece.note_count}
    click.echo(json.dumps(result) if as_json else f"{out}: {piece.note_count} notes")


@click.command()
@click.argument("source")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def measure(settings: Settings, source: str, as_json: bool) -> None:
    """Measure a composition (its id), a sample melody (its name) or a file of notes, as the field compares pieces."""
    from trivium.music.kept import piece_from
    from trivium.music.metrics import measures

    found = measures(piece_from(settings.data, source)[0])
    if as_json:
        click.echo(json.dumps(found))
        return
    for name, value in found.items():
        click.echo(f"{name.replace('_', ' '):<24} {'nothing to measure' if value is None else f'{value:.3f}'}")


@click.command()
@click.option("--delete", "delete_id", metavar="ID", help="Delete one; what was made from it stays.")
@click.option("--rename", nargs=2, metavar="ID TITLE", help="Give one another title.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def compositions(settings: Settings, delete_id: str | None, rename: tuple[str, str] | None, as_json: bool) -> None:
    """List the compositions that the studio keeps, newest first; rename or delete one."""
    from trivium.music.kept import kept_in

    kept = kept_in(settings.data)
    if delete_id is not None:
        kept.delete(delete_id)
        click.echo(json.dumps({"deleted": delete_id}) if as_json else f"Deleted {delete_id}.")
        return
    if rename is not None:
        found = kept.rename(*rename)
        click.echo(found.model_dump_json() if as_json else f"{found.id} is now called {found.title}.")
        return
    rows = kept.page(limit=1000).items
    if as_json:
        click.echo(json.dumps({"compositions": [row.model_dump(mode="json") for row in rows]}, ensure_ascii=False))
        return
    for row in rows:
        click.echo(f"{row.id}  {row.title:<32} {row.technique:<12} {row.bars:>4} bars {row.notes:>6} notes")
