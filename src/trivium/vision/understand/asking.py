"""The questions about a trained classifier as plain functions, for notebooks, the command line and the pages.

    import trivium.vision as vision
    vision.calibration("run-v")["calibrated"]["calibration_error"]
    vision.saliency("run-v", source="cup.jpg", out="cup-heat.png")["label"]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from trivium.core import files
from trivium.core.runfolder import Named as Run
from trivium.core.runfolder import find_run
from trivium.core.studio import parse_config
from trivium.errors import BadConfig, NameTaken
from trivium.settings import data_folder
from trivium.vision.tuning import contact_sheet as _sheet
from trivium.vision.understand import boxes as _boxes
from trivium.vision.understand import calibration as _calibration
from trivium.vision.understand import few_shot as _few_shot
from trivium.vision.understand import mistakes as _mistakes
from trivium.vision.understand import neighbours as _neighbours
from trivium.vision.understand import saliency as _saliency
from trivium.vision.understand import scores as _scores
from trivium.vision.understand import unknown as _unknown

Data = Path | str | None
Say = Callable[[str], None]


def scores(run: Run, data: Data = None) -> dict[str, Any]:
    """Precision and recall of each class with intervals, and precision-recall curves."""
    return _scores.scores(find_run(data_folder(data), run))


def calibration(run: Run, data: Data = None) -> dict[str, Any]:
    """Whether its percentages mean what they say: temperature, bins, calibration error before and after."""
    return _calibration.calibration(find_run(data_folder(data), run))


def mistakes(run: Run, *, count: int = _mistakes.COUNT, label: str | None = None, predicted: str | None = None,
             data: Data = None) -> dict[str, Any]:
    """The photos of which it was surest and wrong; `label` and `predicted` choose a cell of the confusion matrix."""
    return _mistakes.mistakes(find_run(data_folder(data), run), count, label, predicted)


def few_shot(run: Run, *, counts: Sequence[int] = _few_shot.COUNTS, draws: int = _few_shot.DRAWS, seed: int = 1,
             data: Data = None, say: Say = lambda _text: None) -> dict[str, Any]:
    """Would more photos help? The score with 5, 10, 20, 50, 100 photos a class, several draws each."""
    return _few_shot.few_shot(find_run(data_folder(data), run), counts, draws, seed, say)


def neighbours(run: Run, photo: str | None = None, *, source: str | Path | None = None,
               count: int = _neighbours.COUNT, data: Data = None) -> dict[str, Any]:
    """The photos of the training that one of them, or a file, looks most like."""
    one_of(photo, source)
    return _neighbours.neighbours(find_run(data_folder(data), run), photo, None if source is None else Path(source),
                                  count)


def saliency(run: Run, photo: str | None = None, *, source: str | Path | None = None, label: str | None = None,
             against: str | None = None, out: str | Path | None = None, data: Data = None) -> dict[str, Any]:
    """What it looks at on one of the training's photos, or on a file; with `out`, drawn over the photo as a PNG."""
    one_of(photo, source)
    if out is not None and Path(out).exists():
        raise NameTaken(f"{out} is there already.", "Choose another name.")
    found, picture = _saliency.saliency(find_run(data_folder(data), run), photo,
                                        None if source is None else Path(source), label, against, data_folder(data))
    if out is not None:
        files.atomic_write(Path(out), picture)
    return {**found, "out": None if out is None else str(out)}


def unknown(run: Run, *, folds: int = _unknown.FOLDS, seed: int = 1, data: Data = None,
            say: Say = lambda _text: None) -> dict[str, Any]:
    """How well it says "I don't know": each class left out in turn, and its photos shown as unknown things."""
    return _unknown.unknown(find_run(data_folder(data), run), folds, seed, say)


def box_scores(run: Run, *, threshold: float | None = None, data: Data = None) -> dict[str, Any]:
    """A detector's figures: average precision, counts at every threshold, sizes, and what is taken for what."""
    return _boxes.box_scores(find_run(data_folder(data), run), threshold)


def box_photos(run: Run, *, show: str = "wrong", label: str | None = None, said: str | None = None,
               threshold: float | None = None, data: Data = None) -> list[dict[str, Any]]:
    """Held-out photos with what is drawn and what a detector found, the worst first: all, wrong, hits, missed, false
    or confused; `label` and `said` choose a cell of the table of confusions, "" is the background."""
    return _boxes.box_photos(find_run(data_folder(data), run), show, label, said, threshold)


def one_of(photo: str | None, source: str | Path | None) -> None:
    if (photo is None) == (source is None):
        raise BadConfig("Name either a photo of the training or a file.", "Such as cat/1.jpg, or --source new.jpg.")


def contact_sheet(project: str, out: str | Path, *, seed: int = 1, photos: int = _sheet.PHOTOS,
                  views: int = _sheet.VIEWS, data: Data = None, **augment: Any) -> dict[str, Any]:
    """Augmentation shown as pictures, a PNG; `augment` are fields such as turn_deg=180 or mirror=False."""
    config: Any = parse_config("trivium.vision.tuning.config:AugmentConfig", augment)
    return _sheet.write_contact_sheet(data_folder(data), project, Path(out), config, seed, photos, views)
