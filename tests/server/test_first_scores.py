"""A head's training in the real server, by the process that it keeps ready: the same head, and most waiting saved."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.server.conftest import ServerProcess, spare_of, wait_for
from tests.vision.drawings import write_photos
from trivium import vision
from trivium.core.status import read_status

VISION = "/api/v1/vision"


@pytest.mark.skipif(sys.platform != "linux", reason="spare runners are kept on Linux only")
def test_a_training_takes_the_spare_and_makes_the_same_head(server: ServerProcess, data: Path, tmp_path: Path) -> None:
    vision.import_photos(write_photos(tmp_path / "photos", 6), name="shapes", data=data)
    with server.start() as client:
        assert spare_of(server) is None
        assert client.get(f"{VISION}/projects/shapes/trainings").json() == []
        spare = wait_for(lambda: spare_of(server), "the spare")
        body = {"project": "shapes", "config": {}, "seed": 3}
        run = client.post(f"{VISION}/trainings", json=body, headers={"Origin": server.base}).json()["id"]
        wait_for(lambda: client.get(f"/api/v1/runs/{run}").json()["state"] == "succeeded", "the training", 120)
    server.end()
    assert read_status(data / "runs" / run).pid == spare
    cold = vision.train("shapes", seed=3, data=data)["run"]
    weights = [Path(folder, "model", "weights.safetensors").read_bytes() for folder in (data / "runs" / run, cold)]
    assert weights[0] == weights[1]


def test_what_it_loads_leaves_one_thread() -> None:
    """With more, Landlock would not bind them all, and the spare would have to start over."""
    environment = {**os.environ, **{f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}}
    code = ("from trivium.core.process import thread_count\nfrom trivium.vision.warm import load\n"
            "print([thread_count() for _ in load()])")
    said = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[1, 1]"
