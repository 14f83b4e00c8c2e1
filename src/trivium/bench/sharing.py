"""Two trainings at once beside one alone: how much of its speed each keeps."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from trivium.bench.processes import measured, metric, trivium
from trivium.bench.result import Result

WARM_UP = 3  # iterations


def bench(quick: bool, track: str) -> Iterator[Result]:
    iterations = "10" if quick else "30"
    with tempfile.TemporaryDirectory() as scratch:
        common = ("racing", "train", "--track", track, "--max-iterations", iterations)
        alone = Path(scratch) / "alone"
        measured(*common, "--seed", "1", "--out", str(alone))
        single = rate(alone)
        both = [Path(scratch) / "first", Path(scratch) / "second"]
        running = [trivium(*common, "--seed", "1", "--out", str(out), "--json") for out in both]
        for process in running:
            process.communicate()
        slower = min(rate(out) for out in both)
    yield Result("two trainings at once, the slower one", slower, "steps/s", "one alone", single)


def rate(folder: Path) -> float:
    """Median steps a second over a run's iterations."""
    return statistics.median(metric(folder, "charts/sps")[WARM_UP:])
