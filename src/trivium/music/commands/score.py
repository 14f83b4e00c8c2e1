"""`trivium music score`: a trained model on music that it has not seen, by what its technique is measured by."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from trivium.errors import BadConfig
from trivium.settings import Settings

WORDS = {"nats_per_note": "model, single pass", "nats_per_note_averaged_over_transpositions":
         "model, probabilities averaged over transpositions", "bigram_nats_per_note": "bigram baseline"}


@click.command()
@click.argument("run")
@click.option("--data", "source", metavar="FILE|SET",
              help="For a Transformer: the benchmark file, Jsb16thSeparated.npz, or the training set that it has "
                   "learned from; for an AR-CNN of the package: that set.")
@click.option("--split", type=click.Choice(["valid", "test"]), default="valid", show_default=True,
              help="Which held-out pieces are read.")
@click.option("--transpositions/--no-transpositions", default=True, show_default=True,
              help="On the benchmark, also average over transpositions, which takes 13 times as long.")
@click.option("--harmonise", type=click.IntRange(0), default=0, show_default=True,
              help="On the benchmark, also harmonise so many sopranos and compare them with Bach's own.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def score(settings: Settings, run: str, source: str | None, split: str, transpositions: bool, harmonise: int,
          as_json: bool) -> None:
    """Score a model: a Transformer in nats per note, an AR-CNN by how it mends and in nats per note taken away, a GAN
    by how far its accompaniments are from real ones."""
    def say(text: str) -> None:
        click.echo(text, err=True)

    technique = technique_of(settings.data, run)
    if technique == "gan":
        found, lines = scored_gan(settings.data, run, split, say)
    elif technique == "arcnn":
        found, lines = scored_arcnn(settings.data, run, source, split, say)
    else:
        found = scored_transformer(settings.data, run, source, split, transpositions, harmonise, say)
        lines = transformer_lines(found)
    click.echo(json.dumps(found) if as_json else "\n".join(lines))


def technique_of(data: Path, name: str) -> str:
    """The technique of a model in the package, or of a training."""
    from trivium.core.jobs import find_run
    from trivium.core.spec import read_spec
    from trivium.music.models import shipped
    from trivium.music.techniques import TECHNIQUES

    for technique in TECHNIQUES:
        if name in [each.id for each in shipped(technique.id)]:
            return technique.id
    return str(read_spec(find_run(data, name)).config.get("technique"))


def scored_transformer(data: Path, run: str, source: str | None, split: str, transpositions: bool, harmonise: int,
                       say: Callable[[str], None]) -> dict[str, Any]:
    """On the benchmark file, or on the held-out pieces of its own training set."""
    from trivium.core.jobs import find_run
    from trivium.music.dataset.sources import set_learned_from
    from trivium.music.evaluate import score as on_benchmark
    from trivium.music.evaluate import score_held_out
    from trivium.music.transformer.models import FAMILY

    if source is None:
        raise BadConfig("A Transformer is scored on the benchmark file, or on the training set that it learned from.",
                        "Name one with --data: Jsb16thSeparated.npz, or the set's name")
    if Path(source).is_file() or source.endswith(".npz"):
        return on_benchmark(find_run(data, run), Path(source), split, transpositions, harmonise, say)
    model = FAMILY.find(data, run)
    return score_held_out(model, set_learned_from(model.card["data"], source, data, say), split, say)


def scored_arcnn(data: Path, run: str, source: str | None, split: str,
                 say: Callable[[str], None]) -> tuple[dict[str, Any], list[str]]:
    """On the held-out pieces of its own training set; a training has it with it, a model of the package has not."""
    from trivium.core.jobs import find_run
    from trivium.music.arcnn import evaluate
    from trivium.music.arcnn.models import FAMILY
    from trivium.music.dataset.sets import set_in_run
    from trivium.music.dataset.sources import set_learned_from
    from trivium.music.models import shipped

    model, is_packaged = FAMILY.find(data, run), run in [each.id for each in shipped("arcnn")]
    if is_packaged and source is None:
        raise BadConfig("A model of the package has no music with it.",
                        "Name the training set that it has learned from: --data SET")
    if source is not None and not is_packaged:
        raise BadConfig("A training of an AR-CNN has its music with it.", "Leave --data out.")
    music = set_in_run(find_run(data, run)) if source is None else set_learned_from(
        model.card["data"], source, data, say)
    found = evaluate.score(model, music, split, say)
    return found, evaluate.lines(found)


def scored_gan(data: Path, run: str, split: str, say: Callable[[str], None]) -> tuple[dict[str, Any], list[str]]:
    """On the held-out pieces of its own training set."""
    from trivium.core.jobs import find_run
    from trivium.music.gan.score import lines
    from trivium.music.gan.score import score as measure

    found = measure(find_run(data, run), split, say=say)
    return found, lines(found)


def transformer_lines(found: dict[str, Any]) -> list[str]:
    """The score for a terminal."""
    return [f"{found['split']}: {found['pieces']} pieces, {found['notes']:,} notes; {found['rule']}",
            *(f"  {found[key]:.4f} nats per note   {words}" for key, words in WORDS.items() if key in found),
            *(f"  {value:8.4f}   {name.replace('_', ' ')}" for name, value in found.get("harmonisation", {}).items())]
