"""What the live view costs a training: steps a second with somebody watching it at 30 pictures a second, and without.

The one who watches is a WebSocket client in a process of its own, as light as one can be: what a browser then draws
is up to the graphics processor of the machine that it runs on.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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


def bench(quick: bool, track: str) -> Iterator[Result]:
    repetitions, iterations = (1, 12) if quick else (3, 12)
    plain, watched, frames_per_s = [], [], []
    with tempfile.TemporaryDirectory() as scratch, Studio(Path(scratch)) as studio:
        for seed in range(1, repetitions + 1):
            plain.append(train(studio, iterations, seed, watch=False)[0])
            rate, frames = train(studio, iterations, seed, watch=True)
            watched.append(rate)
            frames_per_s.append(frames)
    yield Result("training while its live view is watched", statistics.median(watched), "steps/s", "not watched",
                 statistics.median(plain), note=f"{statistics.median(frames_per_s):.0f} pictures/s arrived")


def train(studio: Studio, iterations: int, seed: int, watch: bool) -> tuple[float, float]:
    """(steps a second, pictures a second) of one training on the oval, started over HTTP."""
    body: dict[str, Any] = {"name": f"{'watched' if watch else 'alone'} {seed}", "track": "oval", "seed": seed,
                            "reward_code": studio.default_reward(),
                            "config": {"max_iterations": iterations, "max_minutes": None}}
    run = studio.post("/api/v1/racing/trainings", body)
    watcher = None
    if watch:
        url = f"{studio.url.replace('http', 'ws', 1)}/api/v1/runs/{run['id']}/live"
        watcher = subprocess.Popen([sys.executable, "-c", WATCH, url, studio.cookie], stdout=subprocess.PIPE, text=True)
    while studio.get(f"/api/v1/runs/{run['id']}")["state"] in ("queued", "starting", "running", "stopping"):
        time.sleep(1.0)
    frames_per_s = 0.0
    if watcher is not None:  # the studio ends the stream with the run
        out, _ = watcher.communicate(timeout=90)
        frames_per_s = float(json.loads(out))
    return statistics.median(metric(studio.data / "runs" / run["id"], "charts/sps")[WARM_UP:]), frames_per_s
