"""Films, photos and the demo camera: each frame once, upright, as the model was measured, or a sentence says why."""

from __future__ import annotations

import io
import queue
import struct
import threading
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from trivium.core import seccomp
from trivium.core.confine import Confinement
from trivium.errors import BadConfig, BadFile
from trivium.vision.stream import demo, eye, source, wire
from trivium.vision.stream.address import is_moving, parse
from trivium.vision.stream.frames import FilmFrame
from trivium.vision.stream.source import Shot, Source, State

from .colours import PAINT, film
from .drawings import scene, write_photos


def shots_of(path: Path | str) -> list[Shot]:
    with Source(parse(str(path))) as source:
        return list(source.frames())


def test_every_frame_of_a_film_comes_once_in_order_with_its_time(tmp_path: Path) -> None:
    colours = ["red", "green", "blue"] * 7
    shots = shots_of(film(tmp_path / "film.mp4", colours, fps=10))
    assert [shot.number for shot in shots] == list(range(21))
    assert [shot.time_s for shot in shots] == pytest.approx([k / 10 for k in range(21)], abs=1e-4)
    assert {(shot.width, shot.height) for shot in shots} == {(64, 48)}
    for shot, name in zip(shots, colours, strict=True):
        assert shot.picture.shape == (224, 224, 3)
        assert np.abs(shot.picture.reshape(-1, 3).mean(0) - PAINT[name]).max() < 9  # what the codec keeps of a colour


@pytest.mark.parametrize("size", [(1280, 720), (640, 480)])
def test_a_frame_is_made_small_as_a_photo_is(tmp_path: Path, size: tuple[int, int]) -> None:
    """Beside Pillow, with which the model was measured, and another colour converter."""
    base = np.asarray(scene(5).resize(size, Image.Resampling.BICUBIC))
    frame = av.VideoFrame.from_ndarray(base, format="rgb24").reformat(
        format="yuv420p", dst_colorspace="ITU709" if size[1] > 576 else "ITU601")
    y, u, v = (np.repeat(np.repeat(plane, size[1] // plane.shape[0], 0), size[0] // plane.shape[1], 1)
               for plane in (plane_of(frame, k) for k in range(3)))
    kr, kb = (0.2126, 0.0722) if size[1] > 576 else (0.299, 0.114)  # BT.709, BT.601
    luma, cb, cr = (y - 16) / 219, (u - 128) / 224, (v - 128) / 224
    red, blue = luma + 2 * (1 - kr) * cr, luma + 2 * (1 - kb) * cb
    rgb = np.stack([red, (luma - kr * red - kb * blue) / (1 - kr - kb), blue], 2)
    large = Image.fromarray(np.clip(rgb * 255 + 0.5, 0, 255).astype(np.uint8))
    wanted = np.asarray(large.resize((224, 224), Image.Resampling.BILINEAR)).astype(int)
    from trivium.vision.stream.frames import Converter

    got = np.frombuffer(FilmFrame(frame, 0.0, None, Converter()).picture(224), np.uint8).reshape(224, 224, 3)
    difference = np.abs(got.astype(int) - wanted)
    assert difference.mean() < 0.8 and difference.max() <= 8


def plane_of(frame: Any, k: int) -> Any:
    plane = frame.planes[k]
    return np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width].astype(float)


def test_a_film_taken_upright_with_a_telephone_is_turned(tmp_path: Path) -> None:
    """The left half is red; the file says that it is to be turned by a quarter, clockwise."""
    path = tmp_path / "film.mp4"
    halves = np.zeros((48, 64, 3), np.uint8)
    halves[:, :32], halves[:, 32:] = PAINT["red"], PAINT["blue"]
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for packet in [*stream.encode(av.VideoFrame.from_ndarray(halves, format="rgb24")), *stream.encode()]:
            container.mux(packet)
    data = path.read_bytes()
    identity, quarter = (struct.pack(">9i", *rows) for rows in (
        (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30), (0, 1 << 16, 0, -(1 << 16), 0, 0, 48 << 16, 0, 1 << 30)))
    at = data.index(identity, data.index(b"tkhd"))
    path.write_bytes(data[:at] + quarter + data[at + 36:])
    (shot,) = shots_of(path)
    assert (shot.width, shot.height) == (48, 64)
    top, bottom = shot.picture[:100].reshape(-1, 3).mean(0), shot.picture[124:].reshape(-1, 3).mean(0)
    assert top[0] > 150 > top[2] and bottom[2] > 150 > bottom[0]


def test_a_film_whose_size_changes_goes_on(tmp_path: Path) -> None:
    parts = [film(tmp_path / f"{k}.mjpeg", ["red"] * 3, size, codec="mjpeg") for k, size in
             enumerate([(64, 48), (160, 120), (32, 96)])]
    whole = tmp_path / "film.mjpeg"
    whole.write_bytes(b"".join(part.read_bytes() for part in parts))
    shots = shots_of(whole)
    assert [(shot.width, shot.height) for shot in shots] == [(64, 48)] * 3 + [(160, 120)] * 3 + [(32, 96)] * 3
    assert all(abs(shot.picture[..., 0].mean() - PAINT["red"][0]) < 9 for shot in shots)


def cut(path: Path) -> Path:
    film(path, ["red", "green", "blue"] * 20, size=(320, 240), options={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.6)])
    return path


def test_a_film_that_is_cut_off_gives_what_is_there_and_says_so(tmp_path: Path) -> None:
    seen = []
    with Source(parse(str(cut(tmp_path / "cut.mp4")))) as source, pytest.raises(BadFile) as caught:
        for shot in source.frames():
            seen.append(shot.number)
    assert 5 < len(seen) < 60 and seen == list(range(len(seen)))
    assert f"cut off or damaged: {len(seen)} of 60 frames" in caught.value.message


def test_a_film_whose_beginning_was_cut_away_by_an_edit_list_is_whole(tmp_path: Path) -> None:
    """As telephones trim films: the frames are there, and the file says that they are not to be shown."""
    path = film(tmp_path / "film.mp4", ["red"] * 5 + ["blue"] * 7, fps=10)
    with av.open(str(path)) as container:
        ticks = int(5 / 10 / container.streams.video[0].time_base)
    data = path.read_bytes()
    at = data.index(b"elst") + 4
    assert data[at:at + 8] == struct.pack(">II", 0, 1)  # version 0, one edit: duration, media time, rate
    length, begin = struct.unpack(">Ii", data[at + 8:at + 16])
    assert begin == 0
    path.write_bytes(data[:at + 8] + struct.pack(">Ii", length * 7 // 12, ticks) + data[at + 16:])
    shots = shots_of(path)
    assert len(shots) == 7 and {int(shot.picture[..., 2].mean() > 150) for shot in shots} == {1}


def broken(kind: str, path: Path) -> Path:
    if kind == "empty":
        path.write_bytes(b"")
    elif kind == "text":
        path.write_text("No film at all.\n" * 500)
    elif kind == "no moov":
        path.write_bytes(film(path, ["red"] * 10).read_bytes()[:700])
    elif kind == "no frames":  # an AVI says what it would hold before anything comes
        with av.open(str(path), "w", format="avi") as container:
            still: Any = container.add_stream("mpeg4", rate=10)
            still.width, still.height, still.pix_fmt = 64, 48, "yuv420p"
            container.start_encoding()
    elif kind == "playlist":
        path.write_text("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n")
    elif kind == "sound":
        with av.open(str(path), "w") as container:
            stream: Any = container.add_stream("aac", rate=8000)
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), format="fltp", layout="mono")
            frame.sample_rate = 8000
            for packet in [*stream.encode(frame), *stream.encode()]:
                container.mux(packet)
    return path


@pytest.mark.parametrize(("kind", "words"), [
    ("empty", "no video that can be read"), ("text", "no video that can be read"), ("no moov", "cut off"),
    ("no frames", "no frames"), ("playlist", "no video that can be read"), ("sound", "no pictures"),
])
def test_what_is_no_film_is_refused_in_one_line(tmp_path: Path, kind: str, words: str) -> None:
    with pytest.raises(BadFile) as caught:
        shots_of(broken(kind, tmp_path / "film.mp4"))
    assert words in caught.value.message and caught.value.hint and "\n" not in str(caught.value)
    assert "film.mp4" in caught.value.message


def test_the_photos_of_a_folder_are_frames(tmp_path: Path) -> None:
    photos = write_photos(tmp_path, 2)
    (photos / "poem.txt").write_text("No picture.")
    shots = shots_of(photos)
    assert [shot.name for shot in shots] == ["box/box0.png", "box/box1.png", "disc/disc0.png", "disc/disc1.png"]
    with Image.open(photos / "box" / "box0.png") as image:
        wanted = np.asarray(image.convert("RGB").resize((224, 224), Image.Resampling.BILINEAR))
    assert (shots[0].picture == wanted).all()
    (tmp_path / "none").mkdir()
    with pytest.raises(BadFile, match="no photo"):
        shots_of(tmp_path / "none")


def test_the_demo_camera_says_that_it_is_drawn_and_repeats_itself() -> None:
    assert np.array_equal(np.asarray(demo.scene(7, 33)), np.asarray(demo.scene(7, 33)))
    assert not np.array_equal(np.asarray(demo.scene(7, 33)), np.asarray(demo.scene(8, 33)))
    assert "Synthetic" in demo.SAYS
    with Source(parse("demo:7")) as source:
        found = source.ask(wire.PREVIEW)
    assert isinstance(found, Shot) and found.view is not None and found.view[:2] == b"\xff\xd8"
    assert np.array_equal(found.picture.tobytes(), np.asarray(
        demo.scene(7, found.number).resize((224, 224), Image.Resampling.BILINEAR)).tobytes())


def test_what_decodes_may_do_nothing_else(tmp_path: Path) -> None:
    """Asked of the kernel: seccomp filters it, and it can take no new rights."""
    if not seccomp.available():
        pytest.skip("this kernel has no seccomp")
    with Source(parse("demo")) as source:
        assert isinstance(source.ask(), Shot)
        status = Path(f"/proc/{source.child.pid}/status")
        said = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
    assert said["Seccomp"].strip() == "2" and said["NoNewPrivs"].strip() == "1"


def test_what_could_be_confined_and_is_not_decodes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trivium.core.confine.probe", lambda: Confinement("full", ""))
    assert eye.as_far_as_can_be(Confinement("full", "")) and not eye.as_far_as_can_be(Confinement("limits", ""))
    answer = eye.Unconfined().answer(wire.NEXT)
    assert answer.kind == wire.END and "confined" in answer.facts["error"] and answer.facts["hint"]


def test_what_nobody_asked_for_stays_in_the_pipe() -> None:
    """A decoder that has been taken over may send without end."""
    sent = io.BytesIO()
    for _ in range(100):
        wire.send(sent, wire.Answer(wire.STATE, {"state": "live"}))
    sent.seek(0)
    asked, answers = threading.Semaphore(0), queue.Queue[Any]()
    threading.Thread(target=source._listen, args=(sent, asked, answers), daemon=True).start()
    for _ in range(3):
        asked.release()
        assert answers.get(timeout=30).kind == wire.STATE
    assert answers.empty() and sent.tell() < len(sent.getvalue())


def test_a_film_that_ends_its_decoder_is_told_and_a_camera_is_started_again(tmp_path: Path) -> None:
    with Source(parse(str(film(tmp_path / "film.mp4", ["red"] * 40)))) as source:
        assert isinstance(source.ask(), Shot)
        source.child.kill()
        with pytest.raises(BadFile, match="came to an end"):
            for _ in source.frames():
                pass
    with Source(parse("demo")) as camera:
        assert isinstance(camera.ask(), Shot)
        camera.child.kill()
        camera.child.wait()
        states = [camera.ask() for _ in range(2)]
        assert isinstance(states[0], State) and states[0].state == "reconnecting" and isinstance(states[1], Shot)


class Frames:
    """A camera that a test works by hand."""

    def __init__(self) -> None:
        self.number = 0
        self.taken_at, self.time_s, self.width, self.height, self.name = 0.0, None, 2, 2, None

    def picture(self, side: int) -> bytes:
        return bytes([self.number])


def test_of_a_camera_the_newest_frame_counts_and_it_is_opened_again() -> None:
    import threading

    shown, opened, slept, proceed = threading.Semaphore(0), [], [], threading.Event()

    def frames() -> Any:
        opened.append(True)
        for k in range(5):
            made = Frames()
            made.number = 10 * len(opened) + k
            yield made
        shown.release()
        proceed.wait(30)
        proceed.clear()
        raise BadFile("The cable was pulled.")

    feed = eye.Newest(frames, 224, sleep=slept.append)
    assert shown.acquire(timeout=30)
    first = feed.answer(wire.NEXT)
    assert first.kind == wire.FRAME and first.pixels == bytes([14]) and first.facts["number"] == 4
    stalled = feed.answer(wire.NEXT)  # nothing new came
    assert stalled.kind == wire.STATE and stalled.facts["state"] == "stalled"
    proceed.set()
    assert shown.acquire(timeout=30)  # opened anew
    again = feed.answer(wire.NEXT)
    assert again.pixels == bytes([24]) and again.facts["number"] == 9 and slept == [eye.BACK_OFF_S[0]]


@pytest.mark.parametrize(("text", "kind", "live"), [
    ("demo", "demo", True), ("demo:9", "demo", True), ("rtsp://u:secret@camera:8554/a", "network", True),
    ("http://10.0.0.3/video", "network", True),
])
def test_addresses(text: str, kind: str, live: bool) -> None:
    found = parse(text)
    assert (found.kind, found.live) == (kind, live) and "secret" not in found.shown and is_moving(text)


@pytest.mark.parametrize("text", ["file:///etc/passwd", "gopher://x/", "rtsp://", "concat:a|b", "rtsp://[::1", ""])
def test_other_addresses_are_refused(text: str) -> None:
    with pytest.raises((BadConfig, BadFile)):
        parse(text)
