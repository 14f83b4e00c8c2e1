"""Devices that wait for what they are to run: woken at once from here, soon from elsewhere, and never for nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.server.conftest import BASE
from trivium.server.app import create_app
from trivium.settings import Settings
from trivium.vision import STUDIO
from trivium.vision.api.devices import registry_of
from trivium.vision.devices import bell as bells
from trivium.vision.devices import calls
from trivium.vision.devices.bell import Bell
from trivium.vision.devices.setup import Setup
from trivium.vision.devices.views import Joined

from .colours import bundle

LONG_S = 55.0  # whoever waits so long was not woken


class Marks:
    """What each device is to run, and how often somebody asked."""

    def __init__(self, **now: str) -> None:
        self.now, self.asked = now, list[list[str]]()

    def __call__(self, devices: Collection[str]) -> dict[str, str]:
        self.asked.append(sorted(devices))
        return {device: self.now[device] for device in devices if device in self.now}


async def test_a_hundred_who_wait_cost_one_question_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bells, "LOOK_S", 0.02)
    names = [f"d{k}" for k in range(100)]
    marks = Marks(**dict.fromkeys(names, "a"))
    bell = Bell(marks)
    waiting = [asyncio.create_task(bell.wait(name, "a", LONG_S)) for name in names]
    while len(marks.asked) < 100 + 5:
        await asyncio.sleep(0.01)
    assert all(len(each) == 1 for each in marks.asked[:100]) and all(each == sorted(names)
                                                                     for each in marks.asked[100:])
    marks.now["d7"] = "b"  # as another process would change it
    await asyncio.wait_for(waiting[7], 10.0)
    assert sum(each.done() for each in waiting) == 1
    bell.ring("d8")
    await asyncio.wait_for(waiting[8], 10.0)
    bell.close()
    await asyncio.wait_for(asyncio.gather(*waiting), 10.0)
    assert bell.waiters == {}
    await asyncio.wait_for(bell.looking or asyncio.sleep(0), 10.0)  # nobody looks where nobody waits


async def test_who_has_something_else_does_not_wait_and_of_two_questions_the_newer_one_does() -> None:
    bell = Bell(Marks(kitchen="a"))
    await asyncio.wait_for(bell.wait("kitchen", "old", LONG_S), 10.0)
    await asyncio.wait_for(bell.wait("removed", "a", LONG_S), 10.0)
    first, second = (asyncio.create_task(bell.wait("kitchen", "a", LONG_S)) for _ in range(2))
    await asyncio.wait_for(first, 10.0)
    assert not second.done() and list(bell.waiters) == ["kitchen"]
    bell.close()
    await asyncio.wait_for(second, 10.0)


class Studio:
    """The real routes, asked by a device."""

    def __init__(self, app: Any, client: httpx.AsyncClient) -> None:
        self.app, self.client, self.registry = app, client, registry_of(app)

    def join(self) -> Joined:
        return self.registry.join(self.registry.new_code(BASE).code, "kitchen")

    async def desired(self, device: Joined, known: str = "", wait_s: float = 0.0) -> httpx.Response:
        return await self.client.get("/api/v1/vision/device/desired", params={"known": known, "wait_s": wait_s},
                                     headers={"Authorization": f"Bearer {device.credential}"})

    async def woken_by(self, device: Joined, change: Any, *arguments: Any) -> httpx.Response:
        """The answer to a question that waited for this change."""
        known = (await self.desired(device)).json()["mark"]
        asking = asyncio.create_task(self.desired(device, known, LONG_S))
        while device.id not in getattr(self.app.state, "vision_bell", Bell(Marks())).waiters:
            await asyncio.sleep(0.01)
        await asyncio.to_thread(change, *arguments)
        return await asyncio.wait_for(asking, LONG_S / 2)


@pytest.fixture
async def studio(tmp_path: Path) -> Any:
    app = create_app(Settings(data=tmp_path / "data"), (STUDIO,))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as client:
        yield Studio(app, client)
        app.state.hub.close()
        app.state.db.close()


async def test_whatever_changes_for_a_device_answers_its_question(studio: Studio, tmp_path: Path,
                                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    device, registry = studio.join(), studio.registry
    one, two = bundle(tmp_path / "1.zip"), bundle(tmp_path / "2.zip", note="two")
    monkeypatch.setattr(bells, "LOOK_S", LONG_S)  # so that the bell alone can wake
    for change, *arguments in ((registry.deploy, device.id, one), (registry.deploy, device.id, two),
                               (registry.roll_back, device.id, "colours"),
                               (registry.set_up, device.id, "colours", Setup(source="demo:2"))):
        answer = await studio.woken_by(device, change, *arguments)
        assert answer.status_code == 200
        assert [each["version"] for each in answer.json()["projects"]] == [
            each.version for each in registry.desired(device.id).projects]
    assert (await studio.woken_by(device, registry.remove, device.id, "colours")).json()["projects"] == []
    gone = await studio.woken_by(device, registry.revoke, device.id)
    assert gone.status_code == 401 and gone.json()["code"] == "not_joined"  # and not: run nothing from now on


async def test_what_another_process_changes_answers_too_and_without_news_the_time_is_kept(
        studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bells, "LOOK_S", 0.1)
    device = studio.join()
    answer = await studio.woken_by(device, lambda: calls.deploy_to(
        "kitchen", bundle(tmp_path / "1.zip"), data=tmp_path / "data"))
    (project,) = answer.json()["projects"]
    assert project["project"] == "colours"
    begin = time.monotonic()
    same = await studio.desired(device, answer.json()["mark"], 0.5)
    assert same.json() == answer.json() and time.monotonic() - begin >= 0.5
    assert (await studio.desired(device, answer.json()["mark"], 61.0)).status_code == 422
