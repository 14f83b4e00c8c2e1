"""Make a finished run of the ready-made detector: nothing is taught, it is converted, judged and packed.

    trivium vision ready-made street --out run-p
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

import trivium
from trivium.core import files
from trivium.core.run import Run
from trivium.vision.backbone.features import Session
from trivium.vision.backbone.graph import BOXES, SCORES
from trivium.vision.classification.data import SAMPLES, npz
from trivium.vision.collect.pictures import Bytes, squashed
from trivium.vision.demo_data.grounds import ground
from trivium.vision.demo_data.project import is_synthetic
from trivium.vision.deploy import CARD, MODEL
from trivium.vision.detection.comparing import FOUND
from trivium.vision.detection.data import BoxedPhotos, boxed_photos_of_run
from trivium.vision.detection.deploy import SAMPLE_COUNT, latency_ms
from trivium.vision.detection.geometry import LEAST_SCORE, MOST_BOXES, OVERLAP, picked
from trivium.vision.detection.scoring import Said, scores_of
from trivium.vision.detection.train import predictions
from trivium.vision.finished import REPORT
from trivium.vision.ready_made import nanodet
from trivium.vision.ready_made.config import ReadyMadeConfig
from trivium.vision.ready_made.graph import detector_model
from trivium.vision.ready_made.tensorflow_js import read
from trivium.vision.tuning.pictures import PICTURES, opened

CURVE = "map/50"
JUDGED = "Photos of this project, of which it has learned none: it was trained elsewhere, on COCO's photos."
DRAWN = " They are synthetic, drawn by Trivium; it has learned from photographs, and is better on such."
UNJUDGED = "It was not measured: the project has no photo with boxes of what it finds. Draw some, then make it again."


def prepare(config: ReadyMadeConfig, run: Run) -> None:
    """Load what is slow to find once the run is confined."""
    Session(detector_model(network_of(run), [nanodet.PERSON]).SerializeToString(), run.threads)
    ground(32, 32, np.random.default_rng(0))


def train(config: ReadyMadeConfig, run: Run) -> None:
    """Convert, judge, pack. Ends with the model in RUN/model and its figures in RUN/out."""
    photos, kinds = boxed_photos_of_run(run), nanodet.checked(config.finds)
    model = bytes(detector_model(network_of(run), list(kinds.values())).SerializeToString())
    session = Session(model, run.threads)
    said = judged(run, session, photos)
    report = report_of(run, photos, said)
    files.write_json(run.out(FOUND), predictions(photos, np.ones(len(said), bool), said))
    write_model(run, session, model, photos, {**report, "kinds": kinds})
    files.write_json(run.out(REPORT), report)
    if said:
        run.log(1, {CURVE: report["map50"]})
        run.set_best(CURVE, report["map50"] or 0.0, 1)
    run.note(report["how"])
    run.progress(1, 1.0)


def network_of(run: Run) -> Any:
    """The network in the run's inputs, whose sha256 was compared when the run began."""
    return read(*(run.input(name).read_bytes() for name in (nanodet.TOPOLOGY, nanodet.WEIGHTS)))


def judged(run: Run, session: Session, photos: BoxedPhotos) -> list[Said]:
    """What it says of each photo."""
    found = []
    for k, shown in enumerate(pictures(run, photos, len(photos.sha256))):
        if run.stopped:
            break
        answer = session.outputs(shown[None])
        boxes, classes, scores = picked(answer[BOXES][0], answer[SCORES][0], LEAST_SCORE)
        found.append(Said(boxes, np.asarray(classes, np.int64), scores, photos.boxes[k], photos.labels[k]))
        run.progress(k, k / len(photos.sha256))
    return found


def pictures(run: Run, photos: BoxedPhotos, count: int) -> list[Bytes]:
    """The first so many photos, each (416, 416, 3)."""
    with zipfile.ZipFile(run.input(PICTURES)) as archive:
        return [squashed(opened(archive.read(sha256)), nanodet.SIZE) for sha256 in photos.sha256[:count]]


def report_of(run: Run, photos: BoxedPhotos, said: list[Said]) -> dict[str, Any]:
    """Its figures; none where nothing of what it finds is drawn on any photo."""
    shared = {"task": "detection", "project": photos.project, "classes": photos.classes, "learned_from": 0,
              "data_sha256": photos.content_hash, "seed": run.seed, "made_by": nanodet.NAME,
              "thresholds": dict.fromkeys(photos.classes, nanodet.THRESHOLD)}
    if not any(len(each) for each in photos.labels):
        none: dict[str, Any] = {"n": 0, "ap50": None, "ap50_95": None, "interval": None, "best": None, "curve": []}
        return {**shared, "map50": None, "map50_95": None, "interval": None, "interval_50_95": None, "n": 0, "boxes": 0,
                "per_class": {name: none for name in photos.classes}, "how": UNJUDGED}
    drawn = all(is_synthetic(name) for name in photos.names)
    return {**shared, **scores_of(said, photos.classes, run.seed), "how": JUDGED + DRAWN * drawn}


def write_model(run: Run, session: Session, model: bytes, photos: BoxedPhotos, report: dict[str, Any]) -> None:
    """Write RUN/model: the network, its licence, pictures with its answers, a card."""
    shown = np.stack(pictures(run, photos, SAMPLE_COUNT) or [ground(nanodet.SIZE, nanodet.SIZE,
                                                                   np.random.default_rng(0))])
    parts = {MODEL: model, SAMPLES: npz(pictures=shown, **session.outputs(shown))}
    licence = Path(run.folder) / files.INPUTS / nanodet.LICENCE
    if licence.is_file():
        parts[nanodet.LICENCE] = licence.read_bytes()
    for name, content in parts.items():
        files.atomic_write(run.model(name), content)
    files.write_json(run.model(CARD), {
        **card_of(run, photos, report), "files": {name: files.sha256_bytes(content) for name, content in parts.items()},
        "latency": {"ms": latency_ms(session, shown), "threads": run.threads,
                    "how": "one picture through the network, the median, on the machine that made it ready"}})


def card_of(run: Run, photos: BoxedPhotos, report: dict[str, Any]) -> dict[str, Any]:
    """What somebody must know to use the model."""
    scores = {name: report[name] for name in ("map50", "map50_95", "interval", "n", "boxes", "how")}
    return {
        "Description": f"Finds {len(photos.classes)} kinds of thing: {', '.join(photos.classes)[:300]}. "
                       "Trivium did not train it.",
        "Inputs": f"pictures: uint8 (B, {nanodet.SIZE}, {nanodet.SIZE}, 3), RGB 0..255",
        "Outputs": f"boxes (B, {nanodet.POINTS}, 4): left, top, right, bottom as shares of the picture; scores (B, "
                   f"{nanodet.POINTS}, classes). Boxes of one class that overlap are still to be put out",
        "task": "detection", "classes": photos.classes, "kinds": report["kinds"],
        "preprocessing": {"size": nanodet.SIZE, "rule": "squash", "filter": "bilinear, antialiased (Pillow's BILINEAR)",
                          "colour": "RGB", "normalisation": "inside the graph"},
        "postprocessing": {"thresholds": report["thresholds"], "overlap": OVERLAP, "most": MOST_BOXES,
                           "rule": "greedy non-maximum suppression, each class by itself"},
        "ready_made": nanodet.SOURCE, "data_sha256": photos.content_hash, "published": nanodet.PUBLISHED,
        "synthetic_photos": sum(is_synthetic(name) for name in photos.names), "project": photos.project,
        "run": run.spec.id, "seed": run.seed, "config": dict(run.spec.config), "scores": scores,
        "trivium": trivium.__version__,
        "Source and licence": f"{nanodet.SOURCE}. {nanodet.ABOUT_DATA}"}
