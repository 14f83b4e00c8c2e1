"""What a detector proposes: boxes for photos that nobody has looked at, and photos whose boxes it doubts.

Photos are looked at in confined processes, as they are whenever a file is read; what was found is kept in memory, for a
page asks for the same photos again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from trivium.core import files
from trivium.errors import BadConfig, BadFile
from trivium.vision.collect.reading import read_batch
from trivium.vision.collect.store import PictureStore
from trivium.vision.deploy import MODEL, read_bundle
from trivium.vision.detection.comparing import LEAST, compared, found_rows
from trivium.vision.detection.data import array_of
from trivium.vision.detection.verdict import boxes_of
from trivium.vision.events.event import Box
from trivium.vision.finished import REPORT, training
from trivium.vision.labels.boxes import iou
from trivium.vision.project import DETECTION, Project

MOST_KEPT = 4000  # photos
AT_ONCE = 64  # photos in memory at a time
Facts = dict[str, Any]


class Looks:
    """What models have found on photos, of late."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], Facts] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, model: str, network: bytes, photos: Sequence[str], store: PictureStore) -> dict[str, Facts]:
        """By sha256; what can't be read is left out."""
        with self._lock:
            found = {sha256: self._kept[model, sha256] for sha256 in photos if (model, sha256) in self._kept}
        rest = [sha256 for sha256 in photos if sha256 not in found]
        while rest:
            batch, fresh = rest[:AT_ONCE], dict[str, Facts]()

            def told(k: int, facts: Facts, _path: Path, batch: list[str] = batch, to: dict[str, Facts] = fresh) -> None:
                if "error" not in facts:
                    to[batch[k]] = {name: facts[name] for name in ("boxes", "class_ids", "scores")}

            rest = rest[read_batch([(sha256, content(store, sha256)) for sha256 in batch], network, told):]
            found |= fresh
            with self._lock:
                self._kept.update({(model, sha256): facts for sha256, facts in fresh.items()})
                while len(self._kept) > MOST_KEPT:
                    self._kept.popitem(last=False)
        return found


LOOKS = Looks()


def content(store: PictureStore, sha256: str) -> bytes:
    try:
        return store.view(sha256).read_bytes()
    except FileNotFoundError:
        raise BadFile("A photo of this project is gone from the data folder.", "Remove it, then try again.") from None


def propose(run: Path | str, project: Project, photos: Sequence[str], store: PictureStore,
            threshold: float | None = None) -> dict[str, list[Box]]:
    """The boxes that a detector would draw on these photos, the surest first; of classes that the project has."""
    needs_boxes(project)
    folder, _ = training(run, task=DETECTION)
    card, parts = read_bundle(folder)
    looks = LOOKS.of(card["files"][MODEL], parts[MODEL], photos, store)
    known = set(project.classes)
    return {sha256: [box for box in boxes_of(card, looks[sha256], threshold) if box.label in known]
            for sha256 in photos if sha256 in looks}


def doubtful_boxes(run: Path | str, project: Project, store: PictureStore, everything: bool = False) -> list[Facts]:
    """Photos whose boxes a detector doubts, the most doubtful first: {"sha256", "name", "doubt", "reasons"}.

    Those that were held out when it learned; with `everything` all others that have been looked at as well, of which
    the model has learned most, so that it doubts less than it should.
    """
    needs_boxes(project)
    folder, _ = training(run, task=DETECTION)
    report = files.read_json(folder / files.OUT / REPORT)
    found = {row["sha256"]: row["found"] for row in found_rows(folder) if row["sha256"] in project.items}
    seen = [sha256 for sha256, item in project.items.items() if item.boxes is not None]
    if everything:
        card, parts = read_bundle(folder)
        fresh = [sha256 for sha256 in seen if sha256 not in found]
        for sha256, facts in LOOKS.of(card["files"][MODEL], parts[MODEL], fresh, store).items():
            found[sha256] = [box.model_dump(mode="json") for box in boxes_of(card, facts, 0.0)]
    rows = [row for sha256 in seen if sha256 in found for row in doubts_of(project, sha256, found[sha256], report)]
    return sorted(rows, key=lambda row: (-row["doubt"], row["sha256"]))


def doubts_of(project: Project, sha256: str, found: list[Facts], report: Facts) -> list[Facts]:
    """The row of one photo; none where the model agrees with it."""
    item, known = project.items[sha256], set(project.classes)
    boxes = [{"label": box.label, "xyxy": list(box.xyxy)} for box in item.boxes or ()]
    photo = compared({"sha256": sha256, "name": item.name, "boxes": boxes, "found": found}, report["thresholds"])
    reasons: list[Facts] = [
        {"kind": "other class" if box.kind == "confused" else "not drawn", "label": box.label, "there": box.there,
         "xyxy": list(box.xyxy), "doubt": round(box.confidence, 5)}
        for box in photo.found if box.kind in ("confused", "false") and box.label in known]
    for drawn in photo.missed:
        row = report["per_class"].get(drawn.label)
        if drawn.said is None and row is not None:  # one that the model does not know is no reason
            trust = row["ap50"] or 0.0  # who misses many is not believed
            doubt = trust * (1.0 - surest(drawn.label, drawn.xyxy, found))
            reasons.append({"kind": "not found", "label": drawn.label, "there": drawn.label, "xyxy": list(drawn.xyxy),
                            "doubt": round(doubt, 5)})
    reasons.sort(key=lambda reason: -reason["doubt"])
    return [{"sha256": sha256, "name": item.name, "doubt": reasons[0]["doubt"], "reasons": reasons}] if reasons else []


def surest(label: str, xyxy: Iterable[float], found: Sequence[Facts]) -> float:
    """How sure the surest box of a class at that place is, also where it does not count."""
    same = [box for box in found if box["label"] == label]
    near = iou(array_of([list(xyxy)]), array_of([box["xyxy"] for box in same]))[0] >= LEAST
    return max((same[int(k)]["confidence"] for k in np.flatnonzero(near)), default=0.0)


def needs_boxes(project: Project) -> None:
    if project.task != DETECTION:
        raise BadConfig(f"The project {project.name} is for {project.task}, which has no boxes.",
                        "For its photos: trivium vision suggest PROJECT RUN")
