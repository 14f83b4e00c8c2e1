"""The numbers of a classifier: from what was predicted of photos that it had not learned from.

    trivium vision evaluate run-v --json

Every photo is judged once, by a head that learned from the other folds; near-copies are in one fold. So the figures are
of new photos of the same kind. They are not of another room, camera or light: for that, give photos taken there as
another project, with --on. The figures that pages and commands share are made here, once: while training, they are kept
with the run, and `understand` makes its own from the same predictions by the functions of this file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trivium.core import files
from trivium.core.intervals import wilson
from trivium.core.runfolder import display_name
from trivium.core.spec import Spec, read_spec
from trivium.errors import BadConfig, BadFile, NotFound
from trivium.vision.backbone import Floats
from trivium.vision.project import CLASSIFICATION, DETECTION
from trivium.vision.split import Ints
from trivium.vision.tasks import task_of

if TYPE_CHECKING:
    from trivium.vision.store import PictureStore

REPORT = "evaluation.json"
BINS = 10
ANEW = 64  # photos in memory at a time
HOW = "Each photo judged by a head that learned from the other folds; near-copies in one fold."
HOW_OTHER = "Photos of another project, judged by the finished model; those it had learned from left out."


def report_of(classes: Sequence[str], labels: Ints, probabilities: Floats, folds: Ints | None = None) -> dict[str, Any]:
    """{"accuracy", "interval", "n", "per_class", "folds", "confusion", ...} of predictions (N, K)."""
    predicted = probabilities.argmax(1)
    right = predicted == labels
    count = len(labels)
    confusion = confusion_of(labels, predicted, len(classes))
    per_class = {name: class_row(confusion, k) for k, name in enumerate(classes)}
    seen = [row for row in per_class.values() if row["n"]]
    most = int(np.bincount(labels, minlength=len(classes)).max())
    return {
        "task": "classification", "accuracy": ratio(int(right.sum()), count),
        "interval": list(wilson(int(right.sum()), count)), "n": count,
        "macro_recall": round(float(np.mean([row["recall"] for row in seen])), 6),
        "macro_f1": round(float(np.mean([row["f1"] for row in seen])), 6),
        "baseline": {"name": "always the most frequent class", "accuracy": ratio(most, count)},
        "per_class": per_class, "classes": list(classes), "confusion": confusion.tolist(),
        "folds": [] if folds is None else [fold_row(fold, right[folds == fold]) for fold in np.unique(folds).tolist()],
        "calibration_error": calibration_error(probabilities.max(1), right),
        "calibration": calibration(probabilities.max(1), right),
    }


def confusion_of(labels: Ints, predicted: Ints, classes: int) -> Ints:
    """(K, K): how many photos of each class were called what."""
    found = np.zeros((classes, classes), np.int64)
    np.add.at(found, (labels, predicted), 1)
    return found


def class_row(confusion: Any, k: int) -> dict[str, Any]:
    """One class: how many of it were found, and how many called so were it."""
    hits, there, called = int(confusion[k, k]), int(confusion[k].sum()), int(confusion[:, k].sum())
    return {"n": there, "recall": ratio(hits, there), "interval": list(wilson(hits, there)),
            "precision": ratio(hits, called), "f1": ratio(2 * hits, there + called)}


def fold_row(fold: int, right: Any) -> dict[str, Any]:
    return {"fold": fold + 1, "n": len(right), "accuracy": ratio(int(right.sum()), len(right))}


def ratio(part: int, whole: int) -> float:
    return round(part / whole, 6) if whole else 0.0


def calibration_error(confidence: Any, right: Any) -> float:
    """Expected calibration error in ten bins (Naeini et al., 2015): how far "90 % sure" is from right in 90 of 100."""
    bins = bins_of(confidence)
    gaps = [abs(right[bins == b].mean() - confidence[bins == b].mean()) * (bins == b).sum() for b in np.unique(bins)]
    return round(float(sum(gaps) / len(right)), 6) if len(right) else 0.0


def calibration(confidence: Any, right: Any) -> list[dict[str, Any]]:
    """Bin by bin how sure the model was and how often it was right, with the interval of that."""
    bins = bins_of(confidence)
    return [{"confidence": round(float(confidence[bins == b].mean()), 6), "n": int((bins == b).sum()),
             "accuracy": ratio(int(right[bins == b].sum()), int((bins == b).sum())),
             "interval": list(wilson(int(right[bins == b].sum()), int((bins == b).sum())))} for b in np.unique(bins)]


def bins_of(confidence: Any) -> Any:
    return np.minimum((confidence * BINS).astype(int), BINS - 1)


def evaluate(run: Path | str, on: str | None = None, data: Path | None = None) -> dict[str, Any]:
    """The report of a training; with `on`, of its finished model on another project of the data folder."""
    folder, spec = training(run, task=None)
    if on is not None and task_of(spec) == DETECTION:
        from trivium.vision.detection.judging import on_project as judged_on

        assert data is not None
        return {**judged_on(folder, on, data), "run": str(folder), "seed": spec.seed}
    if on is None:
        return {**files.read_json(folder / files.OUT / REPORT), "run": str(folder)}
    assert data is not None
    return {**on_project(folder, on, data), "run": str(folder), "seed": spec.seed}


def training(run: Path | str, task: str | None = CLASSIFICATION) -> tuple[Path, Spec]:
    """A finished training's folder and spec; refused where it was for another task than asked for."""
    folder = Path(run)
    spec = read_spec(folder)
    name = display_name(folder, spec.name)
    if (spec.studio, spec.kind) != ("vision", "train"):
        raise BadConfig(f"'{name}' is no training of the vision studio.",
                        "Train one: trivium vision train PROJECT --out run-v")
    if not (folder / files.OUT / REPORT).is_file():
        raise NotFound(f"'{name}' has no result yet.", "Let it train to its end, or resume it: trivium runs resume")
    if task is not None and task_of(spec) != task:
        raise BadConfig(f"'{name}' is a model for {task_of(spec)}, and this is for {task}.",
                        "Ask how good it is with: trivium vision evaluate RUN")
    return folder, spec


def on_project(folder: Path, name: str, data: Path) -> dict[str, Any]:
    """How the finished model does on photos that were taken at another time or place."""
    from trivium.vision.data import ARRAYS, PHOTOS, open_photos, photos_of
    from trivium.vision.project import load
    from trivium.vision.store import PictureStore

    learned = open_photos(folder / files.INPUTS / ARRAYS, folder / files.INPUTS / PHOTOS)
    other = photos_of(load(data, name), PictureStore(data))
    unknown = sorted(set(other.classes) - set(learned.classes))
    if unknown:
        raise BadConfig(f"The model does not know the class '{unknown[0]}' of {name}.",
                        f"It knows: {', '.join(learned.classes)}.")
    fresh = np.array([sha256 not in set(learned.sha256) for sha256 in other.sha256])
    if not fresh.any():
        raise BadConfig(f"The model has learned from every photo of {name}.", "Give photos that it has not seen.")
    labels = np.array([learned.classes.index(other.classes[k]) for k in other.labels])[fresh]
    shas = [other.sha256[k] for k in np.flatnonzero(fresh)]
    probabilities = said_of(folder, shas, other.features[fresh], PictureStore(data))
    return {**report_of(learned.classes, labels, probabilities), "how": HOW_OTHER, "project": name,
            "left_out": int((~fresh).sum())}


def said_of(folder: Path, sha256: list[str], features: Floats, store: PictureStore) -> Floats:
    """Probabilities (N, K) that a training's finished model gives to pictures with these cached features."""
    from trivium.vision.deploy import head_of, read_bundle
    from trivium.vision.head import log_softmax

    if read_bundle(folder)[0].get("fine_tuned"):
        return seen_anew(folder, sha256, store)
    return np.exp(log_softmax(head_of(folder).logits(features))).astype(np.float32)


def seen_anew(folder: Path, sha256: list[str], store: PictureStore) -> Floats:
    """Probabilities (N, K) by the whole model, in confined processes: a fine-tuned one has features of its own."""
    from trivium.vision.deploy import MODEL, read_bundle
    from trivium.vision.reading import read_batch

    model, at, found = read_bundle(folder)[1][MODEL], 0, list[list[float]]()

    def told(k: int, facts: dict[str, Any], _path: Path) -> None:
        if "error" in facts:
            raise BadFile(f"A photo could not be read: {facts['error']}", "Import it once more.")
        found.append(facts["probabilities"])

    while at < len(sha256):
        batch = [(name, store.view(name).read_bytes()) for name in sha256[at:at + ANEW]]
        at += read_batch(batch, model, told)
    return np.array(found, np.float32)


def report_lines(report: dict[str, Any]) -> list[str]:
    """The result table, for a terminal."""
    if report["task"] == DETECTION:
        return detector_lines(report)
    width = max(len(name) for name in report["per_class"])
    lines = [f"{'class':<{width}}  photos  found  95 % interval    right when said"]
    for name, row in report["per_class"].items():
        low, high = row["interval"]
        lines.append(f"{name:<{width}}  {row['n']:>6}  {row['recall']:>5.0%}  {low:>5.0%} to {high:>4.0%}     "
                     f"{row['precision']:>5.0%}")
    low, high = report["interval"]
    plain = report["baseline"]
    lines.append(f"Right on {report['accuracy']:.1%} of {report['n']:,} photos (95 % interval {low:.1%} to "
                 f"{high:.1%}); {plain['name']}: {plain['accuracy']:.1%}.")
    return [*lines, report["how"]]


def detector_lines(report: dict[str, Any]) -> list[str]:
    """The same for a detector."""
    width = max(5, *(len(name) for name in report["per_class"]))
    lines = [f"{'class':<{width}}  boxes   AP50  AP50:95  threshold: found, right when said"]
    for name, row in report["per_class"].items():
        best, scores = row["best"], [" none" if row[key] is None else f"{row[key]:.3f}" for key in ("ap50", "ap50_95")]
        at = f"{best['threshold']:.2f}: {best['recall']:.0%}, {best['precision']:.0%}" if best else ""
        lines.append(f"{name:<{width}}  {row['n']:>5}  {scores[0]}    {scores[1]}  {at}")
    low, high = report["interval"]
    lines.append(f"mAP50 {report['map50']:.3f} (95 % interval {low:.3f} to {high:.3f}), mAP50:95 "
                 f"{report['map50_95']:.3f}, on {report['n']:,} photos with {report['boxes']:,} boxes.")
    return [*lines, report["how"]]
