"""Cameras on the network: where they lead is judged, and what decodes them may do little else."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from trivium.core.confine import probe
from trivium.errors import BadConfig
from trivium.vision.collect.pictures import jpeg
from trivium.vision.devices.setup import parse_setup
from trivium.vision.events import outside
from trivium.vision.events.mqtt import broker_of
from trivium.vision.stream import films
from trivium.vision.stream.address import parse
from trivium.vision.stream.source import Source


class Camera(BaseHTTPRequestHandler):
    """MJPEG by HTTP, or a redirect to it."""

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["Host"]))  # type: ignore[attr-defined]
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "/video")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        picture = jpeg(Image.new("RGB", (64, 48), "red"), 90)
        with contextlib.suppress(OSError):
            while not self.server.ended.wait(0.02):  # type: ignore[attr-defined]
                self.wfile.write(b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(picture))
                self.wfile.write(picture + b"\r\n")

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def camera() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Camera)
    server.daemon_threads, server.asked, server.ended = True, [], threading.Event()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.ended.set()
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_camera_by_http_is_seen_by_a_process_that_may_do_little_else(camera: Any) -> None:
    with Source(parse(f"http://localhost:{camera.server_port}/video")) as source:
        shot = next(source.frames())
        assert (shot.width, shot.height) == (64, 48) and shot.picture[..., 0].mean() > 200
        assert camera.asked[0] == ("/video", f"localhost:{camera.server_port}")  # its name
        status = Path(f"/proc/{source.child.pid}/status")
        said = dict(line.split(":\t", 1) for line in status.read_text().splitlines()) if status.exists() else {}
    assert said.get("Seccomp", "2").strip() == "2"


def test_a_camera_that_sends_us_elsewhere_is_not_followed(camera: Any) -> None:
    with pytest.raises(films.NoPicture):
        next(films.camera(parse(f"http://127.0.0.1:{camera.server_port}/away")))
    assert [path for path, _ in camera.asked] == ["/away"]


def test_where_a_camera_leads_is_judged_when_it_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"good": "10.0.0.7", "bad": "169.254.169.254"}

    def look_up(host: str, *_: Any, flags: int = 0, **__: Any) -> Any:
        if flags or host not in answers:
            raise OSError
        return [(0, 0, 0, "", (answers[host], 0))]

    monkeypatch.setattr(outside.socket, "getaddrinfo", look_up)
    assert outside.pinned("rtsp://me:a@b@good:8554/x?y=1") == "rtsp://me:a@b@10.0.0.7:8554/x?y=1"
    assert outside.pinned("http://good/x") == "http://10.0.0.7/x"
    with pytest.raises(outside.Forbidden):
        Source(parse("rtsp://bad/x"))
    with pytest.raises(outside.NotDelivered):
        Source(parse("rtsp://nowhere/x"))


@pytest.mark.parametrize("host", ["169.254.169.254", "0xa9fea9fe", "2852039166", "[fd00:ec2::254]",
                                  "[::ffff:a9fe:a9fe]"])
def test_an_address_that_is_never_called_is_no_camera_and_no_broker(host: str) -> None:
    for ask in (lambda: parse(f"rtsp://{host}/x"), lambda: parse_setup({"source": f"http://{host}/x"}),
                lambda: broker_of(f"mqtt://{host}")):
        with pytest.raises(BadConfig, match="never called"):
            ask()


PROOF = """
import os, socket, sys
from pathlib import Path
from trivium.core.confine import confine, enclose
from trivium.core.spec import Limits
folder = Path(sys.argv[1])
held = confine(folder, Limits(), enclosed=enclose(folder, folder, network=True), network=True)
def refused(action):
    try:
        action()
    except PermissionError:
        return True
    return False
called = socket.create_connection(("127.0.0.1", int(sys.argv[2])), 30)
print(held.level, refused(lambda: open("/etc/hostname")), refused(os.fork),
      refused(lambda: socket.socket(socket.AF_UNIX)), refused(lambda: socket.socket(socket.AF_NETLINK)),
      refused(lambda: socket.socket().bind(("127.0.0.1", 0))))
"""


def test_a_process_with_the_network_has_the_network_alone(tmp_path: Path, camera: Any) -> None:
    if probe().level != "full":
        pytest.skip("this kernel can't confine a process")
    done = subprocess.run([sys.executable, "-P", "-c", PROOF, str(tmp_path), str(camera.server_port)],
                          capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["full", *["True"] * 5], done.stderr
