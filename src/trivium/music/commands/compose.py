"""`trivium music compose`: one step of composing, from a file to a file."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import click

from trivium.core.assignment import assigned
from trivium.settings import Settings


@click.command()
@click.option("--technique", default="arcnn", show_default=True,
              help="arcnn: adds and removes notes; transformer: goes on, writes anew, harmonises; gan: accompanies.")
@click.option("--input", "source", required=True,
              help="The melody: a MIDI, MusicXML or ABC file, a sample melody, or a kept composition's id.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True,
              help="The .mid, .musicxml, .zip or .json file to write.")
@click.option("--model", metavar="RUN_OR_ID", help="A training of yours, by folder, name or id; default: the built-in.")
@click.option("--preset", metavar="NAME", help="gentle, balanced or bold: controls that belong together.")
@click.option("--config", "config_file", type=click.Path(dir_okay=False, path_type=Path), help="TOML or JSON.")
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE",
              help="Set any control, such as --set creative_risk=2.")
@click.option("--edits", "edits_out", type=click.Path(dir_okay=False, path_type=Path),
              help="Also write every edit or passage, as JSON.")
@click.option("--seed", default=1, type=click.IntRange(0, 2**31 - 1), show_default=True,
              help="Same seed, same composition.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def compose(settings: Settings, technique: str, source: str, out: Path, model: str | None, preset: str | None,
            config_file: Path | None, sets: tuple[str, ...], edits_out: Path | None, seed: int, as_json: bool) -> None:
    """Make a composition of a melody."""
    from trivium.core import files
    from trivium.core.config_file import read_config
    from trivium.music.composing import compose as compose_piece
    from trivium.music.files.exporting import export, format_of
    from trivium.music.kept import piece_from
    from trivium.music.techniques import find_technique

    controls = find_technique(technique).settings(assigned(sets, over=read_config(config_file)), preset)
    format = format_of(out.name)
    piece, _ = piece_from(settings.data, source)
    edits: list[dict[str, Any]] = []

    def tell(_name: str, news: dict[str, Any], fraction: float) -> None:
        edits.append(news)
        if sys.stderr.isatty():
            click.echo(f"\r{fraction:.0%}", nl=False, err=True)

    began = time.monotonic()
    composed, made = compose_piece(piece, technique, controls, model=model, seed=seed, data=settings.data, tell=tell)
    files.atomic_write(out, export(composed, format, about(technique, controls, made)).content)
    if edits_out is not None:
        files.atomic_write(edits_out, json.dumps(edits))
    found = {"out": str(out), **made, "wall_s": round(time.monotonic() - began, 3)}
    if sys.stderr.isatty():
        click.echo("\r", nl=False, err=True)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        click.echo(f"{out}: {made['added']} notes added, {made['removed']} removed, {found['wall_s']:.1f} s.")


def about(technique: str, controls: dict[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    """What a project's card says."""
    return {"technique": technique, "settings": controls, "seed": made["seed"], "model": made["model"]}
