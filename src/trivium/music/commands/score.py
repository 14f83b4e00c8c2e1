"""`trivium music score`: a Transformer on the benchmark beside the bigram baseline, a GAN on its held-out pieces."""

from __future__ import annotations

import json
from pathlib import Path

import click

from trivium.errors import BadConfig
from trivium.settings import Settings

WORDS = {"nats_per_note": "model, single pass", "nats_per_note_averaged_over_transpositions":
         "model, probabilities averaged over transpositions", "bigram_nats_per_note": "bigram baseline"}


@click.command()
@click.argument("run")
@click.option("--data", "benchmark", type=click.Path(dir_okay=False, path_type=Path),
              help="For a Transformer: the benchmark file, Jsb16thSeparated.npz.")
@click.option("--split", type=click.Choice(["valid", "test"]), default="valid", show_default=True,
              help="Which held-out pieces are read.")
@click.option("--transpositions/--no-transpositions", default=True, show_default=True,
              help="Also average over transpositions, which takes 13 times as long.")
@click.option("--harmonise", type=click.IntRange(0), default=0, show_default=True,
              help="Also harmonise so many sopranos of the split and compare them with Bach's own.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def score(settings: Settings, run: str, benchmark: Path | None, split: str, transpositions: bool, harmonise: int,
          as_json: bool) -> None:
    """Score a model: a Transformer in nats per note, a GAN by how far its accompaniments are from real ones."""
    from trivium.core.jobs import find_run
    from trivium.core.spec import read_spec

    folder = find_run(settings.data, run)
    if read_spec(folder).config.get("technique") == "gan":
        score_gan(folder, split, as_json)
        return
    from trivium.music.evaluate import score as measure

    if benchmark is None:
        raise BadConfig("A Transformer is scored on the benchmark file.", "Name it with --data Jsb16thSeparated.npz")
    found = measure(folder, benchmark, split, transpositions, harmonise, say=lambda text: click.echo(text, err=True))
    if as_json:
        click.echo(json.dumps(found))
        return
    click.echo(f"{split}: {found['pieces']} pieces, {found['notes']:,} notes; {found['rule']}")
    for key, words in WORDS.items():
        if key in found:
            click.echo(f"  {found[key]:.4f} nats per note   {words}")
    for name, value in found.get("harmonisation", {}).items():
        click.echo(f"  {value:8.4f}   {name.replace('_', ' ')}")


def score_gan(folder: Path, split: str, as_json: bool) -> None:
    """On the held-out pieces of its own training set."""
    from trivium.music.gan.score import lines
    from trivium.music.gan.score import score as measure

    found = measure(folder, split, say=lambda text: click.echo(text, err=True))
    click.echo(json.dumps(found) if as_json else "\n".join(lines(found)))
