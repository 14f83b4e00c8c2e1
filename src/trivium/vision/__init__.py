"""The vision studio: teach a camera with a few photos, on your own computer.

In Python, the functions named in `FUNCTIONS` do what the commands of the same names do; they are imported when they are
used, and so are the modules that share their names with a function.
"""

import importlib
import sys
from types import ModuleType
from typing import Any

from trivium.core.studio import Studio

STUDIO = Studio(
    id="vision",
    title="Vision",
    tagline="Teach a camera: collect photos, label them, train, and run the result.",
    accent="#0f7b6c",
    entries={"train": "trivium.vision.classification.train:train", "detect": "trivium.vision.detection.train:train",
             "act": "trivium.vision.activity.train:train", "segment": "trivium.vision.segmentation.train:train",
             "anomaly": "trivium.vision.anomaly.train:train",
             "ready": "trivium.vision.ready_made.train:train"},
    configs={"train": "trivium.vision.classification.config:TrainConfig",
             "detect": "trivium.vision.detection.config:DetectConfig",
             "act": "trivium.vision.activity.config:ActivityConfig",
             "segment": "trivium.vision.segmentation.config:SegmentConfig",
             "anomaly": "trivium.vision.anomaly.config:AnomalyConfig",
             "ready": "trivium.vision.ready_made.config:ReadyMadeConfig"},
    api="trivium.vision.api:router",
    commands="trivium.vision.commands:vision",
    spare="trivium.vision.warm:load",
)

FUNCTIONS = ("import_photos", "projects", "report", "train", "evaluate", "run", "deploy", "settings", "watch",
             "try_rules", "classes", "create_project", "delete_project", "export_photos", "export_project", "judged",
             "boxes_of", "set_boxes", "label", "photos", "remove", "restore", "suggest", "trainings", "contact_sheet",
             "scores", "calibration", "mistakes", "few_shot", "neighbours", "saliency", "unknown", "make_demo",
             "ranges_of", "set_ranges", "bucket", "box_scores", "box_photos", "propose", "doubtful_boxes", "mask_of",
             "set_mask", "undo_mask", "templates", "make_template", "template_picture", "oddities", "functions",
             "save_function", "restore_function", "delete_function", "try_function", "cutout",
             "spans", "ready_made", "make_ready")  # of `notebook`


def __getattr__(name: str) -> Any:
    if name not in FUNCTIONS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module("trivium.vision.notebook"), name)


class _Stage(ModuleType):
    """Folders such as `templates` share their names with functions, so they answer to a call as well."""

    def __call__(self, *arguments: Any, **settings: Any) -> Any:
        function = getattr(importlib.import_module("trivium.vision.notebook"), self.__name__.rpartition(".")[2])
        return function(*arguments, **settings)


class _Vision(ModuleType):
    def __setattr__(self, name: str, value: Any) -> None:
        if name in FUNCTIONS and isinstance(value, ModuleType):
            value.__class__ = _Stage  # importing a submodule sets it here, over the function of that name
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Vision
