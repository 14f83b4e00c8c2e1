"""Real trainings and evaluations of the racing studio through its worker; one tiny training is shared by all tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from trivium.core import files, jobs
from trivium.core.runfolder import create_run
from trivium.racing import STUDIO
from trivium.racing.config import TrainConfig
from trivium.racing.submit import submit_training, track_inputs
from trivium.racing.tracks.loading import load_track

CENTRE = """
def reward_function(params):
    return max(1e-3, 1.0 - 2.0 * params["distance_from_center"] / params["track_width"])
"""
TINY: dict[str, Any] = {"num_episodes_between_training": 4, "max_steps_per_iteration": 100, "eval_trials": 2,
                        "batch_size": 32, "num_epochs": 1, "max_iterations": 2, "max_minutes": None,
                        "car": {"steering_count": 3, "speed_count": 1, "speed_max_mps": 1.0}}
MakeTraining = Callable[..., Path]


@pytest.fixture
def make_training(tmp_path: Path) -> Iterator[MakeTraining]:
    """make_training(reward, **config) -> the folder of a queued tiny training; what still runs at the end is killed."""
    made: list[Path] = []

    def make(reward: str = CENTRE, seed: int = 1, name: str = "tiny", out: Path | None = None, **more: Any) -> Path:
        config = TrainConfig.model_validate({**TINY, **more})
        made.append(submit_training(tmp_path / "data", name, config, reward, seed, folder=out))
        return made[-1]

    yield make
    for folder in made:
        if folder.exists():
            jobs.kill(folder)


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished training of two tiny iterations on the oval, for all who need a model; never changed."""
    config = TrainConfig.model_validate(TINY)
    folder = create_run(STUDIO, "train", "shared", config, out=tmp_path_factory.mktemp("trained") / "run", seed=1,
                        inputs={"reward.py": CENTRE, **track_inputs(load_track("oval"))})
    jobs.start(folder)
    status = jobs.wait(folder, 240.0)
    assert status.state == "succeeded", (status, (folder / files.LOG).read_text())
    return folder


def run_to_end(folder: Path, timeout_s: float = 240.0) -> Any:
    """Start a queued run and give its last status."""
    jobs.start(folder)
    return jobs.wait(folder, timeout_s)


def events(folder: Path, kind: str) -> list[dict[str, Any]]:
    """Those of a kind that are written whole; a run that goes on may be in the middle of the next line."""
    rows = [json.loads(row) for row in (folder / files.EVENTS).read_bytes().split(b"\n")[:-1]]
    return [row for row in rows if row["kind"] == kind]
