"""From the press of Roll back to the first frame that the version of before has judged, on a device.

The device is an agent in a process of its own, joined as any other, with the demo camera before it; the studio is a
real one. Both versions are classifiers with the whole backbone, as every training makes them. When a frame was judged
stands in the device's own diary, and both clocks are this machine's.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from trivium.bench.result import Result
from trivium.bench.studio import Studio
from trivium.bench.vision_learning import draw

VISION = "/api/v1/vision"
PHOTOS, ROLL_BACKS, PATIENCE_S = 24, 5, 120.0
BETWEEN_S = 3.0  # between two of them, each begun at another moment of whatever goes round and round
PROJECT, DEVICE = "few", "bench"
DIARY = Path("seen") / PROJECT / "events.jsonl"


def bench(quick: bool) -> Iterator[Result]:
    """The medians, to the first frame on the device and to the studio's knowing of it."""
    import trivium.vision as vision

    with tempfile.TemporaryDirectory(prefix="trivium-bench-") as folder:
        data, place = Path(folder) / "data", Path(folder) / "device"
        draw(Path(folder) / "few", PHOTOS)
        vision.import_photos(Path(folder) / "few", name=PROJECT, data=data)
        runs = [Path(vision.train(PROJECT, seed=seed, data=data)["run"]).name for seed in (1, 2)]
        with Studio(data) as studio, Device(studio, place) as device:
            for run in runs:
                device.deploy(run)
            found = [device.roll_back(k) for k in range(1 if quick else ROLL_BACKS)]
    frames, told = ([row[k] for row in found] for k in (0, 1))
    yield Result("Roll back, from the click to its first frame", statistics.median(frames), "s", note=spread(frames))
    yield Result("Roll back, from the click to the studio knowing", statistics.median(told), "s", note=spread(told))


def spread(values: list[float]) -> str:
    return f"N={len(values)}, {min(values):.2f} to {max(values):.2f} s"


class Device:
    """An agent in a process of its own; use it in a `with`."""

    def __init__(self, studio: Studio, place: Path) -> None:
        self.studio, self.place, self.id = studio, place, ""

    def __enter__(self) -> Device:
        command = self.studio.post(f"{VISION}/devices/codes", {})["command"].split()
        self.process = subprocess.Popen([sys.executable, "-m", *command, "--name", DEVICE, "--place", str(self.place)],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.id = str(patiently(lambda: self.studio.get(f"{VISION}/devices"))[0]["id"])
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)

    def now(self) -> dict[str, Any]:
        """What it is to run and what it runs."""
        (found,) = self.studio.get(f"{VISION}/devices/{self.id}")["projects"]
        return dict(found)

    def deploy(self, run: str) -> None:
        """Let it run a training's model, and wait until it does."""
        version = self.studio.post(f"{VISION}/devices/{self.id}/projects", {"run": run})["version"]
        patiently(lambda: self.now()["running"] == version)

    def roll_back(self, number: int) -> tuple[float, float]:
        """Seconds to the first frame of the version of before, and until the studio knows that it runs."""
        time.sleep(BETWEEN_S + 0.37 * number)
        begin = time.time()
        version = self.studio.post(f"{VISION}/devices/{self.id}/projects/{PROJECT}/rollback", {})["version"]
        patiently(lambda: self.now()["running"] == version)
        told_s = time.time() - begin
        return patiently(lambda: self.first_frame(version, begin)) - begin, told_s

    def first_frame(self, version: str, since: float) -> float | None:
        """When the first one after `since` was judged by this version, Unix seconds."""
        rows = map(json.loads, (self.place / DIARY).read_text().split("\n")[:-1])
        judged = ((row["time"] + row["latency_ms"] / 1e3, row["model"]) for row in rows)
        return next((moment for moment, model in judged if moment >= since and model == version), None)


def patiently(holds: Callable[[], Any]) -> Any:
    """The first true answer."""
    until = time.monotonic() + PATIENCE_S
    while not (found := holds()):
        if time.monotonic() > until:
            raise RuntimeError("the device did not get there in time")
        time.sleep(0.02)
    return found
