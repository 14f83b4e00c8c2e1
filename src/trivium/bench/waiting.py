"""How long one waits for the first notes: from the request that a press of Compose sends to the first notes in the live
stream, through a real studio; with the spare process that the studio keeps ready, and without.
"""

from __future__ import annotations

import json
import queue
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from trivium.bench.house import MB
from trivium.bench.result import Result
from trivium.bench.studio import Studio

MUSIC = "/api/v1/music"
SPARE = "trivium.core.spare"
STILL_S = 1.0  # a spare that has used no processor time for so long has loaded


def bench(quick: bool) -> Iterator[Result]:
    """A row for each technique, and what the spare process takes of the memory."""
    repetitions = 1 if quick else 5
    with tempfile.TemporaryDirectory() as scratch, Studio(Path(scratch)) as studio:
        piece = studio.post(f"{MUSIC}/compositions", {"tune": "twinkle"})["id"]
        news = Listener(studio)
        # This page's first request brings the spare, so the runs without it come before.
        titles = {"arcnn": "AR-CNN", "transformer": "Transformer", "gan": "GAN"}
        cold = {technique: median(studio, news, piece, technique, repetitions, False) for technique in titles}
        studio.get(f"{MUSIC}/techniques")
        for technique, title in titles.items():
            warm = median(studio, news, piece, technique, repetitions, True)
            yield Result(f"{title}, first notes after Compose", warm, "s", "without the spare process", cold[technique])
        yield Result("memory of the spare process", waiting(studio).memory_full_info().uss / MB, "MB")


class Listener:
    """The live stream, read by a thread of its own."""

    def __init__(self, studio: Studio) -> None:
        self.stream = studio.opener.open(f"{studio.url}/api/v1/events")
        self.found: queue.Queue[tuple[float, dict[str, Any]]] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.stream:
            if line.startswith(b"data: "):
                self.found.put((time.perf_counter(), json.loads(line[6:])))

    def first(self, run: str, kind: str, state: str | None = None) -> float:
        """When the run told that first."""
        while True:
            at, event = self.found.get(timeout=120)
            if (event["run"], event.get("kind"), event.get("state")) == (run, kind, state):
                return at


def median(studio: Studio, news: Listener, piece: str, technique: str, repetitions: int, spare: bool) -> float:
    """Seconds to the first notes, in the middle of some repetitions."""
    return statistics.median(first_notes_s(studio, news, piece, technique, seed, spare)
                             for seed in range(1, repetitions + 1))


def first_notes_s(studio: Studio, news: Listener, piece: str, technique: str, seed: int, spare: bool) -> float:
    """Seconds to the first notes of one step; then waits until it is done."""
    if spare:
        waiting(studio)
    begin = time.perf_counter()
    run = studio.post(f"{MUSIC}/composings", {"composition": piece, "technique": technique, "seed": seed})["id"]
    took_s = news.first(run, "sample") - begin
    news.first(run, "state", "succeeded")
    return took_s


def waiting(studio: Studio) -> psutil.Process:
    """The studio's spare process, once it has loaded."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for child in psutil.Process(studio.process.pid).children():
            try:
                if SPARE in child.cmdline() and used_s(child) > 0.5:
                    before = used_s(child)
                    time.sleep(STILL_S)
                    if used_s(child) == before:
                        return child
            except psutil.Error:
                continue
        time.sleep(0.1)
    raise RuntimeError("the studio keeps no spare process")


def used_s(process: psutil.Process) -> float:
    used = process.cpu_times()
    return float(used.user + used.system)
