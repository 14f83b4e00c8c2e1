"""A data folder with a small imported project, and the pretrained backbone where set-up has brought it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from trivium.core import jobs
from trivium.vision.backbone import efficientnet
from trivium.vision.collect import importing

from .drawings import write_photos


@pytest.fixture(scope="session", autouse=True)
def no_process_left() -> Iterator[None]:
    """Trainings that were waited for have ended; their processes are collected before the interpreter goes."""
    yield
    time.sleep(0.2)
    jobs.reap()


@pytest.fixture(scope="session")
def pretrained() -> None:
    """Skips where the backbone is not there; `make setup` brings it."""
    if not efficientnet.WEIGHTS.is_file():
        pytest.skip("the pretrained backbone is not here; bring it with: python tools/weights.py")


@pytest.fixture(scope="session")
def shapes(pretrained: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the project `shapes`: 12 boxes and 12 discs."""
    data = tmp_path_factory.mktemp("shapes")
    photos = write_photos(tmp_path_factory.mktemp("photos"), 12)
    importing.import_photos(data, photos, "shapes")
    return data
