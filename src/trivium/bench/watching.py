"""What the live view costs a training: steps a second with somebody watching it at 30 pictures a second, and without.

Once a WebSocket client in a process of its own watches, as light as one can be: what the stream costs. Once, where
there is one, a browser shows the page on the same machine: what the pictures cost with it.
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

from trivium.bench import browser
from trivium.bench.processes import metric
from trivium.bench.result import Result
from trivium.bench.sharing import WARM_UP
from trivium.bench.studio import Studio

WATCH = """
import sys, time, websockets.sync.client as client
with client.connect(sys.argv[1], additional_headers={"Cookie": sys.argv[2]}, max_size=None) as socket:
    seen = []
    try:
        while True:
            socket.recv(timeout=60)
            seen.append(time.monotonic())
    except Exception:
        print((len(seen) - 1) / (seen[-1] - seen[0]) if len(seen) > 1 else 0.0, flush=True)
"""


class Client:
    """A reader of the live stream that draws nothing."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio

    def watch(self, run: str) -> None:
        url = f"{self.studio.url.replace('http', 'ws', 1)}/api/v1/runs/{run}/live"
        self.process = subprocess.Popen([sys.executable, "-c", WATCH, url, self.studio.cookie], stdout=subprocess.PIPE,
                                        text=True)

    def pictures_per_s(self) -> float:
        out, _ = self.process.communicate(timeout=90)  # the studio ends the stream with the run
        return float(json.loads(out))


def in_browser(studio: Studio) -> browser.Browser:
    return browser.Browser(f"{studio.url}/?token={studio.token}")


Watcher = Callable[[Studio], Client | browser.Browser]


def bench(quick: bool, track: str) -> Iterator[Result]:
    repetitions, iterations = (1, 12) if quick else (3, 24)
    ways: dict[str, Watcher | None] = {"alone": None, "streamed": Client}
    if browser.missing() is None:
        ways["drawn"] = in_browser
    rates: dict[str, list[float]] = {way: [] for way in ways}
    pictures: dict[str, list[float]] = {way: [] for way in ways}
    with tempfile.TemporaryDirectory() as scratch, Studio(Path(scratch)) as studio:
        for seed in range(1, repetitions + 1):
            for way, make in ways.items():
                rate, seen = train(studio, iterations, seed, way, make)
                rates[way].append(rate)
                pictures[way].append(seen)
    alone = statistics.median(rates["alone"])
    yield Result("training while its live view is streamed", statistics.median(rates["streamed"]), "steps/s",
                 "not watched", alone, note=f"{statistics.median(pictures['streamed']):.0f} pictures/s arrived")
    if "drawn" not in ways:
        return
    yield Result("training while a browser shows it", statistics.median(rates["drawn"]), "steps/s", "not watched",
                 alone, note=f"{statistics.median(pictures['drawn']):.0f} pictures/s drawn, 1280 x 800")


def train(studio: Studio, iterations: int, seed: int, name: str, make: Watcher | None) -> tuple[float, float]:
    """(steps a second, pictures a second) of one training on the oval, started over HTTP."""
    body: dict[str, Any] = {"name": f"{name} {seed}", "track": "oval", "seed": seed,
                            "reward_code": studio.default_reward(),
                            "config": {"max_iterations": iterations, "max_minutes": None}}
    watcher = make(studio) if make else None
    run = studio.post("/api/v1/racing/trainings", body)["id"]
    if watcher:
        watcher.watch(run)
    while studio.get(f"/api/v1/runs/{run}")["state"] in ("queued", "starting", "running", "stopping"):
        time.sleep(1.0)
    pictures_per_s = watcher.pictures_per_s() if watcher else 0.0
    return statistics.median(metric(studio.data / "runs" / run, "charts/sps")[WARM_UP:]), pictures_per_s
