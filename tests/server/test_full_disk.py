"""No room left: the studio goes on answering, says so in plain words, and leaves nothing half made behind."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.server.conftest import TestClient
from trivium.racing.tracks.loading import load_track

RACING = "/api/v1/racing"
CODE = "def reward_function(params):\n    return 1.0\n"
BINARY = {"Content-Type": "application/octet-stream"}


@pytest.fixture
def data(small_disk: Path) -> Iterator[Path]:
    return small_disk


def fill(disk: Path) -> Path:
    """Take the last byte."""
    ballast = disk / "ballast"
    fd = os.open(ballast, os.O_WRONLY | os.O_CREAT)
    try:
        while True:
            os.write(fd, bytes(4096))
    except OSError:
        os.close(fd)
    return ballast


def test_a_full_disk_is_said_and_leaves_nothing_half_made(client: TestClient, data: Path) -> None:
    buffer = io.BytesIO()
    np.save(buffer, load_track("oval").rows * 1.2)
    ballast = fill(data)
    answers = [
        client.post(f"{RACING}/trainings", json={"name": "full", "reward_code": CODE * 400}),
        client.put(f"{RACING}/rewards/mine", json={"code": CODE * 2000}),
        client.post(f"{RACING}/tracks?name=mine", content=buffer.getvalue(), headers=BINARY),
    ]
    for answer in answers:
        assert answer.status_code == 507, answer.text
        assert answer.json()["code"] == "disk_full" and answer.json()["title"] == "There is no room left."
    assert list((data / "runs").iterdir()) == []
    assert client.get("/api/v1/runs").json()["items"] == []
    ballast.unlink()
    assert client.put(f"{RACING}/rewards/mine", json={"code": CODE}).status_code == 200
    assert client.post(f"{RACING}/tracks?name=mine", content=buffer.getvalue(), headers=BINARY).status_code == 201
