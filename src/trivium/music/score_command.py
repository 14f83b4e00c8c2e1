"""`trivium music score`: a trained Transformer on the benchmark, beside the bigram baseline."""

from __future__ import annotations

import json
from pathlib import Path

import click

from trivium.settings import Settings

WORDS = {"nats_per_note": "model, single pass", "nats_per_note_averaged_over_transpositions":
         "model, probabilities averaged over transpositions", "bigram_nats_per_note": "bigram baseline"}


@click.command()
@click.argument("run")
@click.option("--data", "benchmark", type=click.Path(dir_okay=False, path_type=Path), required=True,
              help="The benchmark file, Jsb16thSeparated.npz.")
@click.option("--split", type=click.Choice(["valid", "test"]), default="valid", show_default=True,
              help="Which held-out pieces are read.")
@click.option("--transpositions/--no-transpositions", default=True, show_default=True,
              help="Also average over transpositions, which takes 13 times as long.")
@click.option("--harmonise", type=click.IntRange(0), default=0, show_default=True,
              help="Also harmonise so many sopranos of the split and compare them with Bach's own.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def score(settings: Settings, run: str, benchmark: Path, split: str, transpositions: bool, harmonise: int,
          as_json: bool) -> None:
    """Score a model on the benchmark: nats per note, the smaller the better."""
    from trivium.core.jobs import find_run
    from trivium.music.evaluate import score as measure

    found = measure(find_run(settings.data, run), benchmark, split, transpositions, harmonise,
                    say=lambda text: click.echo(text, err=True))
    if as_json:
        click.echo(json.dumps(found))
        return
    click.echo(f"{split}: {found['pieces']} pieces, {found['notes']:,} notes; {found['rule']}")
    for key, words in WORDS.items():
        if key in found:
            click.echo(f"  {found[key]:.4f} nats per note   {words}")
    for name, value in found.get("harmonisation", {}).items():
        click.echo(f"  {value:8.4f}   {name.replace('_', ' ')}")
