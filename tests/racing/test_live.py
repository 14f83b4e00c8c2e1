"""The live view's file, read the way its layout is documented."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from trivium.racing import live
from trivium.racing.live import LiveView
from trivium.racing.simulator import Simulator
from trivium.racing.tracks.loading import load_track

CARS = np.arange(3)


@pytest.fixture
def sim() -> Simulator:
    made = Simulator(load_track("oval"), 3)
    made.reset(CARS, np.array([0.0, 0.4, 0.8]))
    drive(made)
    return made


def drive(sim: Simulator) -> None:
    sim.judge(CARS, np.array([[1.0, 5.0], [2.0, -5.0], [3.0, 0.0]]))
    sim.advance(CARS)


def snapshot(folder: Path) -> tuple[dict[str, float], np.ndarray, np.ndarray]:
    """Header, cars (n, 8), picture (120, 160)."""
    data = (folder / "live.bin").read_bytes()
    names = ("magic", "version", "seq", "n_cars", "sim_time_s", "iteration", "phase", "total_steps", "camera_w",
             "camera_h", "focus_car", "steps_per_s")
    header = dict(zip(names, struct.unpack_from("<4s3Id6If", data), strict=True))
    cars = np.frombuffer(data, "<f4", header["n_cars"] * 8, 64).reshape(-1, 8)
    picture = np.frombuffer(data, np.uint8, 160 * 120, 64 + cars.nbytes).reshape(120, 160)
    assert len(data) == 64 + cars.nbytes + 160 * 120
    return header, cars, picture


def test_a_snapshot_holds_header_cars_and_picture(sim, tmp_path):
    view = LiveView(tmp_path, 3)
    view.mark(live.DRIVING, 4, 1234, 567.0)
    view.see(sim, CARS, [0.5, 1.5, 2.5])
    header, cars, picture = snapshot(tmp_path)
    assert (header["magic"], header["version"], header["n_cars"]) == (b"TRVL", 1, 3)
    assert (header["iteration"], header["phase"], header["total_steps"]) == (4, 0, 1234)
    assert (header["camera_w"], header["camera_h"], header["focus_car"]) == (160, 120, 0)
    assert (header["sim_time_s"], header["steps_per_s"]) == pytest.approx((1 / 15, 567.0))
    assert cars[:, :3] == pytest.approx(sim.state[:, :3], abs=1e-5)
    assert cars[:, 4].tolist() == [5.0, -5.0, 0.0]
    assert cars[:, 6].tolist() == [0.5, 1.5, 2.5]
    assert cars[:, 7].tolist() == [1.0, 1.0, 1.0]
    seen = sim.draw(np.array([0]), sim.picture_buffer())[0]
    assert (picture.ravel() == seen).all()


def test_the_sequence_is_even_between_writes_and_rises(sim, tmp_path):
    view, seen = LiveView(tmp_path, 3), []
    for phase in range(4):
        view.mark(phase, 0, 0)
        seen.append(snapshot(tmp_path)[0]["seq"])
    assert seen == sorted(set(seen)) and all(seq % 2 == 0 for seq in seen)


def test_the_sequence_is_odd_while_it_is_being_written(sim, tmp_path):
    view, inside = LiveView(tmp_path, 3), []

    class Watched(np.ndarray):
        def tobytes(self, *args):
            inside.append(snapshot(tmp_path)[0]["seq"] % 2)
            return super().tobytes(*args)

    view.picture = view.picture.view(Watched)
    view.mark(live.UPDATING, 0, 0)
    assert inside == [1]


def test_it_writes_at_most_thirty_times_a_second(sim, tmp_path, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(live.time, "perf_counter", lambda: clock[0])
    view, seqs = LiveView(tmp_path, 3), set()
    for _ in range(1000):
        view.see(sim, CARS, [0.0] * 3)
        seqs.add(snapshot(tmp_path)[0]["seq"])
        clock[0] += 0.001
    assert 25 <= len(seqs) <= 31


def test_the_viewer_chooses_whose_camera_is_shown(sim, tmp_path, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(live.time, "perf_counter", lambda: clock[0])
    view = LiveView(tmp_path, 3)
    for asked, shown in (({"focus_car": 2}, 2), ({"focus_car": 99}, 0), ({"focus_car": 1}, 1)):
        (tmp_path / "control.json").write_text(json.dumps(asked))
        clock[0] += 1.0
        view.see(sim, CARS, [0.0] * 3)
        assert snapshot(tmp_path)[0]["focus_car"] == shown
    clock[0] += 1.0
    view.see(sim, np.array([2]), [0.0])  # the one that was shown has ended its drive
    assert snapshot(tmp_path)[0]["focus_car"] == 2


@pytest.mark.parametrize("junk", ["", "[1]", "{}", '{"focus_car": null}', '{"focus_car": Infinity}',
                                  '{"focus_car": NaN}', '{"focus_car": "two"}', "\xff"])
def test_a_senseless_wish_is_ignored(sim, tmp_path, junk):
    (tmp_path / "control.json").write_text(junk, encoding="latin-1")
    view = LiveView(tmp_path, 3)
    view.see(sim, CARS, [0.0] * 3)
    assert snapshot(tmp_path)[0]["focus_car"] == 0


def test_flags_tell_driving_off_track_lap_complete_and_idle(sim, tmp_path, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(live.time, "perf_counter", lambda: clock[0])
    view = LiveView(tmp_path, 3)
    sim.rows[1, 13] = 1.0  # off track
    sim.rows[2, 3] = 100.0  # progress
    view.see(sim, CARS, [0.0] * 3)
    assert snapshot(tmp_path)[1][:, 7].tolist() == [live.DRIVING_CAR, live.OFF_TRACK_CAR, live.LAP_CAR]
    clock[0] += 1.0
    view.see(sim, np.array([1]), [0.0])
    assert snapshot(tmp_path)[1][0, 7] == live.IDLE_CAR


def test_a_new_attempt_never_shortens_a_file_that_somebody_has_mapped(sim, tmp_path):
    first = LiveView(tmp_path, 3)
    first.mark(live.FINISHED, 9, 9)
    before, number = snapshot(tmp_path)[0]["seq"], (tmp_path / "live.bin").stat().st_ino
    again = LiveView(tmp_path, 3)
    assert snapshot(tmp_path)[0]["seq"] == before  # old, but whole
    again.mark(live.DRIVING, 0, 0)
    assert snapshot(tmp_path)[0]["seq"] > before
    assert (tmp_path / "live.bin").stat().st_ino == number
