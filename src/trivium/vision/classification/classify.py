"""A trained model at work on photos: a file, a folder or a zip, read in confined processes, each photo named or boxed.

The model that runs is the one that deploys, `RUN/model/model.onnx`, in the runtime that it deploys to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from trivium.errors import BadConfig, BadFile
from trivium.vision.backbone.graph import ODD_MAP, ODDNESS
from trivium.vision.classification.rejection import is_known
from trivium.vision.collect import sources
from trivium.vision.collect.reading import read_batch
from trivium.vision.deploy import MODEL, read_bundle
from trivium.vision.detection.verdict import alone, boxes_of, counted
from trivium.vision.finished import training
from trivium.vision.project import ACTIVITY
from trivium.vision.segmentation.verdict import areas_of
from trivium.vision.tasks import task_of

BATCH = 64  # photos in memory at a time
TOP = 3


def classify(run: Path | str, source: Path, top: int = TOP, say: Callable[[str], None] = lambda _text: None,
             called: str | None = None) -> dict[str, Any]:
    """{"results": [{"file", "predicted", "confidence", "top"}], "passed_over", "n", "model_sha256"} of the photos.

    `called` is the name of a single file, where its path does not tell.
    """
    folder, spec = training(run, task=None)
    if task_of(spec) == ACTIVITY:
        raise BadConfig("An activity model looks at films and cameras, not at single photos.",
                        "Name a video or a camera; a folder of frames is watched with --watch.")
    card, parts = read_bundle(folder)
    results: list[dict[str, Any]] = []
    with sources.opened(source, called) as found:
        passed_over = list(found.passed_over)
        for batch in contents(found, passed_over):
            at = 0
            while at < len(batch):
                rest = batch[at:]

                def told(k: int, facts: dict[str, Any], _path: Path, rest: list[tuple[str, bytes]] = rest) -> None:
                    name = rest[k][0]
                    if "error" in facts:
                        passed_over.append({"file": name, "message": str(facts["error"])})
                    else:
                        results.append({"file": name, **answer(card, facts, top)})

                at += read_batch(rest, parts[MODEL], told)
            say(f"{len(results)} of {len(found.found)} photos seen ...")
    return {"run": str(folder), "source": str(source), "n": len(results), "results": results,
            "passed_over": passed_over, "model_sha256": card["files"][MODEL]}


def contents(found: sources.Source, passed_over: list[dict[str, str]]) -> Iterator[list[tuple[str, bytes]]]:
    """Names and bytes, a batch at a time; what can't be read at all is told."""
    batch: list[tuple[str, bytes]] = []
    for each in found.found:
        try:
            batch.append((each.name, each.read()))
        except BadFile as error:
            passed_over.append({"file": each.name, "message": str(error)})
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def answer(card: dict[str, Any], facts: dict[str, Any], top: int) -> dict[str, Any]:
    """The likeliest classes of a photo; of a detector its boxes, and how many there are of each class; of a
    segmentation model the share of the photo that each class has."""
    if "probabilities" in facts:
        return verdict(card, facts, top)
    if "areas" in facts:
        return {"areas": areas_of(card, facts)}
    boxes = alone(boxes_of(card, facts))
    return {"boxes": [box.model_dump(mode="json") for box in boxes], "counts": counted(boxes)}


def verdict(card: dict[str, Any], facts: dict[str, Any], top: int) -> dict[str, Any]:
    """The likeliest classes of a photo; "known": whether it is one of them at all, null where that was not learned."""
    classes, probabilities = card["classes"], facts["probabilities"]
    order = sorted(range(len(classes)), key=lambda k: -probabilities[k])[:top]
    rows = [{"label": classes[k], "probability": round(probabilities[k], 6)} for k in order]
    familiarity = facts.get("familiarity")
    found = {"predicted": rows[0]["label"], "confidence": rows[0]["probability"], "known": is_known(card, facts),
             "familiarity": None if familiarity is None else round(familiarity, 5), "top": rows}
    if ODDNESS in facts:  # an anomaly model says where, in multiples of the threshold
        found |= {"oddness": round(facts[ODDNESS] / card["threshold"], 5),
                  "odd_map": [[round(value / card["threshold"], 3) for value in row] for row in facts[ODD_MAP]]}
    return found
