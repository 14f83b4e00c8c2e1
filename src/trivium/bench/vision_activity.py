"""Teaching activity recognition: how often it is right on clips of figures that no training clip showed.

Each training is a run as everybody's, on drawn clips (`trivium vision demo --task activity`). What it reaches says how
well the training works, not how well a model does on anybody's clips.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trivium.bench.result import Result

CLIPS, QUICK_CLIPS, HELD, QUICK_HELD, SEEDS = 160, 24, 200, 16, (1, 2, 3)
HELD_SEED = 1000  # of the clips that the models are judged on


def bench(quick: bool) -> Iterator[Result]:
    """The share of right answers, of the seed in the middle, and the minutes of a training."""
    from trivium.vision.demo_data.clip_project import demo_clips

    with tempfile.TemporaryDirectory(prefix="trivium-bench-") as scratch:
        data = Path(scratch)
        demo_clips(data, "held", QUICK_HELD if quick else HELD, seed=HELD_SEED)
        trained = [taught(data, seed, quick) for seed in SEEDS[:1 if quick else len(SEEDS)]]
    reports, minutes = [report for report, _ in trained], [took for _, took in trained]
    middle = sorted(reports, key=lambda report: report["accuracy"])[len(reports) // 2]
    low, high = middle["interval"]
    seeds = ", ".join(f"{report['accuracy']:.3f}" for report in reports)
    yield Result("Activity, right answers on clips of other figures", middle["accuracy"], "",
                 note=f"{QUICK_CLIPS if quick else CLIPS} drawn clips, judged on {middle['n']}: "
                      f"95 % interval {low:.3f} to {high:.3f}; seeds: {seeds}")
    yield Result("Activity, a training from the click to its scores", statistics.median(minutes), "min")


def taught(data: Path, seed: int, quick: bool) -> tuple[dict[str, Any], float]:
    """A training's report on the project `held`, and the minutes that it took."""
    from trivium.vision import notebook
    from trivium.vision.project import ACTIVITY

    name = f"bench-{seed}"
    notebook.make_demo(name, task=ACTIVITY, photos=QUICK_CLIPS if quick else CLIPS, seed=seed, data=data)
    settings: dict[str, Any] = {"learn": {"updates": 20}} if quick else {}
    begin = time.perf_counter()
    result = notebook.train(name, seed=seed, data=data, config=settings)
    minutes = (time.perf_counter() - begin) / 60
    return notebook.evaluate(result, on="held", data=data), minutes
