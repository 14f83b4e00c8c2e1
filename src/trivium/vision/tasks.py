"""What a project's task asks for: which training, with which settings; and which task a training was for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from trivium.core.spec import Spec
from trivium.core.studio import Studio, parse_config
from trivium.vision import STUDIO
from trivium.vision.project import ACTIVITY, ANOMALY, CLASSIFICATION, DETECTION, SEGMENTATION, load

# task -> its entry and its settings in STUDIO
TRAININGS = {CLASSIFICATION: "train", DETECTION: "detect", SEGMENTATION: "segment", ACTIVITY: "act", ANOMALY: "anomaly"}
GOOD, ODD = "good", "odd"  # what photos of an anomaly project are called in templates and reports
READY = "ready"  # what makes a detector ready that somebody else has trained
KIND = "train"  # of every run that teaches, whatever the task


def studio_for(task: str) -> Studio:
    """The studio as a training of that task needs it."""
    name = TRAININGS[task]
    return replace(STUDIO, entries={KIND: STUDIO.entries[name]}, configs={KIND: STUDIO.configs[name]})


def ready_studio() -> Studio:
    """The studio as it makes the ready-made detector ready."""
    return replace(STUDIO, entries={KIND: STUDIO.entries[READY]}, configs={KIND: STUDIO.configs[READY]})


def training_settings(data: Path, project: str, values: Mapping[str, Any]) -> Any:
    """Settings for a training on that project, checked."""
    return parse_config(STUDIO.configs[TRAININGS[load(data, project).task]], values)


def task_of(spec: Spec) -> str:
    """What a training was for."""
    if spec.config_type == STUDIO.configs[READY]:
        return DETECTION
    return next((task for task, name in TRAININGS.items() if STUDIO.configs[name] == spec.config_type), CLASSIFICATION)
