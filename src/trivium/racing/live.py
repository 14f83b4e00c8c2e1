"""The live view: where every car is and what one camera sees, for whoever is watching.

One memory-mapped file, ``live.bin``, overwritten at most 30 times a second. Its sequence number is odd while it is
being written, so a reader that sees the same even number before and after has a whole snapshot. Layout, little-endian:
64 bytes header, n_cars x 8 float32, then the picture. Nothing waits for anybody, so watching costs the training
nothing.
"""

from __future__ import annotations

import json
import mmap
import struct
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trivium.racing import camera
from trivium.racing.params import ROW_IS_OFFTRACK, ROW_PROGRESS
from trivium.racing.simulator import SIM_TIME, SPEED, YAW, Simulator, X, Y

MAGIC, VERSION = b"TRVL", 1
HEADER = struct.Struct("<4sIIIdIIIIIIf")
HEADER_BYTES = 64
CAR_FLOATS = 8  # x, y, yaw_rad, speed_mps, steer_deg, progress_pct, reward, flag
EVERY_S = 1.0 / 30.0
LISTEN_EVERY_S = 0.5
DRIVING, UPDATING, EVALUATING, FINISHED = range(4)
IDLE_CAR, DRIVING_CAR, OFF_TRACK_CAR, LAP_CAR = range(4)


class LiveView:
    """Writes RUN/live.bin; reads RUN/control.json for the car to look through."""

    def __init__(self, folder: Path, n_cars: int) -> None:
        self.control = folder / "control.json"
        self.n_cars = n_cars
        self.iteration = self.steps = self.seq = self.focus = self.phase = 0
        self.steps_per_s = 0.0
        self.cars = np.zeros((n_cars, CAR_FLOATS), np.float32)
        self.picture = np.zeros(camera.PIXELS, np.uint8)
        self._next = self._listen = 0.0
        size = HEADER_BYTES + self.cars.nbytes + self.picture.nbytes
        path = folder / "live.bin"
        path.touch()
        with path.open("r+b") as file:
            file.truncate(size)  # never shorter first: a server may have the file of an earlier attempt mapped
            self._map = mmap.mmap(file.fileno(), size)
        self.seq = int.from_bytes(self._map[8:12], "little") // 2 * 2  # goes on where an earlier attempt ended

    def see(self, sim: Simulator, cars: NDArray[np.int64], rewards: list[float]) -> None:
        """Called after every step of the cars (k,); mostly returns at once."""
        now = time.perf_counter()
        if now < self._next:
            return
        self._next = now + EVERY_S
        self._choose_focus(now, cars)
        table = self.cars
        table[:, 7] = np.where(table[:, 7] == DRIVING_CAR, IDLE_CAR, table[:, 7])
        table[cars, 0:3] = sim.state[cars][:, (X, Y, YAW)]
        table[cars, 3] = sim.state[cars, SPEED]
        table[cars, 4] = sim.commands[cars, 1]
        table[cars, 5] = sim.rows[cars, ROW_PROGRESS]
        table[cars, 6] = rewards
        table[cars, 7] = np.where(sim.rows[cars, ROW_IS_OFFTRACK] > 0, OFF_TRACK_CAR,
                                  np.where(sim.rows[cars, ROW_PROGRESS] >= 100.0, LAP_CAR, DRIVING_CAR))
        focus = self.focus if self.focus in cars else int(cars[0])
        sim.photograph(focus, self.picture)
        self._write(focus, float(sim.state[focus, SIM_TIME]))

    def mark(self, phase: int, iteration: int, steps: int, steps_per_s: float = 0.0) -> None:
        """What the training is doing now, shown at once."""
        self.phase, self.iteration, self.steps = phase, iteration, steps
        self.steps_per_s = steps_per_s or self.steps_per_s
        self._write(self.focus, 0.0)

    def _choose_focus(self, now: float, cars: NDArray[np.int64]) -> None:
        if now < self._listen:
            return
        self._listen = now + LISTEN_EVERY_S
        try:
            wanted = json.loads(self.control.read_text())["focus_car"]
            self.focus = int(wanted) if 0 <= int(wanted) < self.n_cars else 0
        except (OSError, ValueError, KeyError, TypeError, OverflowError):
            return  # nobody asked, or not in a way that makes sense

    def _write(self, focus: int, sim_time_s: float) -> None:
        self.seq += 1
        self._header(focus, sim_time_s)
        end = HEADER_BYTES + self.cars.nbytes
        self._map[HEADER_BYTES:end] = self.cars.tobytes()
        self._map[end:] = self.picture.tobytes()
        self.seq += 1
        self._header(focus, sim_time_s)

    def _header(self, focus: int, sim_time_s: float) -> None:
        HEADER.pack_into(self._map, 0, MAGIC, VERSION, self.seq & 0xFFFFFFFF, self.n_cars, sim_time_s, self.iteration,
                         self.phase, self.steps, camera.WIDTH, camera.HEIGHT, focus, self.steps_per_s)
