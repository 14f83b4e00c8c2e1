"""Make the run folder of a training: the one place, for the command line, the pages and notebooks."""

from __future__ import annotations

from pathlib import Path

from trivium.core.runfolder import Content, create_run
from trivium.core.studio import resolve
from trivium.music import STUDIO
from trivium.music.config import TrainConfig
from trivium.music.dataset.sources import Say

# technique -> training_inputs(music, data folder, seed, say): what its run takes along, and what its owner should know
INPUTS = {"transformer": "trivium.music.transformer.data:training_inputs",
          "arcnn": "trivium.music.arcnn.data:training_inputs",
          "gan": "trivium.music.gan.data:training_inputs"}


def submit_training(data_dir: Path, name: str, config: TrainConfig, music: str | Path, seed: int,
                    folder: Path | None = None, device: str = "cpu", threads: int | None = None,
                    say: Say = lambda _text: None) -> tuple[Path, list[str]]:
    """A queued training in DATA/runs, or in ``folder``, and what its owner should know of the music."""
    found: tuple[dict[str, Content], list[str]] = resolve(INPUTS[config.technique])(music, data_dir, seed, say)
    inputs, warnings = found
    return create_run(STUDIO, "train", name, config, data=data_dir, out=folder, seed=seed, inputs=inputs,
                      device=device, threads=threads), warnings
