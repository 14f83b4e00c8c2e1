"""Vision at work: frames a second from decoding to the typed event, beside a plain OpenCV + ONNX Runtime loop; how old
a frame is when its event is there; ten cameras at two frames a second each.

The film is 1280 x 720, drawn and encoded here. Peer and studio take turns in one run, with the same network on the same
two cores. The cameras are MJPEG over HTTP, served by a process of its own that notes when each picture left it.
"""

from __future__ import annotations

import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from trivium.bench.result import Result

SIZE, FRAMES_PER_S = (1280, 720), 30
THREADS = 2
CODECS = ("libvpx-vp9", "mpeg4")  # under permissive licences
CAMERAS, RATE_FPS = 10, 2.0
STAGE_FRAMES = 60
START_TICKS = 16  # in which the cameras' processes start

SERVE = """
import http.server, socketserver, sys, time
pictures = [open(name, "rb").read() for name in sys.argv[2:]]
class Camera(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        begin, k = time.monotonic(), 0
        log = open(sys.argv[0 + 1] + self.path.replace("/", "-"), "w")
        rate = float(self.path.rpartition("-")[2])
        try:
            while True:
                head = b"--frame\\r\\nContent-Type: image/jpeg\\r\\nContent-Length: %d\\r\\n\\r\\n"
                time.sleep(max(0.0, begin + k / rate - time.monotonic()))
                data = pictures[k % len(pictures)]
                log.write(f"{time.monotonic()}\\n"); log.flush()
                self.wfile.write(head % len(data))
                self.wfile.write(data + b"\\r\\n")
                k += 1
        except OSError:
            pass
    def log_message(self, *_):
        pass
class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
server = Server(("127.0.0.1", 0), Camera)
print(server.server_port, flush=True)
server.serve_forever()
"""


def bench(quick: bool) -> Iterator[Result]:
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    with tempfile.TemporaryDirectory() as scratch:
        from trivium.vision.backbone import efficientnet

        model = a_model()
        yield film_speed("classification", Path(scratch), 90 if quick else 600, 1 if quick else 5,
                         lambda: for_films(model), opencv_loop(model.card["bytes"], efficientnet.SIZE, classes_told))
        yield from cameras(Path(scratch), model, 6.0 if quick else 30.0)


def a_model() -> Any:
    """The backbone with a head of three classes, as a training makes it."""
    import numpy as np

    from trivium.vision.backbone import efficientnet
    from trivium.vision.backbone.features import Session
    from trivium.vision.backbone.graph import classifier_model
    from trivium.vision.classification.head import Head
    from trivium.vision.stream.model import Model

    rng = np.random.default_rng(1)
    head = Head(rng.normal(0, 0.02, (efficientnet.FEATURES, 3)).astype(np.float32), np.zeros(3, np.float32))
    data = classifier_model(efficientnet.pretrained(), head).SerializeToString()
    card = {"classes": ["compost", "landfill", "recycling"], "project": "bench", "task": "classification",
            "files": {"model.onnx": "0" * 64}}
    model = Model(card, Session(data, THREADS), "bench")
    model.card["bytes"] = data
    return model


def for_films(model: Any) -> Any:
    """The same, as it is opened for a film: a thread for each of several pictures."""
    from trivium.vision.backbone.features import Session

    return replace(model, session=Session(model.card["bytes"], 1), at_once=THREADS)


def film_speed(task: str, place: Path, frames: int, repetitions: int, ours: Callable[[], Any],
               peer: Callable[[Path], float] | None) -> Result:
    """Decode to event on 720p: a model, opened by `ours` for each pass, and the loop by hand, turn by turn."""
    path = film(place / "film.mp4", frames)
    found, theirs = [], []
    for _ in range(repetitions):
        found.append(events_per_s(ours(), path))
        if peer is not None:
            theirs.append(peer(path))
    return Result(f"{task}, decode to event, 720p film", statistics.median(found), "frames/s",
                  "OpenCV + ONNX Runtime loop" if theirs else None, statistics.median(theirs) if theirs else None,
                  note=core_time(ours(), path) + ("" if theirs else '; no peer: pip install "trivium[bench]"'))


def core_time(model: Any, path: Path) -> str:
    """Milliseconds of one core for a frame, stage by stage: what a machine with busy neighbours tells best."""
    import numpy as np

    from trivium.vision.stream import films

    def spent_ms(work: Callable[[], Any]) -> tuple[float, Any]:
        begin = time.process_time()
        done = work()
        return 1e3 * (time.process_time() - begin) / STAGE_FRAMES, done

    with path.open("rb") as file:
        decode, frames = spent_ms(lambda: list(itertools.islice(films.film(file.fileno()), STAGE_FRAMES)))
        small, pictures = spent_ms(lambda: [frame.picture(model.side) for frame in frames])
    shape = (model.side, model.side, 3)
    look, _ = spent_ms(lambda: [model.look(np.frombuffer(each, np.uint8).reshape(shape), 3) for each in pictures])
    return f"core time a frame: {decode:.1f} ms decoding, {small:.1f} making small, {look:.1f} looking"


def film(path: Path, frames: int) -> Path:
    """Soft patches of colour that drift, and the demo camera's belt over them."""
    import av
    import numpy as np
    from PIL import Image

    from trivium.vision.stream import demo

    codec = next(name for name in CODECS if name in av.codecs_available)
    rough = np.random.default_rng(2).integers(0, 256, (12, 24, 3)).astype(np.uint8)
    wide = np.asarray(Image.fromarray(rough).resize((SIZE[0] * 2, SIZE[1]), Image.Resampling.BICUBIC))
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=FRAMES_PER_S)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = *SIZE, "yuv420p", 4_000_000
        if codec == "libvpx-vp9":
            stream.options = {"deadline": "realtime", "cpu-used": "8"}
        for k in range(frames):
            picture = wide[:, 4 * k % SIZE[0]:][:, :SIZE[0]].copy()
            picture[200:680, 320:960] = np.asarray(demo.scene(1, k))
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path


def events_per_s(model: Any, path: Path) -> float:
    """Frames a second between the first event and the last."""
    from trivium.vision.stream.address import parse
    from trivium.vision.stream.watch import Watch

    with Watch(model, parse(str(path))) as watching:
        moments = [time.perf_counter() for event in watching.events() if event.line()]
    return (len(moments) - 1) / (moments[-1] - moments[0])


def opencv_loop(model: bytes, side: int, told: Callable[[Any, Any], Any]) -> Callable[[Path], float] | None:
    """The loop that one writes by hand, frames a second of a film; None where OpenCV is not installed.

    side: of the square picture that the model looks at. told: what is written of a picture (1, side, side, 3), by the
    model's session.
    """
    try:
        import cv2
    except ImportError:
        return None
    import json

    import onnxruntime

    cv2.setNumThreads(THREADS)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def loop(path: Path) -> float:
        film = cv2.VideoCapture(str(path))
        moments: list[float] = []
        while True:
            ok, frame = film.read()
            if not ok:
                break
            small = cv2.cvtColor(cv2.resize(frame, (side, side)), cv2.COLOR_BGR2RGB)
            json.dumps({"frame": len(moments), "said": told(session, small[None])})
            moments.append(time.perf_counter())
        return (len(moments) - 1) / (moments[-1] - moments[0])

    return loop


def classes_told(session: Any, picture: Any) -> dict[str, Any]:
    """What a plain loop writes of a classifier's answer."""
    (said,) = session.run(["probabilities"], {"pictures": picture})[0]
    return {"class": int(said.argmax()), "probabilities": said.tolist()}


def cameras(scratch: Path, model: Any, seconds: float) -> Iterator[Result]:
    from trivium.vision.stream import demo
    from trivium.vision.stream.frames import small_jpeg

    names = []
    for k in range(30):
        names.append(str(scratch / f"{k}.jpg"))
        picture = demo.scene(1, 2 * k).resize(SIZE)
        (scratch / f"{k}.jpg").write_bytes(small_jpeg(picture, SIZE[0]))
    server = subprocess.Popen([sys.executable, "-c", SERVE, str(scratch / "sent"), *names], stdout=subprocess.PIPE,
                              text=True)
    assert server.stdout is not None
    try:
        url = f"http://127.0.0.1:{int(server.stdout.readline())}"
        ages = ages_ms(model, f"{url}/one-30", scratch / "sent-one-30", seconds)
        yield Result("one 720p camera at 30 frames/s, picture to event, p95", share(ages, 0.95), "ms",
                     note=f"median {share(ages, 0.5):.0f} ms, {len(ages) / seconds:.0f} events/s")
        late = lateness_ms(model, url, seconds)
        yield Result(f"{CAMERAS} cameras at {RATE_FPS:g} frames/s, behind their ticks, p95", share(late, 0.95), "ms",
                     note=f"{len(late)} of {int(CAMERAS * (RATE_FPS * seconds + 1))} events; in the last "
                          f"fifth {share(late[-len(late) // 5:], 0.5):.0f} ms in the median")
    finally:
        server.kill()
        server.wait()


def ages_ms(model: Any, url: str, log: Path, seconds: float) -> list[float]:
    """How old each picture was when its event was there, since it left the camera."""
    from trivium.vision.stream.address import parse
    from trivium.vision.stream.watch import Watch

    seen: list[tuple[int, float]] = []
    with Watch(model, parse(url)) as watching:
        for event in watching.events():
            seen.append((event.frame, time.monotonic()))
            if time.monotonic() - seen[0][1] > seconds:
                break
    sent = [float(line) for line in log.read_text().splitlines()]
    return [1e3 * (moment - sent[frame]) for frame, moment in seen[5:]]


def lateness_ms(model: Any, url: str, seconds: float) -> list[float]:
    """Of ten cameras watched at once, once all are there: how long after its tick each event came, in order of time."""
    from trivium.vision.stream.address import parse
    from trivium.vision.stream.config import WatchConfig
    from trivium.vision.stream.watch import Watch

    found: list[tuple[float, float]] = []

    def watch(number: int) -> None:
        with Watch(model, parse(f"{url}/{number}-10"), WatchConfig(rate_fps=RATE_FPS)) as watching:
            for _ in watching.events():
                moment, ticks = time.monotonic(), watching.ticks
                assert ticks is not None
                tick = ticks.number - 1  # the one that this event answers
                if tick >= START_TICKS:
                    found.append((moment, 1e3 * (moment - ticks.begin - tick / RATE_FPS)))
                if tick >= START_TICKS + seconds * RATE_FPS:
                    return

    threads = [threading.Thread(target=watch, args=(number,)) for number in range(CAMERAS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [late for _, late in sorted(found)]


def share(values: list[float], part: float) -> float:
    """The value below which that part of them lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
