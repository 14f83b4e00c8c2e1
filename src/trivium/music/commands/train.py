"""`trivium music train`: train a model on music of one's own, or on the benchmark."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from trivium.core.assignment import assigned, merge
from trivium.settings import Settings

METRICS = ("epoch", "nats_per_note/valid", "xor_cross_entropy/valid", "edit_precision/10", "style_distance/valid",
           "style_distance/floor", "wasserstein/train", "losses/train", "charts/notes_per_s")  # worth a look on the way


@click.command()
@click.option("--technique", type=click.Choice(["transformer", "arcnn", "gan"]), default="transformer",
              show_default=True, help="Which family of models learns.")
@click.option("--data", "music", required=True, metavar="SET",
              help="The music: a kept training set, a folder of files, or a file.")
@click.option("--config", "config_file", type=click.Path(dir_okay=False, path_type=Path), help="TOML or JSON.")
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE",
              help="Set any field, such as --set transformer.epochs=100.")
@click.option("--max-minutes", type=float, help="Stop after this many minutes.")
@click.option("--seed", default=1, type=click.IntRange(0, 2**31 - 1), show_default=True,
              help="Same seed, same training.")
@click.option("--threads", type=click.IntRange(1, 256), help="Cores to use; default: all, at most 4.")
@click.option("--device", type=click.Choice(["cpu", "cuda", "mps", "auto"]), default="cpu", show_default=True,
              help="What computes.")
@click.option("--name", help="What to call the training.")
@click.option("--out", type=click.Path(path_type=Path), help="The run folder; default: one in the data folder.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_context
def train(ctx: click.Context, technique: str, music: str, config_file: Path | None, sets: tuple[str, ...],
          max_minutes: float | None, seed: int, threads: int | None, device: str, name: str | None, out: Path | None,
          as_json: bool) -> None:
    """Train a model on music."""
    from trivium.core.config_file import read_config
    from trivium.core.follow import follow
    from trivium.core.jobs import status
    from trivium.core.studio import parse_config
    from trivium.music import STUDIO
    from trivium.music.submit import submit_training

    settings: Settings = ctx.obj
    values = merge(read_config(config_file), {"technique": technique})
    if max_minutes is not None:
        values["max_minutes"] = max_minutes
    config: Any = parse_config(STUDIO.configs["train"], assigned(sets, over=values))
    called = name or (out.name if out is not None else f"{technique} {Path(music).stem} {seed}")
    folder, warnings = submit_training(settings.data, called, config, music, seed, out, device, threads,
                                       say=lambda text: click.echo(text, err=True))
    for warning in warnings:
        click.echo(f"Mind: {warning}", err=True)
    code = follow(folder, json_mode=as_json, keys=METRICS)
    now = status(folder)
    if as_json:
        click.echo(json.dumps({"run": str(folder), "status": now.state, "wall_s": now.wall_s, "steps": now.step,
                               "best": now.best, "reason": now.reason, "message": now.message}))
    elif now.best is not None:
        click.echo(f"{folder}: {now.state}; {now.best['metric']} {now.best['value']:.4f} at update {now.best['step']}")
    ctx.exit(code)
