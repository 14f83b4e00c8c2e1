"""A step of composing in the real server, by the process that it keeps ready: the same notes, and no process left."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil
import pytest

from tests.server.conftest import ServerProcess, spare_of, wait_for
from trivium import music
from trivium.core.status import read_status
from trivium.music.notes import Composition

MUSIC = "/api/v1/music"
CONTROLS = {"extension_s": 2.0}


@pytest.mark.skipif(sys.platform != "linux", reason="spare runners are kept on Linux only")
def test_a_step_takes_the_spare_and_has_the_same_notes(server: ServerProcess, data: Path) -> None:
    with server.start() as client:
        headers = {"Origin": server.base}
        assert spare_of(server) is None  # whoever does other things pays nothing for it
        piece = client.post(f"{MUSIC}/compositions", json={"tune": "twinkle"}, headers=headers).json()
        assert spare_of(server) is None
        client.get(f"{MUSIC}/techniques")
        spare = spare_of(server)
        assert spare is not None
        body = {"composition": piece["id"], "technique": "transformer", "controls": CONTROLS, "seed": 7}
        run = client.post(f"{MUSIC}/composings", json=body, headers=headers).json()["id"]
        folder = data / "runs" / run
        wait_for(lambda: client.get(f"/api/v1/runs/{run}").json()["state"] == "succeeded", "the step", 240)
        assert read_status(folder).pid == spare
        after = wait_for(lambda: spare_of(server), "another spare")
    server.end()
    wait_for(lambda: not psutil.pid_exists(after), "its end")
    # only now in this process too: torch three times at once takes 1.5 GB
    here, _ = music.compose(Composition.model_validate(piece["composition"]), "transformer", CONTROLS, seed=7)
    made = Composition.model_validate_json((folder / "out" / "composition.json").read_text())
    assert made.parts == here.parts and made.note_count > piece["notes"]
