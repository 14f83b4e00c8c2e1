"""`trivium vision train`, `evaluate`, `oddities` and `deploy`: from a project to a model that can be taken away."""

from __future__ import annotations

import json
from pathlib import Path

import click

from trivium.settings import Settings

# what a training came to, by the metric that it is judged by
TOLD = {"map/50": "mAP50 {:.3f} on held-out photos", "miou/held_out": "mIoU {:.3f} on held-out photos",
        "auroc/held_out": "AUROC {:.3f} of odd photos beside good ones",
        "good/held_out": "{:.1%} of held-out good photos pass; there are no odd ones to judge it by"}


@click.command()
@click.argument("project")
@click.option("--config", "config_file", type=click.Path(dir_okay=False, path_type=Path), help="TOML or JSON.")
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="Set any field, such as --set head.l2=30.")
@click.option("--seed", default=1, type=click.IntRange(0, 2**31 - 1), show_default=True,
              help="Same seed, same training.")
@click.option("--threads", type=click.IntRange(1, 256), help="Cores to use; default: all, at most 4.")
@click.option("--name", help="What to call the training.")
@click.option("--out", type=click.Path(path_type=Path), help="The run folder; default: one in the data folder.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_context
def train(ctx: click.Context, project: str, config_file: Path | None, sets: tuple[str, ...], seed: int,
          threads: int | None, name: str | None, out: Path | None, as_json: bool) -> None:
    """Train what the project's task asks for: a classifier, a detector, an activity model, or what tells odd ones."""
    from trivium.core.assignment import assigned
    from trivium.core.config_file import read_config
    from trivium.core.follow import follow
    from trivium.vision.notebook import METRICS, result
    from trivium.vision.submit import submit_training
    from trivium.vision.tasks import training_settings

    settings: Settings = ctx.obj
    config = training_settings(settings.data, project, assigned(sets, over=read_config(config_file)))
    folder, warnings = submit_training(settings.data, project, config, seed, name, out, threads,
                                       say=lambda text: click.echo(text, err=True))
    for warning in warnings:
        click.echo(f"Mind: {warning}", err=True)
    code = follow(folder, json_mode=as_json, keys=METRICS)
    found = result(folder)
    if as_json:
        click.echo(json.dumps(found))
    elif found["best"] is not None:
        told = TOLD.get(found["best"]["metric"], "right on {:.1%} of what was held out").format(found["best"]["value"])
        click.echo(f"{folder}: {found['status']}; {told}. More: trivium vision evaluate {folder}")
    ctx.exit(code)


@click.command()
@click.argument("run")
@click.option("--on", metavar="PROJECT", help="Judge the model on another project's photos, taken elsewhere.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def evaluate(settings: Settings, run: str, on: str | None, as_json: bool) -> None:
    """Say how good a trained model is on photos that it has not learned from."""
    from trivium.vision import notebook
    from trivium.vision.evaluate import report_lines

    found = notebook.evaluate(run, on=on, data=settings.data)
    click.echo(json.dumps(found, ensure_ascii=False) if as_json else "\n".join(report_lines(found)))


@click.command()
@click.argument("run")
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True, help="So many photos.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def oddities(settings: Settings, run: str, limit: int, as_json: bool) -> None:
    """Say how odd each photo is to an anomaly model, the oddest first; above 1 it is called odd."""
    from trivium.vision import notebook

    found = notebook.oddities(run, limit=limit, data=settings.data)
    click.echo(json.dumps(found, ensure_ascii=False) if as_json else "\n".join(
        f"{photo['oddness']:6.2f}  {photo['label']:<10} {photo['name']}" for photo in found["photos"]))


@click.command()
@click.argument("run")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The .zip to write.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def deploy(settings: Settings, run: str, out: Path, as_json: bool) -> None:
    """Write a trained model as a bundle (ONNX, card, check pictures), tried once more before it goes."""
    from trivium.vision import notebook

    found = notebook.deploy(run, out, settings.data)
    click.echo(json.dumps(found, ensure_ascii=False) if as_json else
               f"{found['out']}: {found['bytes'] / 1e6:.1f} MB, {len(found['classes'])} classes; its answers differ "
               f"from those in training by {found['parity']:.1e} at most.")
