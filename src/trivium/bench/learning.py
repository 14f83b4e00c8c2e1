"""From `trivium racing train` to the first evaluation in which all of 20 greedy starts complete a lap.

Whole processes, start-up included, one seed after the other; speeds 1 and 2 m/s, five steering angles, a centre-line
plus progress reward.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from trivium.bench.processes import measured, metric
from trivium.bench.result import Result

SEEDS = (1, 2, 3, 4, 5)


def bench(quick: bool, track: str) -> Iterator[Result]:
    walls, steps = [], []
    name = Path(track).stem
    with tempfile.TemporaryDirectory() as scratch:
        for seed in SEEDS[:1] if quick else SEEDS:
            out = Path(scratch) / f"seed-{seed}"
            run = measured("racing", "train", "--track", track, "--seed", str(seed), "--out", str(out),
                           "--stop-at-completion", "100", "--max-minutes", "5")
            reached = metric(out, "completion_rate/evaluation")[-1] >= 1.0
            walls.append(run.wall_s if reached else float("inf"))
            steps.append(run.result["steps"])
    note = f"{name}, seeds: " + ", ".join(f"{wall:.1f} s ({count:,} steps)"
                                         for wall, count in zip(walls, steps, strict=True))
    yield Result("first 20 of 20 laps, median", statistics.median(walls), "s", note=note)
    yield Result("first 20 of 20 laps, slowest seed", max(walls), "s", note=name)
