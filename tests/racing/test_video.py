"""The MP4 of a drive, decoded again."""

from __future__ import annotations

import av
import numpy as np
import pytest

from trivium.racing import video
from trivium.racing.simulator import Simulator
from trivium.racing.tracks.loading import load_track
from trivium.racing.video import SIZE, film


@pytest.mark.parametrize("frames", [1, 20])
def test_a_film_has_a_frame_a_step_at_real_speed(tmp_path, frames):
    sim = Simulator(load_track("oval"), 1, pooled=True)
    drive = {key: [] for key in ("x", "y", "yaw", "speed", "steer", "progress")}
    sim.reset(np.array([0]), np.array([0.0]))
    for step in range(frames):
        sim.judge(np.array([0]), np.array([[2.0, 10.0]]))
        x, y, yaw, speed = sim.state[0, :4]
        for key, value in zip(drive, (x, y, yaw, speed, 10.0, float(step)), strict=True):
            drive[key].append(float(value))
        sim.advance(np.array([0]))
    path = tmp_path / "drive.mp4"
    film(path, sim, drive)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
        assert float(stream.average_rate) == 15.0
    assert len(pictures) == frames
    assert {picture.shape for picture in pictures} == {(SIZE[1], SIZE[0], 3)}
    assert not list(tmp_path.glob(".tmp-*"))
    if frames > 1:  # the camera's view on the left moves on
        assert np.abs(pictures[0][20:380, 10:490].astype(int) - pictures[-1][20:380, 10:490]).mean() > 1.0


def standing(sim: Simulator, frames: int) -> dict[str, list[float]]:
    x, y, yaw = sim.state[0, :3].tolist()
    return {"x": [x] * frames, "y": [y] * frames, "yaw": [yaw] * frames, "speed": [0.0] * frames,
            "steer": [0.0] * frames, "progress": [0.0] * frames}


def test_the_film_is_vp9_made_without_a_gpl_encoder(tmp_path):
    sim = Simulator(load_track("oval"), 1, pooled=True)
    film(tmp_path / "drive.mp4", sim, standing(sim, 3))
    with av.open(str(tmp_path / "drive.mp4")) as container:
        assert container.format.name.startswith("mov,mp4")
        assert container.streams.video[0].codec_context.name in ("vp9", "libvpx-vp9")
    assert not {"libx264", "libx264rgb", "libx265", "libxvid"} & set(video.CODECS)


@pytest.mark.parametrize("codec", [name for name in video.CODECS if name in av.codecs_available])
def test_each_encoder_that_may_be_the_first_makes_a_film(tmp_path, monkeypatch, codec):
    monkeypatch.setattr(video, "CODECS", {codec: video.CODECS[codec]})
    sim = Simulator(load_track("oval"), 1, pooled=True)
    film(tmp_path / "drive.mp4", sim, standing(sim, 5))
    with av.open(str(tmp_path / "drive.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == 5


def test_the_camera_picture_in_the_film_is_what_the_car_saw(tmp_path):
    sim = Simulator(load_track("oval"), 1)
    sim.reset(np.array([0]), np.array([0.3]))
    seen = sim.draw(np.array([0]), sim.picture_buffer())[0].reshape(120, 160).copy()
    film(tmp_path / "drive.mp4", sim, standing(sim, 1))
    with av.open(str(tmp_path / "drive.mp4")) as container:
        picture = next(container.decode(video=0)).to_ndarray(format="gray")
    shown = picture[20:380, 10:490].reshape(120, 3, 160, 3).mean(axis=(1, 3))
    assert np.abs(shown - seen).mean() < 10.0  # scaled up, coded with loss
