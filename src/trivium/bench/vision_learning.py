"""Teaching a classifier: from the click to its scores, from photos on disk to a head, and how fast fine-tuning goes.

With TrashNet's photos where they lie beside the project, else with as many drawings of the same size. Each training is
a run as everybody's: a confined process of its own, five folds, the bundle written and checked.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trivium.bench.result import Result
from trivium.bench.studio import Studio
from trivium.bench.waiting import Listener, waiting

TRASHNET = Path("../shared/data/vision/trashnet-150")
PHOTOS, CLASSES, SIDE = 2527, 6, 150  # as many and as large as TrashNet's
FEW, REPETITIONS = 100, 3
VISION = "/api/v1/vision"
UPDATES = 12


def bench(quick: bool) -> Iterator[Result]:
    """Three rates of learning."""
    with tempfile.TemporaryDirectory(prefix="trivium-bench-") as folder:
        place = Path(folder)
        draw(place / "few", FEW)
        cold_s, warm_s = click_to_scores(place / "data", place / "few", 1 if quick else REPETITIONS)
        yield Result(f"Head on {FEW} photos, from the click to its scores", warm_s, "s",
                     "without the spare process", cold_s)
        if not quick:
            every, name = (TRASHNET, "TrashNet") if TRASHNET.is_dir() else (place / "every", "drawings")
            if name == "drawings":
                draw(every, PHOTOS)
            import_s, train_s = taught(place / "data", every, "every")
            yield Result(f"{PHOTOS:,} photos ({name}), imported with features", import_s, "s")
            yield Result(f"{PHOTOS:,} photos ({name}), imported and a head trained", import_s + train_s, "s")
    yield Result("Fine-tuning from stage 6, photos learned from", tuning_rate(2 if quick else UPDATES), "photos/s")


def click_to_scores(data: Path, photos: Path, repetitions: int) -> tuple[float, float]:
    """Seconds from the request that a press of Train sends to the scores, through a real studio: the process that it
    keeps ready not there yet, and there.
    """
    import trivium.vision as vision

    vision.import_photos(photos, name="few", data=data)
    with Studio(data) as studio:
        news = Listener(studio)
        # The Train page's first request brings the spare, so the runs without it come before.
        cold = [scores_s(studio, news, seed) for seed in range(repetitions)]
        studio.get(f"{VISION}/projects/few/trainings")
        warm = []
        for seed in range(repetitions):
            waiting(studio)
            warm.append(scores_s(studio, news, seed))
    return statistics.median(cold), statistics.median(warm)


def scores_s(studio: Studio, news: Listener, seed: int) -> float:
    """Seconds to the scores of one training."""
    begin = time.perf_counter()
    run = studio.post(f"{VISION}/trainings", {"project": "few", "seed": seed})["id"]
    news.first(run, "state", "succeeded")
    studio.get(f"{VISION}/trainings/{run}/evaluation")
    return time.perf_counter() - begin


def taught(data: Path, photos: Path, name: str) -> tuple[float, float]:
    """Seconds to import photos, and to train a head on them until its scores are there."""
    import trivium.vision as vision

    begin = time.perf_counter()
    vision.import_photos(photos, name=name, data=data)
    there = time.perf_counter()
    result = vision.train(name, data=data)
    vision.evaluate(result, data=data)
    return there - begin, time.perf_counter() - there


def draw(folder: Path, count: int) -> None:
    """JPEG drawings in a folder for each class: rectangles whose shape tells the class, on noise."""
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(1)
    for k in range(count):
        picture = rng.integers(150, 256, (SIDE, SIDE, 3)).astype(np.uint8)
        kind = k % CLASSES
        y, x = rng.integers(10, 60, 2)
        picture[y:y + 12 + 14 * kind, x:x + 82 - 12 * kind] = rng.integers(0, 120, 3)
        (folder / f"class{kind}").mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(folder / f"class{kind}" / f"{k}.jpg", quality=90)


def tuning_rate(updates: int) -> float:
    """Photos that an update looks at, a second, at the default settings."""
    import numpy as np
    import torch

    from trivium.core.spec import default_threads
    from trivium.vision.backbone.efficientnet import FEATURES, entering
    from trivium.vision.classification.head import Head
    from trivium.vision.tuning.config import FineTuneConfig
    from trivium.vision.tuning.learner import Learner

    torch.set_num_threads(default_threads())
    config, rng = FineTuneConfig(), np.random.default_rng(1)
    learner = Learner(config, Head(np.zeros((FEATURES, CLASSES), np.float32), np.zeros(CLASSES, np.float32)))
    seen: Any = rng.normal(0, 1, (config.batch, *entering(config.from_stage)[1:])).astype(np.float32)
    wanted: Any = np.eye(CLASSES, dtype=np.float32)[rng.integers(0, CLASSES, config.batch)]
    weights: Any = np.ones(config.batch, np.float32)
    learner.learn(seen, wanted, weights, 0, 0.1)  # the first one warms up
    begin = time.perf_counter()
    for update in range(updates):
        learner.learn(seen, wanted, weights, update, 0.1)
    return updates * config.batch / (time.perf_counter() - begin)
