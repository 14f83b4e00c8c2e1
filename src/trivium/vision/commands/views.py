"""`trivium vision understand ...`: questions about a classifier; `trivium vision views`: augmentation shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from trivium.settings import Settings

JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
RUN = click.argument("run")
SEED = click.option("--seed", default=1, type=click.IntRange(0, 2**31 - 1), show_default=True)
PHOTO = click.argument("photo", required=False)
SOURCE = click.option("--source", type=click.Path(path_type=Path), help="A file, in the place of PHOTO.")


@click.group()
def understand() -> None:
    """Ask a trained model where it errs, how sure it may be, what it looks at."""


def show(found: dict[str, Any], as_json: bool, lines: list[str]) -> None:
    click.echo(json.dumps(found, ensure_ascii=False) if as_json else "\n".join(lines))


def aside(text: str) -> None:
    click.echo(text, err=True)


@understand.command()
@RUN
@JSON
@click.pass_obj
def scores(settings: Settings, run: str, as_json: bool) -> None:
    """Precision and recall of each class with intervals, and precision-recall curves."""
    from trivium.vision import notebook

    found = notebook.scores(run, settings.data)
    width = max(len(row["label"]) for row in found["classes"])
    lines = [f"{'class':<{width}}  photos  found (95 % interval)   right when said         average precision"]
    for row in found["classes"]:
        recall, precision = (f"{row[name]:>5.0%} ({row[f'{name}_interval'][0]:.0%} to {row[f'{name}_interval'][1]:.0%})"
                             for name in ("recall", "precision"))
        lines.append(f"{row['label']:<{width}}  {row['n']:>6}  {recall:<22}  {precision:<22}  "
                     f"{row['average_precision']:.3f} (chance {row['baseline']:.3f})")
    show(found, as_json, [*lines, found["how"]])


@understand.command()
@RUN
@JSON
@click.pass_obj
def calibration(settings: Settings, run: str, as_json: bool) -> None:
    """Whether "90 % sure" is right in 90 of 100."""
    from trivium.vision import notebook

    found = notebook.calibration(run, settings.data)
    lines = ["said         photos  sure on average  right (95 % interval)"]
    for row in found["calibrated"]["bins"]:
        if row["n"]:
            low, high = row["interval"]
            lines.append(f"{row['low']:>4.0%} to {row['high']:>4.0%} {row['n']:>6}  {row['confidence']:>15.0%}  "
                         f"{row['accuracy']:.0%} ({low:.0%} to {high:.0%})")
    before, after = (found[name]["calibration_error"] for name in ("uncalibrated", "calibrated"))
    show(found, as_json, [*lines, f"Off by {after:.1%} on average; {before:.1%} before its logits were divided by "
                                  f"{found['temperature']:.2f}."])


@understand.command()
@RUN
@click.option("--label", help="Photos of this class alone.")
@click.option("--predicted", help="Photos taken for this class alone.")
@click.option("--count", default=20, type=click.IntRange(1, 10_000), show_default=True)
@JSON
@click.pass_obj
def mistakes(settings: Settings, run: str, label: str | None, predicted: str | None, count: int, as_json: bool) -> None:
    """The photos of which it was surest and wrong: look at them, for some labels may be wrong."""
    from trivium.vision import notebook

    found = notebook.mistakes(run, count=count, label=label, predicted=predicted, data=settings.data)
    lines = [f"{row['name']}: {row['predicted']} {row['confidence']:.0%}, its own class {row['truth']:.0%}"
             for row in found["mistakes"]]
    show(found, as_json, [*lines, f"{found['wrong']:,} of {found['n']:,} photos were named wrongly."])


@understand.command("few-shot")
@RUN
@click.option("--counts", default="5,10,20,50,100", show_default=True, help="Photos a class.")
@click.option("--draws", default=5, type=click.IntRange(2, 100), show_default=True)
@SEED
@JSON
@click.pass_obj
def few_shot(settings: Settings, run: str, counts: str, draws: int, seed: int, as_json: bool) -> None:
    """Would more photos help? The score with few photos a class, and with more."""
    from trivium.errors import BadConfig
    from trivium.vision import notebook

    parts = [part.strip() for part in counts.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise BadConfig(f"{counts[:60]!r} is no list of numbers.", "Write them like 5,10,20.")
    found = notebook.few_shot(run, counts=[int(part) for part in parts], draws=draws, seed=seed, data=settings.data,
                              say=aside)
    lines = [f"{row['per_class']:>4} photos a class: {row['accuracy']:.1%} right (95 % interval "
             f"{row['interval'][0]:.1%} to {row['interval'][1]:.1%}, {row['draws']} draws)" for row in found["points"]]
    lines.append(f"all {found['all']['photos']:,} photos: {found['all']['accuracy']:.1%}")
    show(found, as_json, [*lines, found["verdict"]])


@understand.command()
@RUN
@PHOTO
@SOURCE
@click.option("--count", default=12, type=click.IntRange(1, 1000), show_default=True)
@JSON
@click.pass_obj
def neighbours(settings: Settings, run: str, photo: str | None, source: Path | None, count: int, as_json: bool) -> None:
    """The photos of the training that PHOTO, one of them, or a file looks most like."""
    from trivium.vision import notebook

    found = notebook.neighbours(run, photo, source=source, count=count, data=settings.data)
    lines = [f"{row['cosine']:.3f}  {row['label']}: {row['name']}{' (near-copy)' if row['near_copy'] else ''}"
             for row in found["neighbours"]]
    show(found, as_json, lines)


@understand.command()
@RUN
@PHOTO
@SOURCE
@click.option("--label", help="The class asked about; default: the likeliest.")
@click.option("--against", help="What speaks for it rather than for this class.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Draw it over the photo: a .png to write.")
@JSON
@click.pass_obj
def saliency(settings: Settings, run: str, photo: str | None, source: Path | None, label: str | None,
             against: str | None, out: Path | None, as_json: bool) -> None:
    """What it looks at on PHOTO, one of the training's, or on a file."""
    from trivium.vision import notebook

    found = notebook.saliency(run, photo, source=source, label=label, against=against, out=out, data=settings.data)
    lines = [" ".join(f"{value:>7.2f}" for value in row) for row in found["map"]]
    asked = found["label"] + (f" rather than {against}" if against else "")
    show(found, as_json, [*lines, f"{asked}: the mean of these, {found['logit']:.2f}, is its logit."
                                  f"{f' Drawn: {out}' if out else ''}"])


@understand.command()
@RUN
@click.option("--folds", default=5, type=click.IntRange(2, 20), show_default=True)
@SEED
@JSON
@click.pass_obj
def unknown(settings: Settings, run: str, folds: int, seed: int, as_json: bool) -> None:
    """How well it says "I don't know": each class left out in turn, its photos shown as unknown things."""
    from trivium.vision import notebook

    found = notebook.unknown(run, folds=folds, seed=seed, data=settings.data, say=aside)
    lines = [f"without {row['unknown']}: {row['false_accepts']:.0%} of its {row['n']:,} photos pass for known things "
             f"(95 % interval {row['interval'][0]:.0%} to {row['interval'][1]:.0%}), AUROC {row['auroc']:.3f}"
             for row in found["classes"]]
    show(found, as_json, [*lines, f"On average {found['false_accepts']:.1%} pass, where {found['true_accepts']:.1%} of "
                                  f"what is known is named; AUROC {found['auroc']:.3f}."])


@click.command()
@click.argument("project")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The .png to write.")
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="Set any field, such as --set turn_deg=180.")
@click.option("--photos", default=6, type=click.IntRange(1, 50), show_default=True)
@click.option("--views", default=7, type=click.IntRange(1, 50), show_default=True)
@SEED
@JSON
@click.pass_obj
def views(settings: Settings, project: str, out: Path, sets: tuple[str, ...], photos: int, views: int, seed: int,
          as_json: bool) -> None:
    """Show augmentation as pictures: photos of a project, each followed by views that fine-tuning would make."""
    from trivium.core.assignment import assigned
    from trivium.vision import notebook

    found = notebook.contact_sheet(project, out, seed=seed, photos=photos, views=views, data=settings.data,
                                   **assigned(sets))
    show(found, as_json, [f"{out}: {len(found['photos'])} photos, each with {found['views']} views."])
