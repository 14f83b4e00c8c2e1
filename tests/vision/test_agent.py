"""A device in a process of its own: it joins a real studio, loses it for a while, and loses nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from tests.server.conftest import ServerProcess
from trivium.cli import main
from trivium.vision.devices import calls
from trivium.vision.devices.agent import status
from trivium.vision.devices.place import CARD

from .colours import bundle, film
from .test_devices import wait_for


class Studio(ServerProcess):
    """A real server that can be shot down and started again."""

    @property
    def token(self) -> str:
        return self.link.partition("token=")[2]

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        return httpx.request(method, f"{self.base}/api/v1/vision{path}", timeout=30.0,
                             headers={"Authorization": f"Bearer {self.token}"}, **more)

    def again(self) -> None:
        with self.start():
            pass


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    found = Studio(tmp_path / "data")
    found.again()
    yield found
    found.end(signal.SIGKILL)


def test_a_device_joins_loses_the_studio_and_loses_nothing(studio: Studio, tmp_path: Path) -> None:
    place, bundled = tmp_path / "device", bundle(tmp_path / "b.zip")
    shown = film(tmp_path / "film.mp4", (["red"] * 4 + ["blue"] * 4) * 150, fps=10)
    code = studio.ask("POST", "/devices/codes").json()
    log = (tmp_path / "agent.log").open("w")
    agent = subprocess.Popen([sys.executable, "-m", "trivium", "vision", "agent", *code["command"].split()[3:],
                              "--name", "kitchen", "--place", str(place)], stderr=log, stdout=log)
    try:
        wait_for(lambda: [row["online"] for row in studio.ask("GET", "/devices").json()] == [True])
        wait_for((place / CARD).is_file)  # the studio knows the device before the device has its answer
        assert (place / CARD).stat().st_mode & 0o077 == 0
        calls.deploy_to("kitchen", bundled, source=str(shown), config={"realtime": True, "consensus_frames": 3},
                        data=studio.data)
        (view,) = wait_for(lambda: [row for row in studio.ask("GET", "/devices").json()
                                    if row["projects"] and row["projects"][0]["state"] == "live"])
        assert view["projects"][0]["running"] == view["projects"][0]["version"]
        seen = wait_for(lambda: studio.ask("GET", "/devices/events?kind=seen").json())
        assert seen[0]["body"]["device"] == "kitchen" and seen[0]["body"]["project"] == "colours"
        studio.end(signal.SIGKILL)
        wait_for(lambda: status(place)["waiting"] >= 8)  # it goes on watching, and keeps what it sees
        studio.again()
        wait_for(lambda: status(place)["waiting"] <= 2, 90.0)
        agent.send_signal(signal.SIGTERM)
        assert agent.wait(60) == 0
    finally:
        agent.kill()
        agent.wait()
        log.close()
    wait_for(lambda: status(place)["waiting"] == 0)
    with calls.registry_in(studio.data) as registry, registry.db.read() as session:
        numbers = [row[0] for row in session.connection().exec_driver_sql("SELECT seq FROM device_events ORDER BY seq")]
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) > 12  # all of them, each once
    told = {(row["body"]["frame"]) for row in calls.events(kind="seen", limit=1000, data=studio.data)}
    lines = (place / "seen" / "colours" / "events.jsonl").read_text().splitlines()
    changes = {row["frame"] for row in map(json.loads, lines) if row["settled"] and row["settled"]["new"]}
    assert changes <= told
    assert "does not answer" in (tmp_path / "agent.log").read_text()


def test_a_device_without_a_right_credential_gets_nothing(studio: Studio, tmp_path: Path) -> None:
    for path, method in (("/device/desired", "GET"), (f"/device/bundles/{'0' * 64}", "GET"),
                         ("/device/messages", "POST")):
        body = {"json": {"epoch": "aa", "messages": []}} if method == "POST" else {}
        for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": f"Bearer {studio.token}"}):
            answer = httpx.request(method, f"{studio.base}/api/v1/vision{path}", headers=headers, **body)
            assert answer.status_code == 401 and answer.json()["code"] == "not_joined", (path, headers)
    assert httpx.get(f"{studio.base}/api/v1/vision/devices").status_code == 401
    place, code = tmp_path / "device", studio.ask("POST", "/devices/codes").json()["code"]
    arguments = ["vision", "agent", "join", studio.base, "--place", str(place), "--no-run", "--name", "mouse", "--code"]
    wrong = CliRunner().invoke(main, [*arguments, "AAAAAAAA"])
    assert wrong.exit_code == 1 and "wrong, used up or too old" in wrong.stderr and not place.exists()
    assert CliRunner().invoke(main, [*arguments, code]).exit_code == 0
    again = CliRunner().invoke(main, [*arguments, code])
    assert again.exit_code == 1 and "joined" in again.stderr
    (view,) = studio.ask("GET", "/devices").json()
    assert studio.ask("DELETE", f"/devices/{view['id']}").status_code == 204
    done = subprocess.run([sys.executable, "-m", "trivium", "vision", "agent", "run", "--place", str(place)],
                          capture_output=True, text=True, timeout=60, env={**os.environ})
    assert "does not know this device" in done.stderr and "Traceback" not in done.stderr


def test_what_is_typed_wrongly_is_one_line(tmp_path: Path) -> None:
    for arguments, words in ((["agent", "run", "--place", str(tmp_path)], "has not joined"),
                             (["agent", "join", "ftp://x", "--code", "A", "--place", str(tmp_path)], "no address"),
                             (["agent", "join", "http://127.0.0.1:9", "--code", "A", "--place", str(tmp_path)],
                              "does not answer"),
                             (["devices", "rollback", "nobody", "p"], "no device nobody")):
        done = CliRunner().invoke(main, ["--data", str(tmp_path / "d"), "vision", *arguments])
        assert done.exit_code == 1 and words in done.stderr and len(done.stderr.strip().splitlines()) == 1
