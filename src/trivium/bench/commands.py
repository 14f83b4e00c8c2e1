"""`trivium bench racing|music|vision`: the figures that the README quotes, measured on this machine.

Each benchmark of a list is run by itself, since two at once would measure each other. Peers that are not installed are
left out with a plain line; `pip install "trivium[bench]"` brings them.
"""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from trivium.bench.result import Result
from trivium.core.spec import WAITING

os.environ |= WAITING  # as in every run of the studio; read when the first library with threads is loaded

RACING = {
    "simulation": "trivium.bench.simulation:bench",
    "training": "trivium.bench.training:bench",
    "learning": "trivium.bench.learning:bench",
    "sharing": "trivium.bench.sharing:bench",
    "watching": "trivium.bench.watching:bench",
    "house": "trivium.bench.house:bench",
}
MUSIC = {
    "transformer": "trivium.bench.music:bench",
    "waiting": "trivium.bench.waiting:bench",
    "page": "trivium.bench.music_page:bench",
}
VISION = {
    "learning": "trivium.bench.vision_learning:bench",
    "detection": "trivium.bench.vision_detection:bench",
    "segmentation": "trivium.bench.vision_segmentation:bench",
    "activity": "trivium.bench.vision_activity:bench",
    "watching": "trivium.bench.vision:bench",
    "rollback": "trivium.bench.vision_rollback:bench",
}


@click.group()
def bench() -> None:
    """Measure how fast Trivium is on this machine."""


@bench.command()
@click.argument("names", nargs=-1, type=click.Choice(list(RACING)))
@click.option("--json", "as_json", is_flag=True, help="A JSON list on standard output.")
@click.option("--quick", is_flag=True, help="Fewer repetitions: shows that it works, not how fast it is.")
@click.option("--track", type=click.Path(path_type=Path), help="A track for the learning benchmark.")
def racing(names: tuple[str, ...], as_json: bool, quick: bool, track: Path | None) -> None:
    """Simulation, training, learning, sharing the cores, the live view, and the house."""
    measure(RACING, names, as_json, quick=quick, track=learning_track(track))


@bench.command()
@click.argument("names", nargs=-1, type=click.Choice(list(MUSIC)))
@click.option("--json", "as_json", is_flag=True, help="A JSON list on standard output.")
@click.option("--quick", is_flag=True, help="Fewer repetitions: shows that it works, not how fast it is.")
def music(names: tuple[str, ...], as_json: bool, quick: bool) -> None:
    """Writing music and learning it, how long one waits for the first notes, and the piano roll in a browser."""
    measure(MUSIC, names, as_json, quick=quick)


@bench.command()
@click.argument("names", nargs=-1, type=click.Choice(list(VISION)))
@click.option("--json", "as_json", is_flag=True, help="A JSON list on standard output.")
@click.option("--quick", is_flag=True, help="Fewer repetitions: shows that it works, not how fast it is.")
def vision(names: tuple[str, ...], as_json: bool, quick: bool) -> None:
    """Teaching models for the four tasks, one at work, and going back on a device."""
    measure(VISION, names, as_json, quick=quick)


def measure(benches: Mapping[str, str], names: tuple[str, ...], as_json: bool, **settings: Any) -> None:
    """Run the named ones, or all, and print what they found."""
    results: list[Result] = []
    for name in names or tuple(benches):
        click.echo(f"measuring {name} ...", err=True)
        module, _, function = benches[name].partition(":")
        for result in getattr(importlib.import_module(module), function)(**settings):
            results.append(result)
            if not as_json:
                click.echo(result.line())
    if as_json:
        click.echo(json.dumps([result.to_dict() for result in results]))


def learning_track(chosen: Path | None) -> str:
    """The chosen track; else re:Invent 2018 where the benchmark data lie beside the project; else one of our own."""
    if chosen is not None:
        return str(chosen)
    public = Path("../shared/data/racing/tracks/reinvent_base.npy")
    return str(public.resolve()) if public.is_file() else "kidney"
