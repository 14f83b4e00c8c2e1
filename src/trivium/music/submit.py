"""Make the run folder of a training, whichever technique it is of."""

from __future__ import annotations

from pathlib import Path

from trivium.core.studio import resolve
from trivium.music.config import TrainConfig
from trivium.music.dataset_sources import Say

SUBMIT = {"transformer": "trivium.music.transformer_submit:submit_training",
          "arcnn": "trivium.music.arcnn_submit:submit_training"}  # technique -> its own


def submit_training(data_dir: Path, name: str, config: TrainConfig, music: str | Path, seed: int,
                    folder: Path | None = None, device: str = "cpu", threads: int | None = None,
                    say: Say = lambda _text: None) -> tuple[Path, list[str]]:
    """A queued training in DATA/runs, or in ``folder``, and what its owner should know of the music."""
    made: tuple[Path, list[str]] = resolve(SUBMIT[config.technique])(data_dir, name, config, music, seed, folder,
                                                                     device, threads, say)
    return made
