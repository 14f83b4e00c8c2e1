"""The task that watches run folders: how often it looks."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import FastAPI

from tests.server.conftest import TestClient
from trivium.core.status import Status, write_status
from trivium.server.tailer import Tailer


@pytest.mark.parametrize(("state", "age_s", "is_awaited"), [
    ("queued", None, False),
    ("starting", None, True),
    ("running", 0.0, True),
    ("running", 60.0, False),
    ("succeeded", 0.0, False),
])
def test_it_looks_more_often_while_a_run_has_just_begun(client: TestClient, app: FastAPI, data: Path,
                                                        toy_run: Callable[..., str], state: str, age_s: float | None,
                                                        is_awaited: bool) -> None:
    app.state.index.max_active = 0
    now = time.time()
    write_status(data / "runs" / toy_run(), Status(state=state, pid=os.getpid(), updated_at=now,
                                                   started_at=None if age_s is None else now - age_s))
    tailer = Tailer(app.state.index, app.state.hub)
    tailer.look()
    assert tailer.is_awaited is is_awaited
