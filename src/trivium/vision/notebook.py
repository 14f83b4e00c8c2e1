"""The vision commands as plain functions, for notebooks and scripts: the same runs, made by the same code.

    import trivium.vision as vision
    vision.import_photos("photos/", name="trash")
    result = vision.train("trash", seed=1, out="run-v")
    vision.evaluate(result)["accuracy"]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from trivium.core.assignment import merge
from trivium.core.follow import follow
from trivium.core.jobs import find_run, status
from trivium.core.runfolder import Named as Run
from trivium.errors import StudioError
from trivium.settings import data_folder
from trivium.vision import project as kept
from trivium.vision.activity.config import ActivityConfig
from trivium.vision.activity.curating import ranges_of, set_ranges, spans
from trivium.vision.anomaly.config import AnomalyConfig
from trivium.vision.at_work import cutout, moves, try_rules, watch
from trivium.vision.classification.classify import classify
from trivium.vision.classification.config import TrainConfig
from trivium.vision.classification.data import counts_of
from trivium.vision.classification.data import report as report_on
from trivium.vision.collect import importing
from trivium.vision.collect.in_bucket import bucket as bucket
from trivium.vision.collect.store import PictureStore
from trivium.vision.curating import (
    boxes_of,
    classes,
    create_project,
    delete_project,
    doubtful_boxes,
    export_photos,
    export_project,
    judged,
    label,
    photos,
    propose,
    remove,
    restore,
    set_boxes,
    suggest,
    trainings,
)
from trivium.vision.demo_data.clip_project import USUAL_CLIPS, demo_clips
from trivium.vision.demo_data.moves import MOVES
from trivium.vision.demo_data.project import USUAL_KINDS, demo_project
from trivium.vision.deploy import deploy as write_bundle
from trivium.vision.detection.config import DetectConfig
from trivium.vision.evaluate import evaluate as evaluation
from trivium.vision.functions.asking import delete_function as delete_function
from trivium.vision.functions.asking import functions as functions
from trivium.vision.functions.asking import restore_function as restore_function
from trivium.vision.functions.asking import save_function as save_function
from trivium.vision.functions.trying import try_function as try_function
from trivium.vision.mask_curating import mask_of, set_mask, undo_mask
from trivium.vision.ready_made.asking import make_ready as make_ready
from trivium.vision.ready_made.asking import ready_made as ready_made
from trivium.vision.ready_made.config import ReadyMadeConfig
from trivium.vision.segmentation.config import SegmentConfig
from trivium.vision.stream.config import WatchConfig
from trivium.vision.submit import submit_training
from trivium.vision.tasks import training_settings
from trivium.vision.templates.asking import make_template, oddities, template_picture, templates
from trivium.vision.understand.asking import (  # the questions about a trained model
    box_photos as box_photos,
)
from trivium.vision.understand.asking import box_scores as box_scores
from trivium.vision.understand.asking import (
    calibration as calibration,
)
from trivium.vision.understand.asking import (
    contact_sheet as contact_sheet,
)
from trivium.vision.understand.asking import few_shot as few_shot
from trivium.vision.understand.asking import mistakes as mistakes
from trivium.vision.understand.asking import neighbours as neighbours
from trivium.vision.understand.asking import saliency as saliency
from trivium.vision.understand.asking import scores as scores
from trivium.vision.understand.asking import unknown as unknown

__all__ = ["boxes_of", "classes", "create_project", "cutout", "delete_project", "doubtful_boxes", "export_photos",
           "export_project", "judged", "label", "make_template", "mask_of", "oddities", "photos", "propose",
           "ranges_of", "remove", "restore", "set_boxes", "set_mask", "set_ranges", "spans", "suggest",
           "template_picture", "templates", "trainings", "try_rules", "undo_mask", "watch"]
MAP50 = "map/50"
METRICS = ("fold", "fine_tune/loss", "fine_tune/accuracy", "accuracy/fold", "accuracy/held_out",
           "calibration_error", "loss/clips", "accuracy/held_out_clips", "loss/class", "loss/box",
           MAP50, "map/50_95", "loss/pixels", "loss/dice", "miou/held_out", "miou/kept_aside",
           "oddness/held_out", "auroc/held_out")  # worth a look on the way


class RunFailed(StudioError):
    """A run that was waited for has failed."""

    code = "run_failed"


def import_photos(path: str | Path, *, name: str, task: str | None = None, label: str | None = None,
                  data: Path | str | None = None, say: Callable[[str], None] = lambda _text: None) -> dict[str, Any]:
    """Take the photos of a folder or zip, a folder for each class, into a project: what came in, what not, and why.

    `label` is what all of them show, whatever folder they lie in. `task` is that of a new project: classification, or
    detection, whose boxes come as COCO, Pascal VOC, YOLO or .lst files among the photos.
    """
    project, result = importing.import_photos(data_folder(data), Path(path), name, task, say, label)
    return {"project": project.name, "task": project.task, **asdict(result),
            **report_on(project, PictureStore(data_folder(data)))}


def make_demo(name: str, *, task: str = kept.DETECTION, photos: int | None = None, kinds: Sequence[str] | None = None,
              seed: int = 1, data: Path | str | None = None,
              say: Callable[[str], None] = lambda _text: None) -> dict[str, Any]:
    """Make a project of synthetic photos with exact boxes or masks: {"project", "photos", "boxes", "classes"}; "boxes"
    is how many things are on them. With task="activity" of synthetic clips: {"project", "clips", "classes"}.
    """
    if task == kept.ACTIVITY:
        return demo_clips(data_folder(data), name, photos or USUAL_CLIPS, kinds or tuple(MOVES), seed, say)
    return demo_project(data_folder(data), name, photos or 200, kinds or USUAL_KINDS, seed, say, task)


def projects(data: Path | str | None = None) -> list[dict[str, Any]]:
    """The projects of the data folder: name, task, photos, classes."""
    found = kept.load_all(data_folder(data))
    return [{"name": project.name, "task": project.task, "created_at": project.created_at, **brief(project)}
            for project in found]


def brief(project: kept.Project) -> dict[str, Any]:
    """What a list shows of a project."""
    counts = counts_of(project)
    return {"photos": len(project.items), "labelled": len(project.labelled()), "classes": counts}


def report(name: str, data: Path | str | None = None) -> dict[str, Any]:
    """What to know of a project's photos before training: counts, near-copies, blur, doubts, warnings."""
    folder = data_folder(data)
    return {"project": name, **report_on(kept.load(folder, name), PictureStore(folder))}


def settings() -> dict[str, Any]:
    """{"train", "detect", "act", "segment", "anomaly", "ready", "watch"}: JSON Schemas: defaults, ranges, what more and
    less of each setting does."""
    return {"train": TrainConfig.model_json_schema(), "detect": DetectConfig.model_json_schema(),
            "act": ActivityConfig.model_json_schema(), "segment": SegmentConfig.model_json_schema(),
            "anomaly": AnomalyConfig.model_json_schema(), "ready": ReadyMadeConfig.model_json_schema(),
            "watch": WatchConfig.model_json_schema()}


def train(project: str, *, config: Mapping[str, Any] | None = None, seed: int = 1, name: str | None = None,
          out: Path | str | None = None, data: Path | str | None = None, **settings: Any) -> dict[str, Any]:
    """Train what the project's task asks for, and wait: {"run", "status", "wall_s", "steps", "best"}.

    `settings` are fields of the training's configuration, such as folds=10 or head={"l2": 30}; they win over `config`.
    """
    parsed = training_settings(data_folder(data), project, merge(config or {}, settings))
    folder, _ = submit_training(data_folder(data), project, parsed, seed, name, None if out is None else Path(out))
    follow(folder, keys=METRICS)
    found = result(folder)
    if found["status"] == "failed":
        raise RunFailed(found["message"], status(folder).hint or "")
    return found


def result(folder: Path) -> dict[str, Any]:
    """What a run came to, as --json prints it."""
    now = status(folder)
    return {"run": str(folder), "status": now.state, "wall_s": now.wall_s, "steps": now.step, "best": now.best,
            "reason": now.reason, "message": now.message}


def evaluate(run: Run, *, on: str | None = None, data: Path | str | None = None) -> dict[str, Any]:
    """{"accuracy", "interval", "n", "per_class", "folds", ...} of a training, or of its model on another project.

    For a detector: {"map50", "map50_95", "interval", "n", "per_class", ...}; for a segmentation model {"miou", ...}.
    """
    return evaluation(find_run(data_folder(data), run), on, data_folder(data))


def run(run: Run, source: str | Path, *, top: int = 3, data: Path | str | None = None,
        say: Callable[[str], None] = lambda _text: None) -> dict[str, Any]:
    """What is on a photo, or on those of a folder or zip: {"results": [{"file", "predicted", "confidence", "top"}]}.

    Of a detector: {"results": [{"file", "boxes", "counts"}]}; of a segmentation model {"file", "areas"}.

    A video or a camera is watched, as `watch` does.
    """
    if moves(source):
        return watch(run, source, top=top, data=data, say=say)
    return classify(find_run(data_folder(data), run), Path(source), top, say)


def deploy(run: Run, out: Path | str, data: Path | str | None = None) -> dict[str, Any]:
    """Write the model as a zip of ONNX, card and check pictures, once it has been tried in the runtime."""
    return write_bundle(find_run(data_folder(data), run), Path(out))
