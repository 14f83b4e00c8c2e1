"""Make the run folder of an AR-CNN's training: the one place, for the command line, the pages and notebooks."""

from __future__ import annotations

from pathlib import Path

from trivium.core.runfolder import create_run
from trivium.music import STUDIO
from trivium.music.arcnn_data import training_inputs
from trivium.music.config import TrainConfig
from trivium.music.dataset_sources import Say, training_set


def submit_training(data_dir: Path, name: str, config: TrainConfig, music: str | Path, seed: int,
                    folder: Path | None = None, device: str = "cpu", threads: int | None = None,
                    say: Say = lambda _text: None) -> tuple[Path, list[str]]:
    """A queued training in DATA/runs, or in ``folder``, and what its owner should know of the music."""
    found = training_set(music, data_dir, seed, say)
    return create_run(STUDIO, "train", name, config, data=data_dir, out=folder, seed=seed,
                      inputs=training_inputs(found), device=device, threads=threads), found.warnings
