"""Make the run folders of trainings: the one place, for the pages, the command line and notebooks."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from trivium.core import files
from trivium.core.runfolder import Content, create_run
from trivium.vision.activity.config import ActivityConfig
from trivium.vision.activity.data import Clips, clips_of
from trivium.vision.activity.data import inputs_of as clip_inputs
from trivium.vision.anomaly import data as good_and_odd
from trivium.vision.anomaly.config import AnomalyConfig
from trivium.vision.anomaly.data import GoodAndOdd
from trivium.vision.classification.advice import warnings
from trivium.vision.classification.config import TrainConfig
from trivium.vision.classification.data import PHOTOS, Photos, inputs_of, photos_of
from trivium.vision.collect.importing import add_features
from trivium.vision.collect.store import PictureStore
from trivium.vision.detection.config import DetectConfig
from trivium.vision.detection.data import BoxedPhotos, boxed_photos_of, packed_inputs
from trivium.vision.project import Project, load
from trivium.vision.segmentation import data as segmentation
from trivium.vision.segmentation.config import SegmentConfig
from trivium.vision.tasks import KIND, studio_for
from trivium.vision.tuning.pictures import PICTURES, pack_pictures, views_that_fit

ORIGIN = "project.json"
FEW = 1000  # photos: up to here a second thread gains less than loading the libraries takes
Config = TrainConfig | DetectConfig | ActivityConfig | SegmentConfig | AnomalyConfig


def submit_training(data_dir: Path, project_name: str, config: Config, seed: int,
                    name: str | None = None, folder: Path | None = None, threads: int | None = None,
                    say: Callable[[str], None] = lambda _text: None) -> tuple[Path, list[str]]:
    """A queued training in DATA/runs, or in ``folder``, and what its owner should know of the photos."""
    store, project = PictureStore(data_dir), load(data_dir, project_name)
    add_features(store, project.labelled(), say, project.task)
    called = name or (folder.name if folder is not None else f"{project_name} {seed}")
    with tempfile.TemporaryDirectory(prefix="trivium-pictures-") as scratch:
        inputs = inputs_for(project, store, config, Path(scratch))
        made = create_run(studio_for(project.task), KIND, called, config, data=data_dir, out=folder, seed=seed,
                          inputs=inputs, threads=threads or usual_threads(config, project))
    return made, warnings(project)


def usual_threads(config: Config, project: Project) -> int | None:
    """One for a head on few photos: there is nothing to share, and such a run may take the process that waits."""
    is_head = isinstance(config, TrainConfig) and not config.fine_tune.on
    return 1 if is_head and len(project.labelled()) <= FEW else None


def inputs_for(project: Project, store: PictureStore, config: Config, scratch: Path) -> dict[str, Content]:
    """What a training takes along; refuses what can't be done before anything is made."""
    if isinstance(config, DetectConfig):
        boxed = boxed_photos_of(project, store)
        return {**packed_inputs(boxed, store, scratch), **origin_of(boxed)}
    if isinstance(config, ActivityConfig):
        clips = clips_of(project, store)
        return {**clip_inputs(clips, store), **origin_of(clips)}
    if isinstance(config, SegmentConfig):
        masked, planes = segmentation.masked_photos_of(project, store)
        return {**segmentation.packed_inputs(masked, planes, store, scratch), **origin_of(masked)}
    if isinstance(config, AnomalyConfig):
        judged = good_and_odd.photos_of(project, store)
        return {**good_and_odd.inputs_of(judged, store, scratch), **origin_of(judged)}
    photos = photos_of(project, store)
    inputs = {**inputs_of(photos, store), **origin_of(photos)}
    if config.fine_tune.on:
        views_that_fit(config.fine_tune, len(photos.sha256))
        pack_pictures(photos.sha256, store, scratch / PICTURES)
        inputs[PICTURES] = scratch / PICTURES
    return inputs


def origin_of(photos: Photos | BoxedPhotos | Clips | segmentation.MaskedPhotos | GoodAndOdd) -> dict[str, Content]:
    """Whose training it is, in a few bytes: lists of trainings would else have to read the names of all photos."""
    return {ORIGIN: json.dumps({"project": photos.project, "photos": len(photos.sha256)}, ensure_ascii=False)}


def project_of(run_folder: Path) -> str | None:
    """The project that a run has learned from."""
    for name in (ORIGIN, PHOTOS):
        if (run_folder / files.INPUTS / name).is_file():
            return str(files.read_json(run_folder / files.INPUTS / name).get("project"))
    return None
