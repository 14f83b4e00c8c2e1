"""The device that is this very machine: no code, an agent beside the studio that lives, dies and comes back with it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from click.testing import CliRunner
from sqlalchemy.exc import IntegrityError

from trivium.cli import main
from trivium.core import files
from trivium.errors import NameTaken
from trivium.vision.devices import agent, calls, here
from trivium.vision.devices.place import CARD, OUTBOX

from .colours import bundle
from .test_agent import Studio
from .test_devices import wait_for


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    found = Studio(tmp_path / "data")
    found.again()
    yield found
    found.end(signal.SIGKILL)
    wait_for(lambda: not agents(found.data))


def agents(data: Path) -> list[psutil.Process]:
    """The processes of the agent of that data folder."""
    found = []
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
            if "trivium.vision.devices.program" in words and str(here.folder(data)) in words:
                found.append(process)
        except psutil.Error:
            continue
    return [each for each in found if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]


def only(studio: Studio) -> dict[str, Any]:
    rows = [row for row in studio.ask("GET", "/devices").json() if row["here"]]
    assert len(rows) == 1
    return dict(rows[0])


def test_this_machine_is_a_device_as_long_as_the_studio_works_and_it_is_wanted(studio: Studio, tmp_path: Path) -> None:
    place, bundled = here.folder(studio.data), bundle(tmp_path / "b.zip")
    made = studio.ask("POST", "/devices/here")
    assert made.status_code == 201 and made.json()["here"] and not made.json()["online"]
    twice = studio.ask("POST", "/devices/here")
    assert twice.status_code == 409 and "a device already" in twice.text
    calls.deploy_to(made.json()["id"], bundled, source="demo", data=studio.data)
    wait_for(lambda: [each["state"] for each in only(studio)["projects"]] == ["live"])
    assert only(studio)["trouble"] == ""
    assert (place / CARD).stat().st_mode & 0o077 == 0
    first, credential = agents(studio.data)[0].pid, files.read_json(place / CARD)["credential"]

    os.kill(first, signal.SIGKILL)  # it dies: another one comes, and says why
    wait_for(lambda: [each.pid for each in agents(studio.data)] not in ([], [first]))
    wait_for(lambda: agent.works(place))

    studio.end(signal.SIGKILL)  # the studio is shot down: the agent does not outlive it
    wait_for(lambda: not agents(studio.data), 20.0)
    studio.again()  # on whatever port: the agent is there again, as the same device
    wait_for(lambda: only(studio)["online"] and only(studio)["projects"][0]["state"] == "live" and agents(studio.data))
    assert files.read_json(place / CARD)["credential"] == credential

    studio.end(signal.SIGTERM)  # in order
    wait_for(lambda: not agents(studio.data), 20.0)
    studio.again()
    wait_for(lambda: agents(studio.data))
    assert studio.ask("DELETE", f"/devices/{made.json()['id']}").status_code == 204
    wait_for(lambda: not agents(studio.data) and not (place / CARD).exists())
    assert not list(place.glob("projects/*/versions/*.zip")) and not (place / OUTBOX).exists()
    assert (place / "seen" / "colours").is_dir()  # what it saw stays


def test_by_command_and_after_a_card_that_is_damaged(tmp_path: Path) -> None:
    data, place = tmp_path / "d", here.folder(tmp_path / "d")
    done = CliRunner().invoke(main, ["--data", str(data), "vision", "devices", "here"])
    assert done.exit_code == 0 and "while the studio runs" in done.stdout
    listed = CliRunner().invoke(main, ["--data", str(data), "vision", "devices", "list"])
    assert "offline, this machine" in listed.stdout
    again = CliRunner().invoke(main, ["--data", str(data), "vision", "devices", "here"])
    assert again.exit_code == 1 and "a device already" in again.stderr
    with calls.registry_in(data) as registry:
        device = here.wanted(registry)
        assert device is not None
        here.write_card(registry, device, place, "http://127.0.0.1:1")
        first = files.read_json(place / CARD)
        assert registry.known(first["credential"]) == device
        here.write_card(registry, device, place, "http://127.0.0.1:2")
        assert files.read_json(place / CARD) == first | {"url": "http://127.0.0.1:2"}
        (place / CARD).write_text("{")
        here.write_card(registry, device, place, "http://127.0.0.1:2")
        second = files.read_json(place / CARD)
        assert second["credential"] != first["credential"] and registry.known(second["credential"]) == device
        with pytest.raises(NameTaken):
            here.use(registry)
        with pytest.raises(IntegrityError), registry.db.write() as session:  # nor by two who ask at the same moment
            registry.add(session, "another", "another", "x", here=True)
        registry.revoke(device)
        assert here.wanted(registry) is None and here.use(registry).id != device
