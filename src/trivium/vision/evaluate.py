"""The numbers of a finished training, whatever the task.

    trivium vision evaluate run-v --json

Every photo is judged while it is held out: by a model that has not learned from it. So the figures are of new photos of
the same kind. They are not of another room, camera or light: for that, give photos taken there as another project, with
--on. Which figures a task has stands in its `scores.py` or `scoring.py`.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from trivium.core import files
from trivium.errors import BadConfig
from trivium.vision.finished import REPORT, training
from trivium.vision.project import ACTIVITY, ANOMALY, CLASSIFICATION, DETECTION, SEGMENTATION
from trivium.vision.tasks import task_of

SINGLE = (CLASSIFICATION, ACTIVITY)  # tasks in which a photo or clip has one class
JUDGES = {CLASSIFICATION: "trivium.vision.classification.judging", DETECTION: "trivium.vision.detection.judging",
          SEGMENTATION: "trivium.vision.segmentation.judging",
          ACTIVITY: "trivium.vision.activity.judging"}  # task -> where its on_project is


def evaluate(run: Path | str, on: str | None = None, data: Path | None = None) -> dict[str, Any]:
    """The report of a training; with `on`, of its finished model on another project of the data folder."""
    folder, spec = training(run, task=None)
    if on is None:
        return {**files.read_json(folder / files.OUT / REPORT), "run": str(folder)}
    judging = JUDGES.get(task_of(spec))
    if judging is None:
        raise BadConfig("An anomaly model is judged on its own project's photos only.",
                        "Add the other photos to its project, or leave --on out.")
    assert data is not None
    judged: dict[str, Any] = importlib.import_module(judging).on_project(folder, on, data)
    return {**judged, "run": str(folder), "seed": spec.seed}


def report_lines(report: dict[str, Any]) -> list[str]:
    """The result table, for a terminal."""
    if report["task"] == ANOMALY:
        return anomaly_lines(report)
    if report["task"] == DETECTION:
        return detector_lines(report)
    if report["task"] == SEGMENTATION:
        return segmenter_lines(report)
    width, things = max(len(name) for name in report["per_class"]), "clips" if report["task"] == ACTIVITY else "photos"
    lines = [f"{'class':<{width}}  {things:>6}  found  95 % interval    right when said"]
    for name, row in report["per_class"].items():
        low, high = row["interval"]
        lines.append(f"{name:<{width}}  {row['n']:>6}  {row['recall']:>5.0%}  {low:>5.0%} to {high:>4.0%}     "
                     f"{row['precision']:>5.0%}")
    low, high = report["interval"]
    plain = report["baseline"]
    lines.append(f"Right on {report['accuracy']:.1%} of {report['n']:,} {things} (95 % interval {low:.1%} to "
                 f"{high:.1%}); {plain['name']}: {plain['accuracy']:.1%}.")
    return [*lines, report["how"]]


def anomaly_lines(report: dict[str, Any]) -> list[str]:
    """The same for an anomaly model."""
    low, high = report["alarm_interval"]
    lines = [f"Called odd though good: {report['alarms']} of {report['good']:,} ({low:.1%} to {high:.1%}); wanted were "
             f"{report['wanted_false_alarms']:.1%}."]
    if report["auroc"] is None:
        return [*lines, "There are no odd photos to judge it by.", report["how"]]
    low, high = report["interval"]
    least, most = report["found_interval"]
    return [*lines, f"Odd ones found: {report['found']} of {report['odd']:,} ({least:.1%} to {most:.1%}).",
            f"AUROC {report['auroc']:.3f} (95 % interval {low:.3f} to {high:.3f}); 0.5 is chance.", report["how"]]


def detector_lines(report: dict[str, Any]) -> list[str]:
    """The same for a detector."""
    width = max(5, *(len(name) for name in report["per_class"]))
    lines = [f"{'class':<{width}}  boxes   AP50  AP50:95  threshold: found, right when said"]
    for name, row in report["per_class"].items():
        best, scores = row["best"], [" none" if row[key] is None else f"{row[key]:.3f}" for key in ("ap50", "ap50_95")]
        at = f"{best['threshold']:.2f}: {best['recall']:.0%}, {best['precision']:.0%}" if best else ""
        lines.append(f"{name:<{width}}  {row['n']:>5}  {scores[0]}    {scores[1]}  {at}")
    if report["map50"] is None:
        return [*lines, report["how"]]
    low, high = report["interval"]
    lines.append(f"mAP50 {report['map50']:.3f} (95 % interval {low:.3f} to {high:.3f}), mAP50:95 "
                 f"{report['map50_95']:.3f}, on {report['n']:,} photos with {report['boxes']:,} boxes.")
    return [*lines, report["how"]]


def segmenter_lines(report: dict[str, Any]) -> list[str]:
    """The same for a segmentation model."""
    width = max(5, *(len(name) for name in report["per_class"]))
    lines = [f"{'class':<{width}}  photos  of all  IoU    95 % interval   found, right when said"]
    for name, row in report["per_class"].items():
        low, high = row["interval"] or (0.0, 0.0)
        at = f"{row['iou']:.3f}  {low:.3f} to {high:.3f}  {row['recall']:>5.0%}, {row['precision'] or 0:.0%}" \
            if row["iou"] is not None else "none"
        lines.append(f"{name:<{width}}  {row['n']:>6}  {row['area']:>6.1%}  {at}")
    low, high = report["interval"]
    lines.append(f"mIoU {report['miou']:.3f} (95 % interval {low:.3f} to {high:.3f}; {report['baseline']['name']}: "
                 f"{report['baseline']['miou']:.3f}), right on {report['pixel_accuracy']:.1%} of the pixels"
                 + ("" if report["border_accuracy"] is None else
                    f" and on {report['border_accuracy']:.1%} of those along borders")
                 + f", on {report['n']:,} photos.")
    return [*lines, report["how"]]
