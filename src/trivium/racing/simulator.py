"""Many cars on one track, stepped together: the engine under environment, training, evaluation and benchmarks.

A step follows the original's order: an action is chosen from the picture; the pose *before* it takes effect, with the
action's own speed and angle, makes the facts that the reward function sees and that end an episode (`judge`); then the
car drives for 1/15 s (`advance`) and the next picture is taken (`draw`). All state lies in one array, so kernels are
plain functions of arrays: n cars, STATE_WIDTH columns.
"""

from enum import IntEnum
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from trivium.racing import camera
from trivium.racing.car import STEP_S, drive
from trivium.racing.config import TransferConfig
from trivium.racing.geometry import ALL_WHEELS, NO_HINT, Geometry, locate, pack, pose_at, progress_update
from trivium.racing.ground import pack_ground
from trivium.racing.params import (
    ROW_ALL_WHEELS_ON_TRACK,
    ROW_CLOSEST_NEXT,
    ROW_CLOSEST_PREV,
    ROW_DISTANCE_FROM_CENTER,
    ROW_HEADING_DEG,
    ROW_IS_CRASHED,
    ROW_IS_LEFT_OF_CENTER,
    ROW_IS_OFFTRACK,
    ROW_NDIST,
    ROW_PROGRESS,
    ROW_SIM_TIME_S,
    ROW_SPEED,
    ROW_STEERING_ANGLE,
    ROW_STEPS,
    ROW_TRACK_WIDTH,
    ROW_WIDTH,
    ROW_X,
    ROW_Y,
)
from trivium.racing.track import Track

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

X, Y, YAW, SPEED, YAW_RATE, PROGRESS, START, STEPS, HINT, FALLING, STILL, LAST_X, LAST_Y, SIM_TIME = range(14)
STATE_WIDTH = 14
# X, Y (m) and YAW (rad) of the car's origin; SPEED m/s and YAW_RATE rad/s as driven; PROGRESS % and START 0..1 of this
# episode; HINT for the next search of the track; FALLING, STILL: consecutive steps of lost progress, without motion

PATIENCE_STEPS = 15  # of falling progress or standing still before an episode ends
STILL_M = 0.0003
LIVE_LOOKS = 6  # looks of the ground to draw from when textures vary
CAMERA_SPREAD = (0.015, np.radians(3.0), np.radians(2.0))  # m, rad, rad of height, pitch and aim at full randomisation


class Status(IntEnum):
    """How an episode stands after a step, in the order in which ends are looked for."""

    DRIVING = 0
    LAP_COMPLETE = 1
    CRASHED = 2
    OFF_TRACK = 3
    REVERSED = 4
    IMMOBILIZED = 5
    TIME_UP = 6


STATUS_LABELS = {
    Status.DRIVING: "in_progress", Status.LAP_COMPLETE: "lap_complete", Status.CRASHED: "crashed",
    Status.OFF_TRACK: "off_track", Status.REVERSED: "reversed", Status.IMMOBILIZED: "immobilized",
    Status.TIME_UP: "time_up",
}


@njit(cache=True, nogil=True)
def judge_cars(cars: Any, state: Floats, commands: Floats, geometry: Geometry, rows: Floats, status: Any) -> None:
    """Facts of the listed cars at their present pose.

    commands: (n, 2) speed m/s, steering deg; rows: (n, ROW_WIDTH).
    """
    for i in range(cars.shape[0]):
        car = cars[i]
        s, row = state[car], rows[car]
        place = locate(s[X], s[Y], s[YAW], int(s[HINT]), geometry)
        previous = s[PROGRESS]
        progress = progress_update(previous, place.ndist, s[START], geometry.is_loop)
        s[HINT], s[PROGRESS] = place.segment, progress
        s[STEPS] += 1.0
        s[SIM_TIME] += STEP_S
        s[FALLING] = s[FALLING] + 1.0 if progress < previous else 0.0
        moved = np.hypot(s[X] - s[LAST_X], s[Y] - s[LAST_Y])
        s[STILL] = s[STILL] + 1.0 if moved <= STILL_M else 0.0
        s[LAST_X], s[LAST_Y] = s[X], s[Y]
        row[ROW_X], row[ROW_Y], row[ROW_HEADING_DEG] = place.front_x, place.front_y, np.degrees(s[YAW])
        row[ROW_PROGRESS], row[ROW_STEPS], row[ROW_SIM_TIME_S] = progress, s[STEPS], s[SIM_TIME]
        row[ROW_SPEED], row[ROW_STEERING_ANGLE] = commands[car, 0], commands[car, 1]
        row[ROW_DISTANCE_FROM_CENTER], row[ROW_TRACK_WIDTH] = place.distance_m, place.width_m
        row[ROW_CLOSEST_PREV], row[ROW_CLOSEST_NEXT], row[ROW_NDIST] = place.behind, place.ahead, place.ndist
        row[ROW_IS_LEFT_OF_CENTER] = 1.0 if place.is_left else 0.0
        row[ROW_ALL_WHEELS_ON_TRACK] = 1.0 if place.wheels == ALL_WHEELS else 0.0
        row[ROW_IS_OFFTRACK] = 1.0 if place.wheels == 0 else 0.0
        row[ROW_IS_CRASHED] = 0.0
        if progress >= 100.0:
            status[car] = 1
        elif place.wheels == 0:
            status[car] = 3
        elif s[FALLING] >= PATIENCE_STEPS:
            status[car] = 4
        elif s[STILL] >= PATIENCE_STEPS:
            status[car] = 5
        else:
            status[car] = 0


@njit(cache=True, nogil=True)
def advance_cars(cars: Any, state: Floats, commands: Floats) -> None:
    """Drive the listed cars for one frame."""
    for i in range(cars.shape[0]):
        car = cars[i]
        s = state[car]
        s[X], s[Y], s[YAW], s[SPEED], s[YAW_RATE] = drive(
            s[X], s[Y], s[YAW], s[SPEED], s[YAW_RATE], commands[car, 0], commands[car, 1])


@njit(cache=True, nogil=True)
def place_car(s: Floats, ndist: float, left_m: float, turn_rad: float, geometry: Geometry) -> None:
    """Stand a car on the centre line at `ndist`, `left_m` to the left of it and turned by `turn_rad`, speed 0."""
    x, y, yaw, segment = pose_at(ndist, geometry.centre, geometry.ndists, geometry.is_loop)
    s[X], s[Y], s[YAW] = x - left_m * np.sin(yaw), y + left_m * np.cos(yaw), yaw + turn_rad
    s[SPEED], s[YAW_RATE], s[HINT], s[FALLING], s[STILL] = 0.0, 0.0, segment, 0.0, 0.0
    s[LAST_X], s[LAST_Y] = np.inf, np.inf


@njit(cache=True, nogil=True)
def reset_cars(cars: Any, state: Floats, starts: Floats, left_m: Floats, turn_rad: Floats, geometry: Geometry) -> None:
    """Stand the listed cars at the beginning of an episode."""
    for i in range(cars.shape[0]):
        s = state[cars[i]]
        s[:] = 0.0
        place_car(s, starts[i], left_m[i], turn_rad[i], geometry)
        s[START], s[HINT], s[STEPS] = starts[i], NO_HINT, 1.0  # step 1 is the prepare step, which nobody rewards


class Simulator:
    """n cars on one track as driven (for the other way round give `track.reversed()`)."""

    def __init__(self, track: Track, n_cars: int, transfer: TransferConfig | None = None, seed: int = 0,
                 pooled: bool = False) -> None:
        """pooled: pictures are 80 x 60, 2 x 2 means of the camera's 160 x 120."""
        self.track, self.n_cars, self.pooled = track, n_cars, pooled
        self.transfer = transfer or TransferConfig()
        self.rng = np.random.default_rng(seed)
        self.geometry = pack(track)
        self.state = np.zeros((n_cars, STATE_WIDTH))
        self.rows = np.zeros((n_cars, ROW_WIDTH))
        self.status = np.zeros(n_cars, np.int64)
        self.commands = np.zeros((n_cars, 2))  # speed m/s, steering deg
        self.look = np.zeros(n_cars, np.int64)
        self.light = np.tile([1.0, 0.0], (n_cars, 1))  # gain, bias
        self.view = np.zeros(n_cars, np.int64)
        self.views = camera.empty_views(n_cars if self.transfer.camera else 1)
        self._plan_views()
        looks = LIVE_LOOKS if self.transfer.texture else 1
        self.ground = pack_ground(track, self._reach(), looks, self.transfer.texture, seed)
        shape = (camera.HEIGHT // 2, camera.WIDTH // 2) if pooled else (camera.HEIGHT, camera.WIDTH)
        self.picture_shape = shape

    def _plan_views(self) -> None:
        for pose in range(len(self.views.first)):
            camera.plan_view(self.views, pose, camera.PITCH_RAD, camera.HEIGHT_M, 0.0)
        if self.transfer.camera:
            self.view = np.arange(self.n_cars, dtype=np.int64)

    def _reach(self) -> Floats:
        """Reach of each level over every camera pose that can be drawn."""
        if not self.transfer.camera:
            return camera.reach_by_level(self.views)
        dh, dp, _ = np.array(CAMERA_SPREAD) * self.transfer.camera
        trial = camera.empty_views(25)
        poses = [(p, h) for p in np.linspace(-dp, dp, 5) for h in np.linspace(-dh, dh, 5)]
        for i, (p, h) in enumerate(poses):
            camera.plan_view(trial, i, camera.PITCH_RAD + p, camera.HEIGHT_M + h, 0.0)
        reach = camera.reach_by_level(trial)
        return np.maximum.accumulate(reach * 1.3)  # between the trial poses a level may reach a little further

    def reset(self, cars: Ints, starts: Floats, left_m: Floats | float = 0.0, turn_rad: Floats | float = 0.0) -> None:
        """Begin an episode for the listed cars, (k,), at starts, (k,) 0..1 along the lap. Draws their looks anew."""
        left, turn = np.full(len(cars), left_m, np.float64), np.full(len(cars), turn_rad, np.float64)
        reset_cars(cars, self.state, np.asarray(starts, np.float64), left, turn, self.geometry)
        if self.transfer != TransferConfig():
            for car in cars.tolist():
                self._vary(car)
        self.status[cars] = Status.DRIVING
        self.rows[cars] = 0.0

    def put_back(self, car: int, ndist: float, left_m: float = 0.0) -> None:
        """Stand one car on the track again in the middle of its episode."""
        place_car(self.state[car], ndist, left_m, 0.0, self.geometry)
        self.status[car] = Status.DRIVING

    def _vary(self, car: int) -> None:
        t = self.transfer
        if t.texture:
            self.look[car] = self.rng.integers(LIVE_LOOKS)
        if t.light:
            self.light[car] = 1.0 + 0.5 * t.light * self.rng.uniform(-1, 1), 50.0 * t.light * self.rng.uniform(-1, 1)
        if t.camera:
            dh, dp, da = np.array(CAMERA_SPREAD) * t.camera * self.rng.uniform(-1, 1, 3)
            camera.plan_view(self.views, car, camera.PITCH_RAD + dp, camera.HEIGHT_M + dh, da)

    def judge(self, cars: Ints, commands: Floats) -> tuple[Floats, Ints]:
        """Facts (k, ROW_WIDTH) and Status (k,) of the listed cars, given their actions' (k, 2) speed and steering."""
        self.commands[cars] = commands
        judge_cars(cars, self.state, self.commands, self.geometry, self.rows, self.status)
        return self.rows[cars], self.status[cars]

    def advance(self, cars: Ints) -> None:
        """Drive the listed cars for 1/15 s with the commands last judged."""
        advance_cars(cars, self.state, self.commands)

    def draw(self, cars: Ints, out: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Camera pictures of the listed cars into the first k rows of out, (>= k, rows * columns) uint8."""
        camera.draw_all(out, cars, self.state[:, :3], self.ground, self.look, self.views, self.view, self.light,
                        self.pooled)
        return out[: len(cars)]

    def photograph(self, car: int, out: NDArray[np.uint8]) -> None:
        """One car's full picture, (PIXELS,) uint8, whatever the network is shown."""
        x, y, yaw = self.state[car, :3]
        camera.draw(out, x, y, yaw, self.ground, self.look[car], self.views, self.view[car])
        gain, bias = self.light[car]
        if gain != 1.0 or bias != 0.0:
            camera.relight(out, gain, bias)

    def picture_buffer(self, k: int | None = None) -> NDArray[np.uint8]:
        """An array for `draw`: (k or n_cars, rows * columns) uint8."""
        return np.empty((k or self.n_cars, self.picture_shape[0] * self.picture_shape[1]), np.uint8)

    def capture(self) -> dict[str, Any]:
        """Everything random that `restore` needs to go on identically between episodes; plain JSON values."""
        return {"rng": self.rng.bit_generator.state}

    def restore(self, state: dict[str, Any]) -> None:
        self.rng.bit_generator.state = state["rng"]
