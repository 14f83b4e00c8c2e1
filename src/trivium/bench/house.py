"""The house: time to the help text, time to the first page, memory of server and training."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from trivium.bench.processes import trivium
from trivium.bench.result import Result
from trivium.bench.studio import Studio

MB = 1 << 20


def bench(quick: bool, track: str) -> Iterator[Result]:
    repetitions = 2 if quick else 5
    yield Result("trivium --help", statistics.median(help_s() for _ in range(repetitions)), "s")
    starts = []
    for _ in range(repetitions):
        with tempfile.TemporaryDirectory() as scratch, Studio(Path(scratch)) as studio:
            starts.append(studio.started_s)
            resident = psutil.Process(studio.process.pid).memory_info().rss
    yield Result("trivium up to the first page", statistics.median(starts), "s")
    yield Result("memory of the server", resident / MB, "MB")
    yield Result("memory of a training, at its peak", training_peak(track, 8 if quick else 40) / MB, "MB")


def help_s() -> float:
    begin = time.perf_counter()
    trivium("--help").communicate()
    return time.perf_counter() - begin


def training_peak(track: str, iterations: int) -> int:
    """Largest resident size of the runner process, looked at ten times a second."""
    peak = 0
    with tempfile.TemporaryDirectory() as scratch:
        command = trivium("racing", "train", "--track", track, "--max-iterations", str(iterations), "--out",
                          f"{scratch}/run", "--json")
        while command.poll() is None:
            for child in psutil.process_iter(["cmdline"]):
                if f"{scratch}/run" in (child.info["cmdline"] or []) and "trivium.core.worker" in child.info["cmdline"]:
                    try:
                        peak = max(peak, child.memory_info().rss)
                    except psutil.Error:
                        continue
            time.sleep(0.1)
        command.communicate()
    return peak
