"""Teaching a segmentation model, and one at work on a film, beside the loop that one writes by hand.

Each training is a run as everybody's, on composed photos (`trivium vision demo --task segmentation`); it is judged on
scenes of cut-outs that no training scene showed. What it reaches says how well the training works, not how well a model
does on anybody's photos.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trivium.bench.result import Result
from trivium.bench.vision import THREADS, film_speed, opencv_loop

PHOTOS, QUICK_PHOTOS, HELD, KINDS, SEEDS = 120, 24, 60, ("cup", "fruit", "vehicle"), (1, 2, 3)
FRAMES, REPETITIONS = 600, 5
HELD_SEED = 1000  # of the scenes that the models are judged on


def bench(quick: bool) -> Iterator[Result]:
    """mIoU on scenes held out, and on things never seen, the median of the seeds; minutes; then frames a second."""
    with tempfile.TemporaryDirectory(prefix="trivium-bench-") as scratch:
        place = Path(scratch)
        compose_held(place / "data", 12 if quick else HELD)
        trained = [taught(place / "data", seed, quick) for seed in SEEDS[:1 if quick else len(SEEDS)]]
        photos = QUICK_PHOTOS if quick else PHOTOS
        yield miou_of("Segmentation, mIoU on held-out scenes", [each.own for each in trained], photos)
        yield miou_of("Segmentation, mIoU on things never learned from", [each.others for each in trained], photos)
        yield Result("Segmentation, a training from the click to its scores",
                     statistics.median(each.minutes for each in trained), "min")
        yield at_work(place, trained[0].run, 90 if quick else FRAMES, 1 if quick else REPETITIONS)


def miou_of(name: str, reports: list[dict[str, Any]], photos: int) -> Result:
    """The seed in the middle, with the interval of its own photos (bootstrap)."""
    middle = sorted(reports, key=lambda report: report["miou"])[len(reports) // 2]
    low, high = middle["interval"]
    seeds = ", ".join(f"{report['miou']:.3f}" for report in reports)
    return Result(name, middle["miou"], "",
                  note=f"{photos} composed photos, judged on {middle['n']}: 95 % interval {low:.3f} to {high:.3f}; all "
                       f"background: {middle['baseline']['miou']:.3f}; seeds: {seeds}")


def halves() -> tuple[dict[str, Any], dict[str, Any]]:
    """The cut-outs of each kind, every third for judging alone."""
    from trivium.vision.demo_data.cutouts import cut_outs

    every = cut_outs(KINDS)
    return ({kind: [each for k, each in enumerate(those) if k % 3] for kind, those in every.items()},
            {kind: those[::3] for kind, those in every.items()})


def compose_held(data: Path, photos: int) -> None:
    """The project `held`: scenes of things that no training shows."""
    from trivium.vision.demo_data.project import compose
    from trivium.vision.project import SEGMENTATION

    compose(data, "held", halves()[1], photos, HELD_SEED, task=SEGMENTATION)


@dataclass(frozen=True)
class Taught:
    """A training's folder, its report on its own held-out photos and on the project `held`, and how long it took."""

    run: Path
    own: dict[str, Any]
    others: dict[str, Any]
    minutes: float


def taught(data: Path, seed: int, quick: bool) -> Taught:
    """A training, as everybody's."""
    from trivium.vision import notebook
    from trivium.vision.demo_data.project import compose
    from trivium.vision.project import SEGMENTATION

    name = f"bench-{seed}"
    compose(data, name, halves()[0], QUICK_PHOTOS if quick else PHOTOS, seed, task=SEGMENTATION)
    settings: dict[str, Any] = {"views": 1, "learn": {"updates": 20}} if quick else {}
    begin = time.perf_counter()
    result = notebook.train(name, seed=seed, data=data, config=settings)
    minutes = (time.perf_counter() - begin) / 60
    return Taught(Path(result["run"]), notebook.evaluate(result, data=data),
                  notebook.evaluate(result, on="held", data=data), minutes)


def at_work(place: Path, run: Path, frames: int, repetitions: int) -> Result:
    """Frames a second of the trained model on a film."""
    from trivium.vision.detection.geometry import SIZE
    from trivium.vision.stream.model import open_model

    peer = opencv_loop((run / "model" / "model.onnx").read_bytes(), SIZE, masks_told)
    return film_speed("segmentation", place, frames, repetitions, lambda: open_model(run, THREADS, apart=True), peer)


def masks_told(session: Any, picture: Any) -> list[dict[str, Any]]:
    """What a plain loop writes of a segmentation model's answer: OpenCV enlarges, a PNG for each class."""
    import base64

    import cv2
    import numpy as np

    from trivium.vision.segmentation.verdict import EVENT_SIDE

    likely = session.run(["likelihoods"], {"pictures": picture})[0][0]
    large = np.stack([cv2.resize(each, (EVENT_SIDE, EVENT_SIDE)) for each in likely])
    said, found = large.argmax(0), list[dict[str, Any]]()
    for k in np.unique(said[said > 0]):
        png = cv2.imencode(".png", np.where(said == k, 255, 0).astype(np.uint8))[1].tobytes()
        found.append({"class": int(k), "share": float((said == k).mean()), "png": base64.b64encode(png).decode()})
    return found
