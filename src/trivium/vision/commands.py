"""`trivium vision ...`: the vision studio from the command line.

Each subcommand lies in a module of its own and is imported when it is used. Results go to standard output (with --json
one JSON object), progress to standard error.
"""

from __future__ import annotations

import click

from trivium.core.lazy import LazyGroup

# name -> (where it is, one line for --help)
LAZY: dict[str, tuple[str, str]] = {
    "projects": ("trivium.vision.project_commands:projects", "List the projects, or look at the photos of one."),
    "photos": ("trivium.vision.photo_commands:photos", "List a project's photos, take some away, or write them out."),
    "label": ("trivium.vision.photo_commands:label", "Say what a photo shows."),
    "boxes": ("trivium.vision.photo_commands:boxes", "Say what is where on a photo."),
    "classes": ("trivium.vision.photo_commands:classes", "List the classes of a project, make or rename one."),
    "suggest": ("trivium.vision.photo_commands:suggest", "A model's labels for photos without one, and its doubts."),
    "judged": ("trivium.vision.photo_commands:judged", "What a training said of each photo while it was held out."),
    "trainings": ("trivium.vision.photo_commands:trainings", "List the trainings of a project."),
    "settings": ("trivium.vision.photo_commands:settings", "List every setting of trainings."),
    "import": ("trivium.vision.project_commands:import_", "Take photos into a project."),
    "export": ("trivium.vision.project_commands:export", "Write a project's photos and labels for other programs."),
    "demo": ("trivium.vision.demo_command:demo", "Make a project of synthetic photos to try the studio with."),
    "train": ("trivium.vision.train_commands:train", "Train a model on a project's photos."),
    "evaluate": ("trivium.vision.train_commands:evaluate", "Say how good a trained model is."),
    "views": ("trivium.vision.understand.commands:views", "Show augmentation as pictures."),
    "understand": ("trivium.vision.understand.commands:understand", "Ask a classifier where it errs, and why."),
    "run": ("trivium.vision.run_command:run", "Say what is on photos, in a video or before a camera."),
    "rules": ("trivium.vision.rules_command:rules", "Try rules on recorded events."),
    "agent": ("trivium.vision.agent_commands:agent", "Make this machine a camera device."),
    "function": ("trivium.vision.function_command:function", "Run your own Python, or a DeepLens function, on frames."),
    "devices": ("trivium.vision.devices_commands:devices", "Let devices join, run models, and be heard."),
    "deploy": ("trivium.vision.train_commands:deploy", "Write a trained model as a bundle, checked."),
}


@click.group(cls=LazyGroup, lazy=LAZY)
def vision() -> None:
    """Teach a camera with photos."""
