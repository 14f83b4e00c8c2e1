"""Finished trainings: the run folder of one, checked for being what is asked for."""

from __future__ import annotations

from pathlib import Path

from trivium.core import files
from trivium.core.runfolder import display_name
from trivium.core.spec import Spec, read_spec
from trivium.errors import BadConfig, NotFound
from trivium.vision.project import ANOMALY, CLASSIFICATION
from trivium.vision.tasks import task_of

REPORT = "evaluation.json"
FIGURES = ("accuracy", "map50", "miou", "auroc", "interval", "n")  # that lists of trainings show; each task has its own


def training(run: Path | str, task: str | tuple[str, ...] | None = CLASSIFICATION) -> tuple[Path, Spec]:
    """A finished training's folder and spec; refused where it was for another task than those asked for."""
    folder = Path(run)
    spec = read_spec(folder)
    name = display_name(folder, spec.name)
    if (spec.studio, spec.kind) != ("vision", "train"):
        raise BadConfig(f"'{name}' is no training of the vision studio.",
                        "Train one: trivium vision train PROJECT --out run-v")
    if not (folder / files.OUT / REPORT).is_file():
        raise NotFound(f"'{name}' has no result yet.", "Let it train to its end, or resume it: trivium runs resume")
    wanted = (task,) if isinstance(task, str) else task
    if wanted is not None and task_of(spec) not in wanted:
        raise BadConfig(f"'{name}' is a model for {task_of(spec)}, and this is for {' and '.join(wanted)}.",
                        "Ask how good it is with: trivium vision evaluate RUN")
    return folder, spec


def of_a_class(run: Path | str) -> None:
    """Refused where a training's model does not give a picture a class: a classifier's does, and an anomaly model's."""
    training(run, (CLASSIFICATION, ANOMALY))
