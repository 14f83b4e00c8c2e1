"""Inference functions: one in the manner of DeepLens runs unchanged; one that does harm, or never ends, is stopped."""

from __future__ import annotations

import base64
import io
import json
import textwrap
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from trivium.cli import main
from trivium.errors import BadFile, UserCodeError
from trivium.vision.functions import calls, lookalikes
from trivium.vision.functions.calls import run_function
from trivium.vision.stream.source import State

from .colours import CLASSES, PAINT, bundle, by_hand, film

# In the manner of the samples of its day: tabs among spaces, labels read with their line ends, a display of its own
# that opens a pipe, work that begins on import and never ends, status words on the topic of the results.
OLD = '''
from threading import Thread, Event
import os
import json
import numpy as np
import awscam
import greengrasssdk
import mo

def lambda_handler(event, context):
    return

class LocalDisplay(Thread):
    def __init__(self, resolution):
\tsuper(LocalDisplay, self).__init__()
        os.mkfifo('/tmp/results.mjpeg')

def infinite_infer_run():
    try:
        client = greengrasssdk.client('iot-data')
        iot_topic = '$aws/things/{}/infer'.format(os.environ['AWS_IOT_THING_NAME'])
        with open('labels.txt', 'r') as f:
            output_map = [l for l in f]
        local_display = LocalDisplay('480p')
        local_display.start()
        client.publish(topic=iot_topic, payload='Loading')
        error, model_path = mo.optimize('image-classification', 224, 224, aux_inputs={'--epoch': 10})
        if error is not 0:
            raise Exception('not optimized')
        model = awscam.Model(model_path, {'GPU': 1})
        while True:
            ret, frame = awscam.getLastFrame()
            if not ret:
                raise Exception('Failed to get frame from the stream')
            assert frame.shape == (1520, 2688, 3) and frame.dtype == np.uint8
            small = frame[::1520 // 224, ::2688 // 224][:224, :224]
            top = model.parseResult('classification', model.doInference(small))['classification'][0:2]
            cloud_output = {}
            for obj in top:
                cloud_output[output_map[obj['label']]] = obj['prob']
            local_display.set_frame_data(frame)
            client.publish(topic=iot_topic, payload=json.dumps(cloud_output))
    except Exception as ex:
        print('Error in lambda {}'.format(ex))

infinite_infer_run()
'''


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle, a film, and a folder with the old function."""
    folder = tmp_path_factory.mktemp("functions")
    bundle(folder / "b.zip")
    film(folder / "film.mp4", CLASSES, size=(320, 240))
    (folder / "old").mkdir()
    (folder / "old" / "greengrassHelloWorld.py").write_text(OLD)
    (folder / "old" / "labels.txt").write_text("\n".join(CLASSES))
    return folder


def test_an_old_function_runs_unchanged(place: Path) -> None:
    found = run_function(place / "old", run=place / "b.zip", source=str(place / "film.mp4"), thing="deeplens_abc")
    assert found["frames"] == 3 and found["ended"] == "The source has ended." and found["log"] == []
    assert {row["topic"] for row in found["messages"]} == {"$aws/things/deeplens_abc/infer"}
    first, *rest = [row["payload"] for row in found["messages"]]
    assert first == "Loading" and len(rest) == 3
    for name, payload in zip(CLASSES, rest, strict=True):
        wanted = by_hand(np.uint8(PAINT[name]))
        label = name if name == CLASSES[-1] else f"{name}\n"  # their line ends, as it read them
        assert payload[label] == pytest.approx(max(wanted), abs=0.05) and len(payload) == 2


def test_on_the_command_line(place: Path) -> None:
    done = CliRunner().invoke(main, ["vision", "function", str(place / "old"), "--run", str(place / "b.zip"),
                                     "--source", str(place / "film.mp4"), "--frames", "2", "--json"])
    found = json.loads(done.stdout)
    assert done.exit_code == 0 and found["frames"] == 2 and len(found["messages"]) == 3


def run(tmp_path: Path, text: str, **more: Any) -> dict[str, Any]:
    (tmp_path / "function.py").write_text(textwrap.dedent(text))
    return run_function(tmp_path / "function.py", **{"source": "demo", "seconds": 60.0, **more})


@pytest.mark.parametrize(("text", "words"), [
    ("while True:\n    pass", "asked for no frame for 1 s of processor time"),
    ("while True:\n    print('x' * 1000)", "printed more than"),
    ("import greengrasssdk\nc = greengrasssdk.client('iot-data')\nwhile True:\n    c.publish(topic='t', payload='x')",
     "published more than"),
    ("import awscam\nok, frame = awscam.getLastFrame()\nframe[0, 0, 7]", "function.py, line 3: IndexError"),
    ("def broken(:\n    pass", "line 1: SyntaxError"),
    ("import nothing_at_all", "line 1: ModuleNotFoundError"),
    ("import sys\nsys.exit(3)", "line 2: It ended itself"),
    ("import awscam\nawscam.Model('m', {'GPU': 1}).doInference(awscam.getLastFrame()[1])", "No model was given"),
    ("x = bytearray(100_000_000_000)", "line 1: MemoryError"),
])
def test_what_goes_wrong_or_on_for_ever_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str,
                                                        words: str) -> None:
    monkeypatch.setattr(calls, "CPU_S", 1.0)
    with pytest.raises(UserCodeError) as caught:
        run(tmp_path, text)
    assert words in caught.value.message and "\n" not in caught.value.message and caught.value.hint


def test_it_can_reach_nothing_but_its_frames(tmp_path: Path) -> None:
    """Files, network, programs: each refused, while frames go on coming."""
    (tmp_path / "secret.txt").write_text("no")
    (tmp_path / "f").mkdir()
    found = run(tmp_path / "f", f"""
        import os, socket, subprocess, awscam
        for attempt in (lambda: open({str(tmp_path / 'secret.txt')!r}), lambda: open('/etc/passwd'),
                        lambda: socket.socket(), lambda: subprocess.run(['/bin/true']), lambda: os.fork(),
                        lambda: open('/tmp/out.txt', 'w')):
            try:
                attempt()
            except OSError as error:
                print(type(error).__name__)
            else:
                print('REACHED')
        print(awscam.getLastFrame()[0], 'GPU' in os.environ, os.getcwd().endswith('code'))
        open('own.txt', 'w').write('its own folder is its own')
    """)
    said = "".join(found["log"]).split("\n")
    if "REACHED" in said:
        from trivium.core.confine import probe

        if probe().level != "full":
            pytest.skip("this system can't keep a program inside its folder")
    assert said[:6] == ["PermissionError"] * 6 and said[6] == "True False True"


def test_the_lookalikes_are_as_functions_know_them() -> None:
    said: list[Any] = []

    class Line:
        def frame(self) -> bytes | None:
            return None

        def publish(self, topic: str, payload: bytes) -> None:
            said.append((topic, payload))

    shown: list[Any] = []

    def infer(picture: Any) -> list[float]:
        shown.append(picture)
        return [0.2, 0.5, 0.3]

    model = lookalikes.model_class(infer, 8)("path", {"GPU": 1})
    bgr = np.zeros((8, 8, 3), np.uint8)
    bgr[..., 0] = 255  # blue
    raw = model.doInference(bgr)
    assert raw["prob"].dtype == np.float32 and (shown[0] == [0, 0, 255]).all()
    model.doInference(bgr.astype(np.float32) / 255)
    assert (shown[1] == shown[0]).all()
    parsed = model.parseResult("classification", raw)["classification"]
    assert [row["label"] for row in parsed] == [1, 2, 0] and json.dumps(parsed) and type(parsed[0]["label"]) is int
    with pytest.raises(ValueError, match="no ssd"):
        model.parseResult("ssd", raw)
    neo = lookalikes.model_class(infer, 8)("folder", {"GPU": 1}, runtime=1)
    assert neo.parseResult("ssd", neo.doInference(bgr))[0].shape == (3,)
    client = lookalikes.Client(Line())
    with pytest.raises(ValueError):
        client.publish(payload="x")
    with pytest.raises(ValueError):
        client.publish(topic="t", queueFullPolicy="Never")
    with pytest.raises(TypeError):
        client.publish("t", "x")  # type: ignore[misc]
    client.publish(topic="t", payload="Müll", queueFullPolicy="BestEffort")
    assert said == [("t", "Müll".encode())] and lookalikes.Camera(Line()).get_last_frame() == (False, None)


def test_time_is_up_where_the_camera_shows_nothing() -> None:
    class Silent:
        def __init__(self) -> None:
            self.asked = 0

        def ask(self, _request: bytes) -> State:
            self.asked += 1
            assert self.asked < 10, "it is never stopped"
            return State("stalled")

    assert calls._give(Silent(), io.BytesIO(), calls.Heard(), time.monotonic()) == calls.UP  # type: ignore[arg-type]


def test_what_a_function_says_is_bounded_whatever_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = calls.Heard()
    with pytest.raises(UserCodeError, match="said more than 50 MB"):
        for _ in range(100):
            calls._counted(b"x" * 1_000_000, heard)  # no message at all
    monkeypatch.setattr(calls, "KEPT_BYTES", 1000)
    heard = calls.Heard()
    payload = base64.b64encode(b"x" * 300).decode()
    for k in range(20):
        calls._take({"op": "publish", "topic": str(k), "payload": payload}, heard, None, lambda _text: None)
        calls._take({"op": "print", "text": "y" * 400}, heard, None, lambda _text: None)
    assert [row["topic"] for row in heard.messages] == ["17", "18", "19"] and len(list(heard.log)) == 2


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="no Python file"):
        run_function(tmp_path / "nothing")
    (tmp_path / "a.py").write_text("")
    (tmp_path / "b.py").write_text("")
    with pytest.raises(BadFile, match="not clear"):
        run_function(tmp_path)


def test_opencv_works_in_it(tmp_path: Path) -> None:
    pytest.importorskip("cv2", reason='needs pip install "trivium[deeplens]"')
    found = run(tmp_path, """
        import cv2, awscam
        ok, frame = awscam.getLastFrame()
        print(cv2.resize(frame, (224, 224)).shape, cv2.imencode('.jpg', frame)[0])
    """)
    assert "(224, 224, 3) True" in "".join(found["log"])
