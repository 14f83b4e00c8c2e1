"""Trying a function: what it printed and published at which frame, or what is wrong with it and in which line."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from tests.server.conftest import BASE, TestClient
from trivium import vision
from trivium.cli import main
from trivium.errors import BadConfig, BadFile
from trivium.server.app import create_app
from trivium.settings import Settings
from trivium.vision import STUDIO
from trivium.vision.api import functions as routes
from trivium.vision.events.event import Box, Event
from trivium.vision.functions import library, trying
from trivium.vision.functions.calls import Told
from trivium.vision.functions.examples import examples

from .colours import CLASSES, PAINT, bundle, by_hand
from .test_watch_api import a_run

CODE = {each.id: each.code for each in examples()}


def jpeg(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (320, 240), PAINT[colour]).save(out, "JPEG", quality=95)
    return out.getvalue()


def an_event(**more: Any) -> Event:
    return Event(**{"time": 1.0, "frame": 7, "source": "demo", "width": 64, "height": 48, "device": "d", "project": "p",
                    "model": "m", "task": "detection", "latency_ms": 1.0, **more})


def texts(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(row["kind"], row["text"]) for row in rows]


def test_what_it_says_stands_at_its_frame(tmp_path: Path) -> None:
    code = ("import studio\nprint('begins')\n\ndef on_frame(frame, seen):\n"
            "    print(frame.shape, frame.dtype, seen.label)\n"
            "    studio.publish('my/topic', {'p': [round(p, 2) for _, p in seen.top]})\n")
    found = trying.try_code(code, run=str(bundle(tmp_path / "b.zip")), moments=[jpeg("red"), jpeg("blue")])
    assert found["ok"] and found["error"] is None and texts(found["before"]) == [("print", "begins")]
    for row, colour in zip(found["frames"], ("red", "blue"), strict=True):
        said, published = row["said"]
        assert said["text"] == f"(240, 320, 3) uint8 {colour}" and published["topic"] == "my/topic"
        wanted = sorted(by_hand(np.uint8(PAINT[colour])), reverse=True)
        assert json.loads(published["text"])["p"] == pytest.approx(wanted, abs=0.02)
        assert base64.b64decode(row["picture"]) == jpeg(colour)


def test_the_examples_do_what_they_say(tmp_path: Path) -> None:
    model = str(bundle(tmp_path / "b.zip"))
    light = trying.try_code(CODE["bright_or_dark"], moments=[jpeg("red"), jpeg("red")])
    assert [len(row["said"]) for row in light["frames"]] == [2, 1]  # it publishes what has changed
    changes = trying.try_code(CODE["say_what_changes"], run=model, moments=[jpeg("red"), jpeg("red"), jpeg("blue")])
    published = [row["topic"] for frame in changes["frames"] for row in frame["said"] if row["kind"] == "message"]
    assert changes["ok"] and published == ["camera/sees"] * 2
    old = trying.try_code(CODE["deeplens_way"], run=model, moments=[jpeg("green")])
    (row,) = old["frames"][0]["said"]
    assert row["topic"] == "$aws/things/deeplens_trivium/infer"
    assert json.loads(row["text"])["green"] == pytest.approx(by_hand(np.uint8(PAINT["green"]))[1], abs=0.02)
    boxes = [Box(label="apple", confidence=0.9, xyxy=(0.0, 0.0, 0.1, 0.1))] * 4
    table = trying.try_code(CODE["count_things"], moments=[Told(an_event(boxes=boxes)), Told(an_event(boxes=[]))])
    assert texts(table["frames"][0]["said"]) == [("print", "4 x apple"), ("message", '{"apple": 4}')]
    assert texts(table["frames"][1]["said"]) == [("print", "nothing found")] and table["frames"][0]["picture"] is None


@pytest.mark.parametrize(("code", "line", "words"), [
    ("def on_frame(frame, seen):\n    x = 1\n    seen.nothing.at.all\n", 3, "AttributeError"),
    ("def on_frame(frame)\n    pass\n", 1, "SyntaxError"),
    ("x = 1\ndef on_frame(frame):\n    pass\n", 2, "def on_frame(frame, seen)"),
    ("print('nothing more')\n", None, "looked at no frame"),
])
def test_a_mistake_names_its_line(code: str, line: int | None, words: str) -> None:
    found = trying.try_code(code, moments=[jpeg("red")])
    assert not found["ok"] and found["error"]["line"] == line and words in found["error"]["message"]
    assert found["error"]["hint"] and "function.py, line" not in found["error"]["message"]


def test_the_time_of_each_frame_and_what_was_returned_are_told() -> None:
    code = ("import time\n\ndef on_frame(frame, seen):\n    dark = frame.mean() < 60\n"
            "    time.sleep(0.3 if dark else 0)\n    return {'dark': bool(dark)} if dark else None\n")
    black, red = io.BytesIO(), jpeg("red")
    Image.new("RGB", (32, 24)).save(black, "JPEG")
    first, second, third = trying.try_code(code, moments=[red, black.getvalue(), red])["frames"]
    assert texts(second["said"]) == [("return", "{'dark': True}")] and first["said"] == third["said"] == []
    assert second["took_ms"] >= 300 and second["took_ms"] > third["took_ms"] > 0  # it sleeps, whatever else there is


def test_what_is_no_picture_is_said_in_one_sentence() -> None:
    found = trying.try_code("def on_frame(frame, seen):\n    pass\n", moments=[b"no picture at all"])
    assert not found["ok"] and found["error"]["message"] == "This frame is no JPEG, or it is damaged."


def test_a_name_that_is_nearly_right_is_named() -> None:
    assert "Call onFrame on_frame" in trying.advice("def onFrame(frame, seen):\n    pass")


def test_recorded_events_are_tried_by_command_and_python(tmp_path: Path) -> None:
    lines = [an_event(frame=k, label=label, confidence=0.9) for k, label in enumerate(CLASSES)]
    (tmp_path / "events.jsonl").write_text("".join(each.line() + "\n" for each in lines))
    code = "def on_frame(frame, seen):\n    print(frame, seen.label, seen.event['frame'])\n"
    library.save_function(tmp_path, "mine", code)
    wanted = [f"None {label} {k}" for k, label in enumerate(CLASSES)]
    found = vision.try_function("mine", events=tmp_path / "events.jsonl", data=tmp_path)
    assert [row["said"][0]["text"] for row in found["frames"]] == wanted
    assert [row["label"] for row in found["frames"]] == CLASSES
    library.save_function(tmp_path, "mine", "def on_frame(frame, seen):\n    frame.shape\n")
    words = ["--data", str(tmp_path), "vision", "function", "--try", "--events", str(tmp_path / "events.jsonl")]
    done = CliRunner().invoke(main, [*words, "mine@1", "--frames", "2"])
    assert done.exit_code == 0 and done.stdout.splitlines() == [f"frame {k + 1}: {wanted[k]}" for k in range(2)]
    done = CliRunner().invoke(main, [*words, "mine"])
    assert done.exit_code == 1 and done.stderr.startswith("line 2: AttributeError")
    with pytest.raises(BadFile, match="Line 2 holds no event"):
        trying.recorded(lines[0].line() + "\n{}\n")
    with pytest.raises(BadConfig, match="can't be tried on 21 frames"):
        trying.try_code("", frames=21)


def test_the_page_tries_one_on_the_demo_and_on_a_photo(tmp_path: Path) -> None:
    app = create_app(Settings(data=tmp_path), (STUDIO,))
    with TestClient(app, base_url=BASE, headers={"Authorization": f"Bearer {app.state.access.token}"}) as pages:
        run, at = a_run(tmp_path, pages), "/api/v1/vision/functions:try"
        code = "def on_frame(frame, seen):\n    print(frame.shape, seen.label)\n"
        found = pages.post(at, json={"code": code, "run": run, "source": "demo:3", "frames": 2}).json()
        assert found["ok"] and len(found["frames"]) == 2 and found["frames"][1]["said"][0]["text"].startswith("(")
        photo = {"picture": base64.b64encode(jpeg("red")).decode()}
        found = pages.post(at, json={"code": code, "run": run, "moments": [photo]}).json()
        assert [row["said"][0]["text"] for row in found["frames"]] == ["(240, 320, 3) red"]
        for body in ({"source": "/etc/passwd"}, {"moments": [{"picture": "%%%"}]}, {"moments": [{}]}, {"frames": 21}):
            assert pages.post(at, json={"code": code, **body}).status_code == 422, body
        with routes.AT_ONCE, routes.AT_ONCE:
            assert pages.post(at, json={"code": code}).status_code == 503
