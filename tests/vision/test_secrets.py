"""Passwords in the addresses of cameras and brokers: hidden wherever they are shown, kept where they come back."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.server.conftest import BASE, TestClient
from trivium.cli import main
from trivium.errors import BadConfig
from trivium.server.app import create_app
from trivium.settings import Settings
from trivium.vision import STUDIO
from trivium.vision.api.devices import registry_of
from trivium.vision.devices import calls
from trivium.vision.devices.setup import Setup, parse_setup
from trivium.vision.devices.shelf import Shelf
from trivium.vision.events.addresses import masked, restored

from .colours import bundle

CAMERA = "rtsp://me:pa%40ss@10.0.0.7:554/live?channel=1&password=word2&user=x#a"
BROKER = "mqtts://box:word3@broker.example:8883"
SECRETS = ("pa%40ss", "word2", "word3")


@pytest.mark.parametrize(("address", "shown"), [
    (CAMERA, "rtsp://me:***@10.0.0.7:554/live?channel=1&password=***&user=x#a"),
    (BROKER, "mqtts://box:***@broker.example:8883"), ("rtsp://u:a@b:c@host/x", "rtsp://u:***@host/x"),
    ("http://[::1]:80/v?to%6ben=abc&size=2", "http://[::1]:80/v?to%6ben=***&size=2"),
    ("rtsp://host/a@b", "rtsp://host/a@b"), ("usb:0", "usb:0"), ("/films/a:b@c.mp4", "/films/a:b@c.mp4"), ("", ""),
])
def test_what_is_secret_is_hidden_and_comes_back(address: str, shown: str) -> None:
    assert masked(address) == shown and restored(shown, address) == address and restored(address, "demo") == address


def test_stars_are_a_password_for_that_machine_alone() -> None:
    assert restored("rtsp://me:***@10.0.0.7:554/other?password=***", CAMERA) == (
        "rtsp://me:pa%40ss@10.0.0.7:554/other?password=word2")
    for other in ("rtsp://me:***@10.0.0.8:554/live", "rtsp://you:***@10.0.0.7:554/live", "rtsp://me:***@10.0.0.7/",
                  "http://me:***@10.0.0.7:554/live", "rtsp://me@10.0.0.7:554/?token=***"):
        with pytest.raises(BadConfig, match="stars"):
            restored(other, CAMERA)
    with pytest.raises(BadConfig):
        restored("rtsp://me:***@host/", "rtsp://me@host/")


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    app = create_app(Settings(data=tmp_path), (STUDIO,))
    with TestClient(app, base_url=BASE, headers={"Authorization": f"Bearer {app.state.access.token}"}) as client:
        yield client


def test_no_page_and_no_command_shows_a_password_and_the_device_has_it(client: TestClient, tmp_path: Path) -> None:
    registry = registry_of(client.app)
    joined = registry.join(registry.new_code("http://x").code, "kitchen")
    setup = parse_setup({"source": CAMERA, "mqtt": {"url": BROKER}})
    told = [registry.deploy(joined.id, bundle(tmp_path / "a.zip"), setup=setup).model_dump_json()]
    place = f"/api/v1/vision/devices/{joined.id}"
    view = client.get(place).json()["projects"][0]["setup"]
    changed = client.put(f"{place}/projects/colours/setup", json={**view, "config": {"rate_fps": 2}})
    told += [json.dumps(view), changed.text, client.get("/api/v1/vision/devices").text]
    told.append(json.dumps(calls.set_up("kitchen", "colours", config={"rate_fps": 3}, data=tmp_path)))
    for command in (["list", "--json"], ["list"], ["setup", "kitchen", "colours", "--on", "--json"],
                    ["setup", "kitchen", "colours", "--on"]):
        done = CliRunner().invoke(main, ["--data", str(tmp_path), "vision", "devices", *command])
        assert done.exit_code == 0, done.output
        told.append(done.output)
    assert all("***" in text for text in told if "setup" in text or "rtsp" in text)
    assert not [secret for text in told for secret in SECRETS if secret in text]
    (wanted,) = client.get("/api/v1/vision/device/desired",
                           headers={"Authorization": f"Bearer {joined.credential}"}).json()["projects"]
    assert (wanted["setup"]["source"], wanted["setup"]["mqtt"]["url"]) == (CAMERA, BROKER)
    assert wanted["setup"]["config"]["rate_fps"] == 3
    elsewhere = client.put(f"{place}/projects/colours/setup", json={"source": "rtsp://me:***@10.0.0.99:554/"})
    assert elsewhere.status_code == 422 and "stars" in elsewhere.text


def test_a_setup_is_its_owners_from_its_first_byte_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "chmod", lambda *_a, **_k: None)
    shelf, before = Shelf(tmp_path), os.umask(0)
    try:
        shelf.write_setup("colours", Setup(source=CAMERA))
    finally:
        os.umask(before)
    assert (shelf.folder("colours") / "setup.json").stat().st_mode & 0o777 == 0o600
    shelf.switch("colours", shelf.install("colours", bundle(tmp_path / "b.zip")))
    assert not [secret for secret in SECRETS if secret in json.dumps(shelf.overview())]
    assert shelf.setup("colours").source == CAMERA
