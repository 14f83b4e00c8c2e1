"""Make the run folders of trainings and evaluations: the one place, for the pages, the command line and
notebooks.

What a run needs lies in its ``inputs/``, copied when the run is made, so that a track deleted or a function
edited afterwards changes nothing: ``reward.py``, ``track.npy`` (the rows), ``track.json`` (id, title,
is_loop), and for an evaluation ``model.safetensors`` and ``model.json`` from the training's checkpoint. The
runs are made, not started.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trivium.core import checkpoint, files
from trivium.core.runfolder import (
    Content,
    create_run,
    display_name,
    list_runs,
    refuse_taken,
    run_folder,
    unique_name,
)
from trivium.core.spec import Spec, read_spec
from trivium.errors import BadConfig, NotFound
from trivium.racing import STUDIO
from trivium.racing.config import EvaluateConfig, TrainConfig
from trivium.racing.data import gallery_ids, resolve, rows_npy
from trivium.racing.reward_source import read_text

if TYPE_CHECKING:
    from trivium.racing.track import Track


def new_name(data_dir: Path, kind: str, name: str | None, usual: str, folder: Path | None = None) -> str:
    """The name of a run made outside the pages. Left out: like its own folder, else ``usual``, numbered where
    taken. Given: refused where another run in the data folder has it.
    """
    if folder is not None:
        return name or folder.name
    taken = [info.name for info in list_runs(data_dir) if (info.spec.studio, info.spec.kind) == (STUDIO.id, kind)]
    if name is None:
        return unique_name(taken, usual)
    refuse_taken(taken, name)
    return name


def submit_training(
    data_dir: Path, name: str, config: TrainConfig, reward_code: str | bytes, seed: int, folder: Path | None = None
) -> Path:
    """A queued training in DATA/runs, or in ``folder``. ``config.track`` is an id, or a path from the
    command line.
    """
    code = read_text(reward_code)  # what is no text is refused now; whether it is Python, the run finds out
    track = resolve(config.track, data_dir)
    config = config.model_copy(update={"track": track.id})
    return create_run(
        STUDIO,
        "train",
        name,
        config,
        data=data_dir,
        out=folder,
        seed=seed,
        inputs={"reward.py": code, **track_inputs(track)},
    )


def submit_evaluation(
    data_dir: Path,
    run_folder_path: Path,
    config: EvaluateConfig,
    seed: int,
    name: str | None = None,
    folder: Path | None = None,
) -> Path:
    """A queued evaluation of a training's best or last checkpoint."""
    training = run_folder(run_folder_path)
    spec = read_spec(training)
    if spec.kind != "train" or spec.studio != STUDIO.id:
        raise BadConfig(
            "This run is not a racing training, so there is no model to drive.", "Choose a training."
        )
    track = resolve(config.track, data_dir)
    config = config.model_copy(update={"track": track.id})
    inputs: dict[str, Content] = {**track_inputs(track), **model_inputs(training, spec, config.checkpoint)}
    return create_run(
        STUDIO,
        "evaluate",
        name or new_name(data_dir, "evaluate", None, f"{display_name(training, spec.name)} on {track.title}", folder),
        config,
        data=data_dir,
        out=folder,
        seed=seed,
        inputs=inputs,
        parent=spec.id,
    )


def trained_track(data_dir: Path, run_folder_path: Path) -> str:
    """What a training's own track is found by: its id in the gallery, else the copy that the run took along."""
    training = run_folder(run_folder_path)
    track_id = str(read_spec(training).config.get("track", ""))
    own = training / files.INPUTS / "track.npy"
    return track_id if track_id in gallery_ids() or not own.is_file() else str(own)


def track_inputs(track: Track) -> dict[str, Content]:
    """The track as a run takes it along."""
    card = {"id": track.id, "title": track.title, "is_loop": track.is_loop}
    return {"track.npy": rows_npy(track), "track.json": json.dumps(card, ensure_ascii=False)}


def model_inputs(training: Path, spec: Spec, pointer: str) -> dict[str, Content]:
    """Weights and description of the training's checkpoint."""
    folder = training / files.CHECKPOINTS
    found = checkpoint.load_best(folder) if pointer == "best" else checkpoint.load_last(folder)
    if found is None:
        raise NotFound(
            f"'{display_name(training, spec.name)}' has no saved model yet.",
            "Let it train until its first evaluation is done, then try again.",
        )
    card: dict[str, Any] = {
        "run": spec.id,
        "name": display_name(training, spec.name),
        "checkpoint": pointer,
        "step": found.step,
        "config": spec.config,
        "seed": spec.seed,
        "reward_sha256": spec.inputs.get("reward.py"),
    }
    return {
        "model.safetensors": found.folder / checkpoint.WEIGHTS,
        "model.json": json.dumps(card, ensure_ascii=False),
    }
