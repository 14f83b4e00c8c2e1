"""`trivium vision ...`: the vision studio from the command line.

Each subcommand lies in a module of its own and is imported when it is used. Results go to standard output (with --json
one JSON object), progress to standard error.
"""

from __future__ import annotations

import click

from trivium.core.lazy import LazyGroup

# name -> (where it is, one line for --help)
LAZY: dict[str, tuple[str, str]] = {
    "projects": ("trivium.vision.commands.projects:projects", "List the projects, or look at the photos of one."),
    "photos": ("trivium.vision.commands.photos:photos", "List a project's photos, take some away, or write them out."),
    "label": ("trivium.vision.commands.photos:label", "Say what a photo shows."),
    "boxes": ("trivium.vision.commands.photos:boxes", "Say what is where on a photo."),
    "ranges": ("trivium.vision.commands.ranges:ranges", "Say what a video shows from when to when."),
    "mask": ("trivium.vision.commands.mask:mask", "Say which class each pixel of a photo belongs to."),
    "classes": ("trivium.vision.commands.photos:classes", "List the classes of a project, make or rename one."),
    "suggest": ("trivium.vision.commands.photos:suggest", "A model's labels for photos without one, and its doubts."),
    "propose": ("trivium.vision.commands.propose:propose", "A detector's boxes for photos without any, and doubts."),
    "judged": ("trivium.vision.commands.photos:judged", "What a training said of each photo while it was held out."),
    "trainings": ("trivium.vision.commands.photos:trainings", "List the trainings of a project."),
    "settings": ("trivium.vision.commands.photos:settings", "List every setting of trainings."),
    "import": ("trivium.vision.commands.projects:import_", "Take photos into a project."),
    "export": ("trivium.vision.commands.projects:export", "Write a project's photos and labels for other programs."),
    "demo": ("trivium.vision.commands.demo:demo", "Make a project of synthetic photos to try the studio with."),
    "bucket": ("trivium.vision.commands.bucket:bucket", "Photos in an S3-compatible bucket."),
    "template": ("trivium.vision.commands.template:template", "Make a project of a template, in one press."),
    "ready-made": ("trivium.vision.commands.ready_made:ready_made", "Let a detector find what it knows, untaught."),
    "train": ("trivium.vision.commands.train:train", "Train a model on a project's photos."),
    "evaluate": ("trivium.vision.commands.train:evaluate", "Say how good a trained model is."),
    "views": ("trivium.vision.commands.views:views", "Show augmentation as pictures."),
    "understand": ("trivium.vision.commands.understand:understand", "Ask a model where it errs, and why."),
    "oddities": ("trivium.vision.commands.train:oddities", "How odd each photo is to an anomaly model."),
    "run": ("trivium.vision.commands.run:run", "Say what is on photos, in a video or before a camera."),
    "cutout": ("trivium.vision.commands.cutout:cutout", "Cut somebody or something out of a photo or film frame."),
    "spans": ("trivium.vision.commands.spans:spans", "Say what a film shows from when to when."),
    "rules": ("trivium.vision.commands.rules:rules", "Try rules on recorded events."),
    "agent": ("trivium.vision.commands.agent:agent", "Make this machine a camera device."),
    "function": ("trivium.vision.commands.function:function", "Run your own Python, or a DeepLens function."),
    "devices": ("trivium.vision.commands.devices:devices", "Let devices join, run models, and be heard."),
    "broker": ("trivium.vision.commands.broker:broker", "The studio's own MQTT broker, and who may come in."),
    "deploy": ("trivium.vision.commands.train:deploy", "Write a trained model as a bundle, checked."),
}


@click.group(cls=LazyGroup, lazy=LAZY)
def vision() -> None:
    """Teach a camera with photos."""
