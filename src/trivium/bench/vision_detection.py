"""Teaching a detector, and a detector at work on a film, beside the loop that one writes by hand.

Each training is a run as everybody's, on composed photos (`trivium vision demo`): what it reaches says how well the
training works, not how well a detector does on anybody's photos.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trivium.bench.result import Result
from trivium.bench.vision import THREADS, film_speed, opencv_loop

PHOTOS, QUICK_PHOTOS, KINDS, SEEDS = 200, 24, ("cup", "fruit", "vehicle"), (1, 2, 3)
FRAMES, REPETITIONS = 600, 5


def bench(quick: bool) -> Iterator[Result]:
    """mAP50 and minutes, the median of the seeds; then frames a second."""
    with tempfile.TemporaryDirectory(prefix="trivium-bench-") as scratch:
        place = Path(scratch)
        trained = [taught(place / "data", seed, quick) for seed in SEEDS[:1 if quick else len(SEEDS)]]
        maps, minutes = [found["map50"] for _, found, _ in trained], [took for _, _, took in trained]
        seeds = ", ".join(f"{each:.3f}" for each in maps)
        note = f"{QUICK_PHOTOS if quick else PHOTOS} composed photos; seeds: {seeds}"
        yield Result("Detection, mAP50 on held-out photos", statistics.median(maps), "", note=note)
        yield Result("Detection, a training from the click to its scores", statistics.median(minutes), "min")
        yield at_work(place, trained[0][0], 90 if quick else FRAMES, 1 if quick else REPETITIONS)


def taught(data: Path, seed: int, quick: bool) -> tuple[Path, dict[str, Any], float]:
    """A training's folder, its report, and the minutes that it took."""
    from trivium.vision import notebook

    name = f"bench-{seed}"
    notebook.make_demo(name, photos=QUICK_PHOTOS if quick else PHOTOS, kinds=KINDS, seed=seed, data=data)
    settings: dict[str, Any] = {"views": 1, "learn": {"updates": 20}} if quick else {}
    begin = time.perf_counter()
    result = notebook.train(name, seed=seed, data=data, config=settings)
    report = notebook.evaluate(result, data=data)
    return Path(result["run"]), report, (time.perf_counter() - begin) / 60


def at_work(place: Path, run: Path, frames: int, repetitions: int) -> Result:
    """Frames a second of the trained model on a film."""
    from trivium.vision.detection.geometry import SIZE
    from trivium.vision.stream.model import open_model

    peer = opencv_loop((run / "model" / "model.onnx").read_bytes(), SIZE, boxes_told)
    return film_speed("detection", place, frames, repetitions, lambda: open_model(run, THREADS, apart=True), peer)


def boxes_told(session: Any, picture: Any) -> list[dict[str, Any]]:
    """What a plain loop writes of a detector's answer, OpenCV's own suppression in it."""
    import cv2

    from trivium.vision.detection.geometry import OVERLAP

    boxes, scores = session.run(["boxes", "scores"], {"pictures": picture})
    best, sides = scores[0].max(1), boxes[0].copy()
    sides[:, 2:] -= sides[:, :2]
    kept = cv2.dnn.NMSBoxesBatched(sides, best, scores[0].argmax(1), 0.3, OVERLAP)
    return [{"xyxy": boxes[0][k].tolist(), "score": float(best[k])} for k in kept]
