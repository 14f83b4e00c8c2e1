"""`trivium music import`: take a file of notes in, as the page does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trivium.settings import Settings

if TYPE_CHECKING:
    from trivium.music.views import FileChoice, FileReport


@click.command("import")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--look", is_flag=True, help="Only say what tracks and bars are in the file.")
@click.option("--tracks", help="Which tracks to take, by their numbers from --look, such as 0,2.")
@click.option("--bars", help="Which bars to take, such as 5-12.")
@click.option("--grid", default="1/16", show_default=True, help="Where rhythm assist moves notes to.",
              type=click.Choice(["1/4", "1/8", "1/16", "1/32", "1/8T", "1/16T"]))
@click.option("--strength", default=0.0, show_default=True, type=click.FloatRange(0, 1),
              help="Rhythm assist: 0 leaves the rhythm alone, 1 puts every note on the grid.")
@click.option("--name", help="What to call it.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path),
              help="Write a .mid, .musicxml, .zip or .json file instead of keeping it in the studio.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def import_(settings: Settings, file: Path, look: bool, tracks: str | None, bars: str | None, grid: str,
            strength: float, name: str | None, out: Path | None, as_json: bool) -> None:
    """Take in a MIDI, MusicXML, ABC, .npy or .npz file."""
    from trivium.core.files import atomic_write
    from trivium.music.files import importing
    from trivium.music.files.exporting import export, format_of
    from trivium.music.kept import kept_in

    if look:
        report = importing.look(importing.bytes_of(file), file.name)
        click.echo(report.model_dump_json() if as_json else described(report))
        return
    choice = chosen(tracks, bars, grid, strength)
    written = format_of(out.name) if out is not None else None
    report, piece = importing.read_path(file, choice)
    if name:
        piece = piece.model_copy(update={"title": name})
    result: dict[str, Any] = {"title": piece.title, "notes": piece.note_count, "warnings": report.warnings}
    if out is not None and written is not None:
        atomic_write(out, export(piece, written).content)
        result["out"] = str(out)
    else:
        about = {"file": file.name, "format": report.format, **choice.model_dump(exclude_defaults=True)}
        result["id"] = kept_in(settings.data).add(piece, "import", settings=about).id
    for warning in report.warnings:
        click.echo(warning, err=True)
    click.echo(json.dumps(result, ensure_ascii=False) if as_json else
               f"{piece.title}: {piece.note_count} notes, {result.get('out') or result.get('id')}")


def chosen(tracks: str | None, bars: str | None, grid: str, strength: float) -> FileChoice:
    """The options as a FileChoice."""
    from trivium.core.studio import parse_config
    from trivium.music.views import FileChoice

    first, _, last = (bars or "").partition("-")
    values = {"tracks": tracks.split(",") if tracks else None, "first_bar": first or None,
              "last_bar": (last if "-" in (bars or "") else first) or None, "grid": grid, "strength": strength}
    choice = parse_config("trivium.music.views:FileChoice", values)
    assert isinstance(choice, FileChoice)
    return choice


def described(report: FileReport) -> str:
    """What is in a file, for people."""
    rows = [f"{report.title or 'Untitled'} ({report.format}): {report.bars} bars of {report.metre}, {report.bpm:g} bpm"]
    rows += [f"  {track.index:>3}  {track.name:<28} {track.instrument:<20} {track.notes:>6} notes, "
             f"bars {track.first_bar} to {track.last_bar}" for track in report.tracks]
    return "\n".join([*rows, *(f"  Mind: {warning}" for warning in report.warnings)])
