"""Training sets and trainings as plain functions, for notebooks and scripts: what the pages do, by the same code.

    import trivium.music as music
    music.prepare("my_midi_folder", name="mine")
    result = music.train("mine", technique="arcnn", max_minutes=5)
    music.sample(result["run"])["pieces"][0]
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trivium.core.assignment import merge
from trivium.core.follow import follow
from trivium.core.jobs import find_run, status
from trivium.core.studio import parse_config
from trivium.errors import NotFound
from trivium.music import STUDIO, samples
from trivium.music.config import schema
from trivium.music.dataset import sets as dataset
from trivium.music.dataset import views as dataset_views
from trivium.music.dataset.sources import prepare_from
from trivium.music.notes import Composition
from trivium.music.submit import submit_training
from trivium.settings import data_folder

METRICS = ("epoch", "nats_per_note/valid", "xor_cross_entropy/valid", "losses/train")  # worth a look on the way


def prepare(folder: str | Path | None = None, *, name: str, chorales: int | None = None, melodies: int | None = None,
            corpus: str | None = None, seed: int = 1, licence: str | None = None,
            data: Path | str | None = None) -> dataset_views.SetReport:
    """Make and keep a training set of a folder or file of music, of a collection of the music21 corpus ("bach",
    "quartets", "madrigals", "folk"), or of our own generators; what was found."""
    place = data_folder(data)
    if folder is not None and not Path(folder).exists():
        raise NotFound(f"{folder} does not exist.", "Check the path.")
    made = prepare_from(folder=None if folder is None else Path(folder), chorales=chorales, melodies=melodies,
                        corpus=corpus, seed=seed, licence=licence)
    dataset.keep(made, name, place)
    return dataset_views.report(name, place)


def training_sets(data: Path | str | None = None) -> list[dataset_views.SetSummary]:
    """The kept training sets, by name."""
    return [dataset_views.summary(card) for _, card in dataset.kept_cards(data_folder(data))]


def set_report(name: str, data: Path | str | None = None) -> dataset_views.SetReport:
    """What was found while a set was made."""
    return dataset_views.report(name, data_folder(data))


def set_piece(name: str, index: int, data: Path | str | None = None) -> Composition:
    """One piece of a set."""
    return dataset_views.piece(name, index, data_folder(data)).composition


def delete_set(name: str, data: Path | str | None = None) -> None:
    """Forget a set; trainings keep their own copy."""
    dataset.delete_set(name, data_folder(data))


def settings() -> dict[str, Any]:
    """{"train": ...}: the JSON Schema with each setting's default, range and what more and less of it does."""
    return {"train": schema()}


def train(music: str | Path, technique: str = "transformer", *, config: Mapping[str, Any] | None = None, seed: int = 1,
          name: str | None = None, out: Path | str | None = None, device: str = "cpu", threads: int | None = None,
          data: Path | str | None = None, **settings: Any) -> dict[str, Any]:
    """Train a model and wait for it: {"run", "status", "wall_s", "steps", "best", ...}.

    `music` is a kept set's name, a folder or a file; `settings` are fields such as max_minutes=2 or
    transformer={"epochs": 5}, and win over `config`.
    """
    parsed: Any = parse_config(STUDIO.configs["train"], merge(config or {}, {"technique": technique, **settings}))
    place = None if out is None else Path(out)
    called = name or (place.name if place else f"{technique} {Path(music).stem} {seed}")
    folder, _ = submit_training(data_folder(data), called, parsed, music, seed, place, device, threads)
    follow(folder, keys=METRICS)
    now = status(folder)
    return {"run": str(folder), "status": now.state, "wall_s": now.wall_s, "steps": now.step, "best": now.best,
            "reason": now.reason, "message": now.message}


def sample(run: str | Path, step: int | None = None, data: Path | str | None = None) -> dict[str, Any]:
    """What a training composed at an update, the last if none is named: {"step", "pieces", "measures", "steps"}.

    `measures` has a row for each: its distance from held-out pieces with an interval, beside the floor of real music.
    """
    folder = find_run(data_folder(data), str(run))
    steps = samples.steps_of(folder)
    if not steps:
        raise NotFound("This training has composed nothing yet.", "Let it train until its first evaluation is done.")
    chosen = steps[-1] if step is None else step
    pieces = [Composition.model_validate(piece) for piece in samples.sample_of(folder, chosen)["pieces"]]
    return {"step": chosen, "pieces": pieces, "measures": samples.compared(folder, chosen), "steps": steps}
