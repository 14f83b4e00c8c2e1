"""`trivium music data`: make a training set of a folder of music, or list those kept.

    trivium music data my_midi_folder/ --out mine
    trivium music data --bach --out bach
    trivium music data --quartets --out quartets
    trivium music data --folk --out folk
    trivium music data --chorales 300 --out plain
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from trivium.errors import BadConfig
from trivium.settings import Settings

SHOWN = 12  # pieces and failures that a terminal is shown; --json has all
SEED = click.IntRange(0, 2**31 - 1)


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--bach", "corpus", flag_value="bach",
              help="Bach's four-part works from the music21 package, where it is installed.")
@click.option("--quartets", "corpus", flag_value="quartets",
              help="String quartets by Haydn, Mozart and Beethoven, from there.")
@click.option("--madrigals", "corpus", flag_value="madrigals", help="Renaissance madrigals by Monteverdi, from there.")
@click.option("--folk", "corpus", flag_value="folk", help="Fiddle tunes of Ryan's collection of 1883, from there.")
@click.option("--chorales", type=click.IntRange(2, 100_000), metavar="N", help="N chorales by Trivium's own rules.")
@click.option("--melodies", type=click.IntRange(2, 100_000), metavar="N", help="N folk-like tunes by Trivium's rules.")
@click.option("--out", metavar="NAME", help="Keep the set under this name; without it, only the report is made.")
@click.option("--licence", help="What the music's owner allows; goes into the set's card.")
@click.option("--show", metavar="NAME", help="Show the report of a kept set.")
@click.option("--piece", type=click.IntRange(1), metavar="N", help="With --show and --write: the Nth piece of the set.")
@click.option("--write", type=click.Path(path_type=Path), metavar="FILE", help="Write that piece: .mid, .musicxml.")
@click.option("--delete", metavar="NAME", help="Delete a kept set; trainings keep their own copy.")
@click.option("--seed", default=1, type=SEED, show_default=True, help="Same seed, same split.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def data(settings: Settings, folder: Path | None, corpus: str | None, chorales: int | None, melodies: int | None,
         out: str | None, licence: str | None, show: str | None, piece: int | None, write: Path | None,
         delete: str | None, seed: int, as_json: bool) -> None:
    """Check, quantise, de-duplicate and split music to learn from; without a folder, list the kept sets."""
    from trivium.music.dataset import sets as dataset
    from trivium.music.dataset.sources import prepare_from

    if delete is not None:
        dataset.delete_set(delete, settings.data)
        click.echo(json.dumps({"deleted": delete}) if as_json else f"Deleted {delete}.")
        return
    if show is not None:
        show_set(settings.data, show, piece, write, as_json)
        return
    chosen = [name for name, given in (("a folder", folder), (f"--{corpus}", corpus), ("--chorales", chorales),
                                       ("--melodies", melodies)) if given]
    if len(chosen) > 1:
        raise BadConfig(f"A training set is made from one source, not from {' and '.join(chosen)}.",
                        "Copy the files into one folder, or make two sets.")
    if not chosen:
        list_sets(settings.data, as_json)
        return
    if out is not None:
        dataset.place_of(out, settings.data)  # a bad name is told before the work, not after it
    made = prepare_from(folder=folder, corpus=corpus, chorales=chorales, melodies=melodies, seed=seed, licence=licence,
                        say=lambda text: click.echo(text, err=True))
    kept = dataset.keep(made, out, settings.data) if out is not None else None
    if as_json:
        click.echo(json.dumps({**made.card, "name": kept.name if kept else None, "folder": str(kept) if kept else None},
                              ensure_ascii=False))
        return
    click.echo("\n".join(report_lines(made.card)))
    click.echo(f"Kept as {kept.name}: {kept}" if kept else "Nothing was kept; keep it with --out NAME.")


def show_set(data: Path, name: str, piece: int | None, write: Path | None, as_json: bool) -> None:
    """Print the report of a kept set, and write one of its pieces where that is wanted."""
    from trivium.music.dataset import views as dataset_views

    if piece is not None and write is not None:
        from trivium.music.notebook import export

        export(dataset_views.piece(name, piece - 1, data).composition, write)
    card = dataset_views.card_of(name, data)
    click.echo(json.dumps(card, ensure_ascii=False) if as_json else "\n".join(report_lines(card)))


def list_sets(data: Path, as_json: bool) -> None:
    """Print the kept sets, a line each."""
    from trivium.music.dataset import sets as dataset

    cards = [card for _, card in dataset.kept_cards(data)]
    if as_json:
        shown_of_each = ("name", "sha256", "licence", "counts", "warnings")
        rows = [{name: card.get(name) for name in shown_of_each} for card in cards]
        click.echo(json.dumps({"sets": rows}, ensure_ascii=False))
        return
    for card in cards:
        count = card["counts"]["all"]
        click.echo(f"{card['name']:<24} {count['pieces']:6d} pieces {count['notes']:8d} notes  {card['sha256'][:12]}")
    if not cards:
        click.echo("No training set is kept yet. Make one: trivium music data FOLDER --out NAME")


def report_lines(card: dict[str, Any]) -> list[str]:
    """The report for a terminal."""
    counts, sources = card["counts"], card["sources"]
    total = counts["all"]
    lines = [f"{sources['name']}: {total['pieces']} pieces, {total['notes']:,} notes, "
             f"{total['four_part']} in four voices",
             *(f"  {name:<6} {counts[name]['pieces']:5d} pieces {counts[name]['steps']:8,d} sixteenths"
               for name in ("train", "valid", "test")),
             f"  licence: {card['licence'] or 'not stated'}",
             f"  moved to the grid by more than a 64th: {card['moved']:.1%} of the notes",
             f"  the same piece once more, left out: {len(card['duplicates'])}; "
             f"much in common, kept in one split: {card['near_duplicates']} pairs"]
    lines += piece_lines(card["pieces"])
    lines += shown("could not be read", [f"{row['file']}: {row['message']}" for row in sources["failed"]])
    lines += shown("set aside", [f"{row['title']} ({row['file']}): {row['message']}" for row in card["set_aside"]])
    lines += shown("remarks", [f"{row['file']}: {row['message']}" for row in sources["remarks"]])
    lines += shown("left out, the same as another", [f"{row['piece']} ({row['file']}) repeats {row['repeats']} "
                                                     f"({row['repeats_file']})" for row in card["duplicates"]])
    lines += ["Passages of held-out pieces that stand in train, in any key (beside Bach's chorales):"]
    lines += [f"  {row['steps']:3d} sixteenths   valid {share(row['valid'])} ({row['bach_valid']:.1%})"
              f"   test {share(row['test'])} ({row['bach_test']:.2%})" for row in card["leak"]]
    return lines + [f"Mind: {text}" for text in card["warnings"]]


def piece_lines(pieces: list[dict[str, Any]]) -> list[str]:
    """Metre, tempo and key of the first pieces."""
    lines = ["Pieces (~ before a key: estimated):"]
    for piece in pieces[:SHOWN]:
        key = ("~" if piece["key_is_estimated"] else "") + piece["key"]
        lines.append(f"  {piece['title'][:34]:<34} {piece['metre']:>5} {piece['bpm']:6.1f} bpm  {key:<15} "
                     f"{piece['notes']:5d} notes  {piece['moved']:6.1%} moved  {piece['split']}")
    return lines + more(pieces)


def shown(heading: str, rows: list[str]) -> list[str]:
    """The first rows below a heading; nothing where there are none."""
    return [f"{heading[0].upper()}{heading[1:]}:", *(f"  {row}" for row in rows[:SHOWN]), *more(rows)] if rows else []


def more(rows: list[Any]) -> list[str]:
    """How many rows a terminal is not shown."""
    return [f"  ... and {len(rows) - SHOWN} more (--json lists all)"] if len(rows) > SHOWN else []


def share(value: float | None) -> str:
    """As a percentage."""
    return "   none" if value is None else f"{value:7.2%}"
