"""Watching over HTTP: begun, seen live by a quick and a slow viewer, stopped; and what may not be watched."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.server.conftest import BASE, TestClient
from trivium.core import files
from trivium.core.spec import Spec, new_id
from trivium.errors import NotFound
from trivium.server.app import create_app
from trivium.settings import Settings
from trivium.vision import STUDIO
from trivium.vision.api import watch
from trivium.vision.api.devices import registry_of
from trivium.vision.api.films import KEPT_S, Films
from trivium.vision.events.event import Event
from trivium.vision.events.rules import Engine, Firing

from .colours import bundle, film
from .test_devices import wait_for

WATCHES = "/api/v1/vision/watches"


def a_run(data: Path, client: TestClient | None) -> str:
    """A training's folder with the model of colours in it, known to the studio."""
    run = data / "runs" / new_id()
    (run / "model").mkdir(parents=True)
    with zipfile.ZipFile(bundle(data / "b.zip", rejection={"threshold": 0.5})) as archive:
        archive.extractall(run / "model")
    spec = Spec(id=run.name, studio="vision", kind="train", name="colours",
                entry="trivium.vision.classification.train:train",
                config={}, created_at=time.time())
    files.write_json(run / files.SPEC, spec.to_dict())
    files.write_json(run / files.STATUS, {"state": "succeeded"})
    if client is not None:
        client.app.state.index.add(run)  # type: ignore[attr-defined]
    return run.name


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    app = create_app(Settings(data=tmp_path), (STUDIO,))
    with TestClient(app, base_url=BASE, headers={"Authorization": f"Bearer {app.state.access.token}"}) as client:
        yield client
        for each in watch.watchings_of(app).list():
            each.watch.close()


def test_a_camera_is_watched_live_and_a_slow_viewer_holds_nobody_up(client: TestClient, tmp_path: Path) -> None:
    run = a_run(tmp_path, client)
    rule = {"name": "anything", "when": "unknown", "for_s": 0.2}
    made = client.post(WATCHES, json={"run": run, "source": "demo:3", "rules": [rule]})
    assert made.status_code == 201, made.text
    place = f"{WATCHES}/{made.json()['id']}"
    with client.websocket_connect(f"ws{BASE[4:]}{place}/live") as slow, client.websocket_connect(
            f"ws{BASE[4:]}{place}/live") as quick:
        first = json.loads(slow.receive_text())
        pictures = []
        for _ in range(12):
            event = json.loads(quick.receive_text())
            pictures.append((event["frame"], Image.open(io.BytesIO(quick.receive_bytes())).size))
        frames = [frame for frame, _ in pictures]
        assert frames == sorted(set(frames)) and {size for _, size in pictures} == {(640, 480)}
        assert slow.receive_bytes()[:2] == b"\xff\xd8" and first["project"] == "colours"
    wait_for(lambda: any(row["kind"] == "rule" for row in client.get(place).json()["news"]))
    view = client.get(place).json()
    assert view["state"] == "live" and view["seen"] >= 12 and view["latency_ms"] > 0
    assert view["last"]["label"] is None and view["last"]["model"] == view["model"]
    assert [row["id"] for row in client.get(WATCHES).json()] == [view["id"]]
    assert client.delete(place).status_code == 204 and client.get(place).status_code == 404


def brought(client: TestClient, path: Path) -> str:
    """The source that a film which a page sends is watched under."""
    made = client.post(f"{WATCHES}:film", params={"file": "belt.mp4"}, content=path.read_bytes())
    assert made.status_code == 201, made.text
    return str(made.json()["source"])


@pytest.mark.parametrize(("realtime", "fps"), [(False, 10), (True, 50)])
def test_of_a_film_that_a_page_brings_every_frame_is_seen_once_in_order(
        client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, realtime: bool, fps: int) -> None:
    seen: list[tuple[int, float | None]] = []
    see = Engine.see

    def noted(self: Engine, event: Event) -> list[Firing]:
        seen.append((event.frame, event.time_s))
        return see(self, event)

    monkeypatch.setattr(Engine, "see", noted)
    source = brought(client, film(tmp_path / "f.mp4", ["red"] * 15 + ["blue"] * 15, fps=fps))
    body = {"run": a_run(tmp_path, client), "source": source, "config": {"realtime": realtime},
            "rules": [{"name": "blue stays", "label": "blue", "for_s": 3 / fps}]}
    made = client.post(WATCHES, json=body)
    assert made.status_code == 201, made.text
    assert not list((tmp_path / "vision" / "arriving").iterdir())  # what is open needs no name
    place = f"{WATCHES}/{made.json()['id']}"
    with client.websocket_connect(f"ws{BASE[4:]}{place}/live") as page:
        assert json.loads(page.receive_text())["source"] == "belt.mp4" and page.receive_bytes()[:2] == b"\xff\xd8"
    wait_for(lambda: client.get(place).json()["state"] == "ended")
    assert [frame for frame, _ in seen] == list(range(30))
    assert [time_s for _, time_s in seen] == pytest.approx([k / fps for k in range(30)], abs=1e-4)
    view = client.get(place).json()
    assert view["seen"] == 30 and view["last"]["frame"] == 29
    assert [row["state"] for row in view["news"] if row["kind"] == "source"] == ["ended", "live"]
    news = [(row["kind"], row.get("frame"), row.get("lasted_s")) for row in reversed(view["news"])
            if row["kind"] != "source"]
    assert news == [("settled", 2, None), ("settled", 17, None), ("rule", None, pytest.approx(3 / fps, abs=1e-4))]
    again = client.post(WATCHES, json=body)
    assert again.status_code == 404 and "not here any more" in again.text


def test_a_page_can_name_no_film_but_its_own(client: TestClient, tmp_path: Path) -> None:
    run = a_run(tmp_path, client)
    for source in ("film:", "film:../../etc/passwd", f"film:{tmp_path}/b.zip"):
        assert client.post(WATCHES, json={"run": run, "source": source}).status_code == 404, source
    assert client.post(f"{WATCHES}:film", params={"file": "x.mp4"}, content=b"").status_code == 422
    (tmp_path / "no.mp4").write_bytes(b"this is no film")
    made = client.post(WATCHES, json={"run": run, "source": brought(client, tmp_path / "no.mp4")})
    place = f"{WATCHES}/{made.json()['id']}"
    wait_for(lambda: client.get(place).json()["state"] == "failed")
    assert "no video that can be read" in client.get(place).json()["message"]


def test_films_that_nobody_watches_are_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone: list[Path] = []
    films = Films(gone.append)
    monkeypatch.setattr("time.monotonic", lambda: 0.0)
    first = films.keep(tmp_path / "a", "a.mp4")
    monkeypatch.setattr("time.monotonic", lambda: KEPT_S + 1.0)
    second = films.keep(tmp_path / "b", "b.mp4")
    assert gone == [tmp_path / "a"]
    with pytest.raises(NotFound), films.opened(first):
        pass
    with films.opened(second) as address:
        assert (address.kind, address.shown, gone) == ("video", "b.mp4", [tmp_path / "a"])
    assert gone == [tmp_path / "a", tmp_path / "b"]


@pytest.mark.parametrize(("body", "words"), [
    ({"source": "/etc/passwd"}, "Only cameras"), ({"source": "film.mp4"}, "Only cameras"),
    ({"source": "http://169.254.169.254/latest"}, "never called"), ({"source": "file:///etc/passwd"}, "no address"),
    ({"source": "demo", "run": "nothing"}, "no such run"),
    ({"source": "rtsp://nowhere.invalid/"}, "no machine called"), ({"source": "rtsp://2852039166/"}, "never called"),
    ({"source": "demo", "config": {"rate_fps": -1}}, "rate_fps"),
    ({"source": "demo", "rules": [{"name": "x", "label": "yellow"}]}, "knows no class"),
])
def test_what_may_not_be_watched_is_refused_in_words(client: TestClient, tmp_path: Path, body: dict[str, Any],
                                                     words: str) -> None:
    answer = client.post(WATCHES, json={"run": a_run(tmp_path, client), **body})
    assert 400 <= answer.status_code < 500 and words in answer.text
    assert client.get(WATCHES).json() == []


@pytest.mark.parametrize("road", ["watches", "devices"])
def test_a_run_is_one_of_the_studios_own(client: TestClient, tmp_path: Path, road: str) -> None:
    """No page can name a folder elsewhere on the machine, not even one that holds a run."""
    elsewhere = tmp_path.with_name("elsewhere")
    outside, own = elsewhere / "runs" / a_run(elsewhere, None), a_run(tmp_path, client)
    registry = registry_of(client.app)
    device = registry.join(registry.new_code("http://x").code, "kitchen").id
    place = WATCHES if road == "watches" else f"/api/v1/vision/devices/{device}/projects"
    for run in (str(outside), f"../{elsewhere.name}/runs/{outside.name}", outside.name, "."):
        assert client.post(place, json={"run": run}).status_code in (404, 422), run
    assert "no such run" not in client.post(place, json={"run": own}).text


def test_an_unknown_one_is_said_to_be_gone(client: TestClient) -> None:
    with client.websocket_connect(f"ws{BASE[4:]}{WATCHES}/nothing/live") as socket:
        assert socket.receive()["code"] == watch.GONE


def test_rules_are_tried_on_what_a_page_has_seen(client: TestClient) -> None:
    base = {"time": 0.0, "frame": 0, "source": "demo", "width": 4, "height": 4, "device": "page", "project": "p",
            "model": "m", "task": "classification", "label": "can", "confidence": 0.9, "latency_ms": 1.0}
    settled = {"label": "can", "share": 1.0, "frames": 5, "since": 0.0, "new": False}
    events = [{**base, "time": float(k), "frame": k, "settled": settled} for k in range(6)]
    rule = {"name": "can stays", "label": "can", "for_s": 3,
            "then": [{"kind": "webhook", "url": "http://never.called.example"}]}
    answer = client.post("/api/v1/vision/rules:try", json={"rules": [rule], "events": events})
    assert answer.status_code == 200, answer.text
    assert [(row["rule"], row["lasted_s"], row["event"]["frame"]) for row in answer.json()] == [("can stays", 3.0, 3)]
    refused = client.post("/api/v1/vision/rules:try", json={"rules": [{"name": "x"}], "events": events})
    assert refused.status_code == 422 and "names no class" in refused.text
