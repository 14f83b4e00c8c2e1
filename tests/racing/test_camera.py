"""The camera's picture against a slow ray cast of the same ground, and that no pose reads outside of it."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from trivium.racing import camera
from trivium.racing.config import TransferConfig
from trivium.racing.ground import BORDER_LINE_M, TEXEL_M, Look, paint
from trivium.racing.simulator import YAW, Simulator, X, Y
from trivium.racing.tracks.loading import gallery, load_track

# What the reference says of the camera, written out once more.
WIDTH, HEIGHT = 160, 120
FOCAL_PX = 80.0 / math.tan(1.13 / 2)
PITCH, CAMERA_M, AHEAD_M = math.radians(15.0), 0.130, 0.145


@pytest.fixture(scope="module")
def oval() -> Simulator:
    return Simulator(load_track("oval"), 1)


@pytest.fixture(scope="module")
def ground_picture() -> tuple[np.ndarray, tuple[float, float]]:
    return paint(load_track("oval"), Look(), np.random.default_rng(0))


def photograph(sim: Simulator, x: float, y: float, yaw: float) -> np.ndarray:
    sim.state[0, (X, Y, YAW)] = x, y, yaw
    return sim.draw(np.array([0]), sim.picture_buffer())[0].reshape(sim.picture_shape).copy()


def ray_cast(ground: np.ndarray, corner: tuple[float, float], x: float, y: float, yaw: float) -> np.ndarray:
    """A pinhole camera, 4 x 4 rays a pixel, each to the nearest texel; (HEIGHT, WIDTH) float."""
    sub = (np.arange(4) + 0.5) / 4
    rows = (np.arange(HEIGHT)[:, None] + sub).ravel()  # (480,)
    columns = (np.arange(WIDTH)[:, None] + sub).ravel()  # (640,)
    v, u = np.meshgrid((rows - HEIGHT / 2) / FOCAL_PX, (columns - WIDTH / 2) / FOCAL_PX, indexing="ij")
    # camera axes in the world: forward tilted down by the pitch, right, and down
    forward = np.array([math.cos(yaw) * math.cos(PITCH), math.sin(yaw) * math.cos(PITCH), -math.sin(PITCH)])
    right = np.array([math.sin(yaw), -math.cos(yaw), 0.0])
    down = np.cross(forward, right)
    ray = forward + u[..., None] * right + v[..., None] * down  # (480, 640, 3)
    with np.errstate(divide="ignore"):
        length = np.where(ray[..., 2] < 0, CAMERA_M / -ray[..., 2], np.inf)
    eye = np.array([x + AHEAD_M * math.cos(yaw), y + AHEAD_M * math.sin(yaw)])
    seen = length < 200.0
    place = eye + ray[..., :2] * np.where(seen, length, 0.0)[..., None]
    column = np.floor((place[..., 0] - corner[0]) / TEXEL_M).astype(int)
    row = np.floor((place[..., 1] - corner[1]) / TEXEL_M).astype(int)
    inside = (row >= 0) & (row < ground.shape[0]) & (column >= 0) & (column < ground.shape[1])
    grey = np.where(inside, ground[row.clip(0, ground.shape[0] - 1), column.clip(0, ground.shape[1] - 1)], 112.0)
    grey = np.where(seen, grey, 205.0)
    return grey.reshape(HEIGHT, 4, WIDTH, 4).mean(axis=(1, 3))


def poses() -> list[tuple[float, float, float]]:
    """On the centre line, beside it, askew, and looking out over the track."""
    track = load_track("oval")
    found = []
    for share, left_m, turn in ((0, 0, 0), (0.2, 0.2, 0.4), (0.45, -0.25, -0.5), (0.7, 0, 1.5), (0.9, 0.3, 3.0)):
        at = share * track.length_m
        point = [float(np.interp(at, track.arc_m, track.centre[:, k])) for k in (0, 1)]
        on = [float(np.interp(at + 0.05, track.arc_m, track.centre[:, k])) for k in (0, 1)]
        yaw = math.atan2(on[1] - point[1], on[0] - point[0])
        found.append((point[0] - left_m * math.sin(yaw), point[1] + left_m * math.cos(yaw), yaw + turn))
    return found


@pytest.mark.parametrize("pose", poses())
def test_the_picture_equals_a_slow_ray_cast(oval, ground_picture, pose):
    ours = photograph(oval, *pose).astype(float)
    theirs = ray_cast(*ground_picture, *pose)
    off = np.abs(ours - theirs)[28:]  # the first rows reach tens of metres, where any two renderers differ
    assert off.mean() < 2.5  # 1.5 to 2.0 measured, most of it the ground's grain, finer than a texel can hold
    assert abs((ours - theirs)[28:].mean()) < 0.3
    for axis, by in ((1, 1), (1, -1), (0, 1), (0, -1)):  # a picture one pixel aside fits worse
        assert np.abs(np.roll(ours, by, axis) - theirs)[28:-1, 1:-1].mean() > off.mean() + 0.5


def test_the_sky_ends_at_the_horizon(oval):
    horizon = HEIGHT / 2 - FOCAL_PX * math.tan(PITCH)  # 26.2
    for pose in poses():
        picture = photograph(oval, *pose)
        assert (picture[: math.floor(horizon) + 1] == 205).all()
        assert (picture[math.ceil(horizon) + 1 :] != 205).mean() > 0.95


def test_a_light_network_sees_the_mean_of_four_pixels_rounded_half_up():
    rng = np.random.default_rng(3)
    picture = rng.integers(0, 256, (HEIGHT, WIDTH)).astype(np.uint8)
    picture[:2, :2] = [[0, 0], [0, 2]]  # 0.5 -> 1
    pooled = np.empty(HEIGHT * WIDTH // 4, np.uint8)
    camera.pool(picture.ravel(), pooled)
    mean = picture.reshape(HEIGHT // 2, 2, WIDTH // 2, 2).astype(float).mean(axis=(1, 3))
    assert (pooled.reshape(HEIGHT // 2, WIDTH // 2) == np.floor(mean + 0.5)).all()


def test_pooled_pictures_are_the_pooled_pictures():
    track, cars = load_track("oval"), np.arange(3)
    full, small = Simulator(track, 3), Simulator(track, 3, pooled=True)
    for sim in (full, small):
        sim.reset(cars, np.array([0.0, 0.3, 0.6]))
    pictures = full.draw(cars, full.picture_buffer()).reshape(3, 60, 2, 80, 2).astype(float)
    small_pictures = small.draw(cars, small.picture_buffer()).reshape(3, 60, 80)
    assert (small_pictures == np.floor(pictures.mean(axis=(2, 4)) + 0.5)).all()


def test_only_the_listed_cars_are_drawn_in_their_order():
    sim, cars = Simulator(load_track("oval"), 4), np.arange(4)
    sim.reset(cars, np.array([0.0, 0.2, 0.5, 0.8]))
    everyone = sim.draw(cars, sim.picture_buffer()).copy()
    some = sim.draw(np.array([3, 1]), sim.picture_buffer())
    assert some.shape[0] == 2
    assert (some == everyone[[3, 1]]).all()


BOUNDS = """
import numpy as np
from numba import njit
from trivium.racing.config import TransferConfig
from trivium.racing.simulator import Simulator
from trivium.racing.tracks.loading import load_track

@njit
def careless(a, i):
    return a[i]

try:
    careless(np.zeros(3), 3)
except IndexError:
    pass
else:
    raise SystemExit("bounds are not checked")
rng = np.random.default_rng(0)
picture = np.empty(160 * 120, np.uint8)
for track in ("oval", "{longest}"):
    for transfer in (TransferConfig(), TransferConfig(camera=1.0)):
        sim = Simulator(load_track(track), 2, transfer)
        x0, y0, x1, y1 = sim.track.bounds
        centre, size = np.array([x0 + x1, y0 + y1]) / 2, np.array([x1 - x0, y1 - y0]) / 2
        for k in range(150):
            sim.reset(np.arange(1), np.array([0.0]))
            corner = centre + rng.choice([-1.0, 1.0], 2) * (size + rng.choice([0.0, 1.0, 5.0, 1e3, 1e9]))
            sim.state[0, :3] = *corner, rng.choice([rng.uniform(-4, 4), 0.0, np.pi / 2, 1e6])
            sim.photograph(0, picture)
print("every read was inside")
"""


def test_no_pose_reads_outside_the_ground(tmp_path: Path):
    """The kernel has no bounds checks of its own: compiled with Numba's, it still finds nothing to object to."""
    longest = max(gallery(), key=lambda card: load_track(card.id).length_m).id
    script = BOUNDS.replace("{longest}", longest)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=240,
                          env={**os.environ, "NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert "every read was inside" in done.stdout


def two_looks(transfer: TransferConfig, seed: int = 4, episodes: int = 8) -> np.ndarray:
    """Pictures of the same place in several episodes, (episodes, 120, 160)."""
    sim, pictures = Simulator(load_track("oval"), 1, transfer, seed), []
    for _ in range(episodes):
        sim.reset(np.array([0]), np.array([0.1]))
        pictures.append(sim.draw(np.array([0]), sim.picture_buffer())[0].reshape(HEIGHT, WIDTH).copy())
    return np.stack(pictures)


@pytest.mark.parametrize("transfer", [TransferConfig(light=1.0), TransferConfig(texture=1.0),
                                      TransferConfig(camera=1.0)], ids=("light", "texture", "camera"))
def test_randomisation_changes_pictures_and_is_seeded(transfer):
    first, again, other = two_looks(transfer), two_looks(transfer), two_looks(transfer, seed=5)
    assert (first == again).all()
    assert (first != other).any()
    assert len({picture.tobytes() for picture in first}) >= 4


@pytest.mark.parametrize("transfer", [TransferConfig(light=1.0), TransferConfig(texture=1.0),
                                      TransferConfig(light=1.0, texture=1.0, camera=1.0)],
                         ids=("light", "texture", "all"))
def test_lines_stay_visible_under_randomisation(transfer):
    for picture in two_looks(transfer, episodes=20):
        near = picture[60:100].astype(float)  # the road ahead with a border line on each side
        assert near.max() - np.median(near) > 25


def test_without_randomisation_every_episode_looks_the_same():
    assert len({picture.tobytes() for picture in two_looks(TransferConfig())}) == 1


def test_light_is_gain_and_bias_of_the_plain_picture_for_the_network_and_for_who_looks_on():
    sim = Simulator(load_track("oval"), 1, TransferConfig(light=1.0), seed=2)
    sim.reset(np.array([0]), np.array([0.0]))
    gain, bias = sim.light[0]
    seen = sim.draw(np.array([0]), sim.picture_buffer())[0].copy()
    shown = np.empty(camera.PIXELS, np.uint8)
    sim.photograph(0, shown)
    assert (shown == seen).all()
    sim.light[0] = 1.0, 0.0
    plain = sim.draw(np.array([0]), sim.picture_buffer())[0].astype(float)
    assert (seen == np.clip(plain * gain + bias, 0, 255).astype(np.uint8)).all()


def test_a_higher_camera_and_another_aim_move_the_picture():
    views = camera.empty_views(3)
    for pose, (pitch, height, aim) in enumerate([(PITCH, 0.13, 0.0), (PITCH + 0.05, 0.13, 0.0), (PITCH, 0.145, 0.03)]):
        camera.plan_view(views, pose, pitch, height, aim)
    assert views.first[1] < views.first[0]  # looking further down lifts the horizon
    assert views.ahead_m[2, 100, 0] == pytest.approx(views.ahead_m[0, 100, 0] * 0.145 / 0.13)
    assert views.aim_rad.tolist() == [0.0, 0.0, 0.03]


def test_border_lines_are_as_wide_as_said():
    """Across the straight of the oval: road, a light line, carpet."""
    track = load_track("oval")
    picture, corner = paint(track, Look(grain=0.0), np.random.default_rng(0))
    k = 5
    along = track.centre[k + 1] - track.centre[k]
    across = np.array([-along[1], along[0]]) / math.hypot(*along)
    offsets = np.arange(-0.6, 0.6, 0.001) * track.width_m
    middle = (track.inner[k] + track.outer[k]) / 2
    places = middle + offsets[:, None] * across
    texel = ((places - corner) / TEXEL_M).astype(int)
    bright = picture[texel[:, 1], texel[:, 0]] > 200
    runs = np.diff(np.flatnonzero(np.diff(np.concatenate(([0], bright.astype(int), [0])))))[::2] * 0.001 * track.width_m
    assert len(runs) == 2
    assert runs == pytest.approx([BORDER_LINE_M] * 2, abs=0.015)
