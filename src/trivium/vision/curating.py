"""Functions on the photos of a project, for notebooks and the command line: list, label, remove, suggest, write out.

    import trivium.vision as vision
    vision.label("trash", {"kitchen/1.jpg": "compost"})
    for row in vision.suggest("trash", "run-v"):
        print(row["name"], row["predicted"], row["confidence"])
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from trivium.core import files
from trivium.core.jobs import find_run, status
from trivium.core.runfolder import Named as Run
from trivium.core.runfolder import list_runs
from trivium.errors import BadConfig, NameTaken, NotFound, StudioError
from trivium.settings import data_folder
from trivium.vision import deleting
from trivium.vision import project as kept
from trivium.vision.classification import results
from trivium.vision.collect.checks import KINDS
from trivium.vision.collect.store import PictureStore
from trivium.vision.detection import proposing
from trivium.vision.export import exporting
from trivium.vision.finished import FIGURES, REPORT
from trivium.vision.labels import boxing, labelling
from trivium.vision.labels.boxes import LabelledBox
from trivium.vision.project import Item
from trivium.vision.submit import project_of

Folder = Path | str | None


def create_project(name: str, task: str = kept.CLASSIFICATION, data: Folder = None) -> dict[str, Any]:
    """Make a project that has no photos yet."""
    if kept.place_of(data_folder(data), name).exists():
        raise NameTaken(f"There is already a project called {name}.", "Choose another name.")
    return {"project": kept.create(data_folder(data), name, task).name}


def delete_project(name: str, data: Folder = None) -> dict[str, Any]:
    """Delete a project with its photos, except those that another project has too."""
    return {"project": name, "photos": deleting.delete_project(data_folder(data), name)}


def photos(project: str, show: str = "all", label: str | None = None, data: Folder = None) -> list[dict[str, Any]]:
    """The photos of a project: all, or those that are labelled, unlabelled, doubtful or blurred; of one class."""
    if show not in KINDS:
        raise BadConfig(f"There are no photos of the kind {show!r}.", f"There are: {', '.join(KINDS)}.")
    found = kept.load(data_folder(data), project)
    return [{"sha256": item.sha256, "name": item.name, "label": item.label, "version": found.versions[item.sha256],
             "width": item.width, "height": item.height, "doubts": item.doubts, "boxes": _rows(item.boxes),
             "areas": None if item.mask is None else item.mask.shares()}
            for item in found.items.values() if KINDS[show](item) and (label is None or label in item.shown)]


def _rows(boxes: list[LabelledBox] | None) -> list[dict[str, Any]] | None:
    return None if boxes is None else [{"label": box.label, "xyxy": list(box.xyxy)} for box in boxes]


def boxes_of(project: str, photo: str, data: Folder = None) -> list[dict[str, Any]] | None:
    """What is where on a photo: [{"label", "xyxy"}], corners as shares of it; None where nobody has looked yet."""
    found = kept.load(data_folder(data), project)
    return _rows(found.items[named(found.items, photo)].boxes)


def set_boxes(project: str, boxes: Mapping[str, Iterable[Mapping[str, Any]] | None],
              data: Folder = None) -> list[str]:
    """Say what is where: {photo: [{"label", "xyxy"}]}, [] where nothing is, None where nobody has looked."""
    found = kept.load(data_folder(data), project)
    done, _ = boxing.rebox(found, [boxing.BoxChange(named(found.items, photo), _boxes(rows))
                                   for photo, rows in boxes.items()])
    return done


def _boxes(rows: Iterable[Mapping[str, Any]] | None) -> list[LabelledBox] | None:
    if rows is None:
        return None
    try:
        return [LabelledBox(str(row["label"]), tuple(row["xyxy"])) for row in rows]
    except (TypeError, KeyError):
        raise BadConfig("These are no boxes.", 'Each is {"label": "apple", "xyxy": [left, top, right, bottom]}, '
                        "corners as shares of the photo.") from None


def label(project: str, labels: Mapping[str, str | None], data: Folder = None) -> list[str]:
    """Say what photos show: {name or beginning of the sha256: class, or None for no class}."""
    found = kept.load(data_folder(data), project)
    done, _ = labelling.relabel(found, [labelling.Change(named(found.items, photo), name)
                                        for photo, name in labels.items()])
    return done


def remove(project: str, photos: Iterable[str], data: Folder = None) -> list[str]:
    """Take photos out of a project; `restore` brings them back."""
    found = kept.load(data_folder(data), project)
    return labelling.remove(found, [named(found.items, photo) for photo in photos])


def restore(project: str, photos: Iterable[str], data: Folder = None) -> list[str]:
    """Bring removed photos back, with the labels they had."""
    found = kept.load(data_folder(data), project)
    return labelling.restore(found, [named(found.removed, photo) for photo in photos])


def named(pictures: Mapping[str, Item], photo: str) -> str:
    """The sha256 of the one photo that has this name, or whose sha256 begins so."""
    found = [sha256 for sha256, item in pictures.items() if item.name == photo]
    found = found or [sha256 for sha256 in pictures if len(photo) >= 6 and sha256.startswith(photo)]
    if len(found) != 1:
        raise NotFound(f"There {'is no photo' if not found else f'are {len(found)} photos'} called {photo[:200]}.",
                       "Look at the list: trivium vision photos PROJECT")
    return found[0]


def classes(project: str, *, add: str | None = None, rename: tuple[str, str] | None = None, delete: str | None = None,
            data: Folder = None) -> dict[str, int]:
    """How many photos each class has, after making, renaming or deleting one."""
    found = kept.load(data_folder(data), project)
    if add is not None:
        labelling.add_class(found, add)
    if rename is not None:
        labelling.rename_class(found, *rename)
    if delete is not None:
        labelling.delete_class(found, delete)
    return found.counts()


def suggest(project: str, run: Run, data: Folder = None) -> list[dict[str, Any]]:
    """A model's label for each photo that has none, and for each whose label it doubts; the surest first."""
    folder = data_folder(data)
    return results.suggestions(find_run(folder, run), list(kept.load(folder, project).items.values()),
                               PictureStore(folder))


def propose(project: str, run: Run, photos: Iterable[str] | None = None, *, threshold: float | None = None,
            data: Folder = None) -> dict[str, list[dict[str, Any]]]:
    """The boxes that a detector would draw, by the sha256 of the photo: of photos that are named, or of all that
    nobody has looked at."""
    folder = data_folder(data)
    found = kept.load(folder, project)
    chosen = ([named(found.items, photo) for photo in photos] if photos is not None else
              [item.sha256 for item in found.items.values() if item.boxes is None])
    proposed = proposing.propose(find_run(folder, run), found, chosen, PictureStore(folder), threshold)
    return {sha256: [box.model_dump(mode="json") for box in boxes] for sha256, boxes in proposed.items()}


def doubtful_boxes(project: str, run: Run, *, everything: bool = False, data: Folder = None) -> list[dict[str, Any]]:
    """Photos whose boxes a detector doubts, the most doubtful first: held-out ones, or with `everything` all."""
    folder = data_folder(data)
    return proposing.doubtful_boxes(find_run(folder, run), kept.load(folder, project), PictureStore(folder), everything)


def judged(run: Run, *, label: str | None = None, predicted: str | None = None, wrong: bool = False,
           data: Folder = None) -> list[dict[str, Any]]:
    """What a training said of each photo while it was held out, the least likely first."""
    return results.judged(find_run(data_folder(data), run), label, predicted, wrong)


def trainings(project: str, data: Folder = None) -> list[dict[str, Any]]:
    """The trainings of a project in the data folder with their scores, the newest first."""
    found = []
    for info in list_runs(data_folder(data)):
        try:
            if info.spec.studio == "vision" and project_of(info.folder) == project:
                path = info.folder / files.OUT / REPORT
                report = files.read_json(path) if path.is_file() else {}
                found.append({"run": str(info.folder), "name": info.name, "status": status(info.folder).state,
                              **{figure: report.get(figure) for figure in FIGURES}})
        except StudioError:  # damaged
            continue
    return found


def export_photos(project: str, out: Path | str, data: Folder = None) -> int:
    """Write all photos as they came, a folder for each class; how many that were."""
    folder = data_folder(data)
    return exporting.copy_all(kept.load(folder, project), PictureStore(folder), Path(out))


def export_project(project: str, out: Path | str, format: str, data: Folder = None) -> dict[str, Any]:
    """Write photos and labels for other programs: coco, voc, yolo, lst or csv with boxes; masks or coco with masks;
    imagefolder, csv or lst with classes. {"out", "format", "photos", "left_out"}: with boxes and masks, photos that
    nobody has looked at stay here."""
    folder = data_folder(data)
    return exporting.export(kept.load(folder, project), PictureStore(folder), Path(out), format)
