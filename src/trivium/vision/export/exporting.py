"""A project's photos as files that other programs read: class folders, CSV, `.lst`, COCO, Pascal VOC, YOLO, masks.

Photos leave as they came, byte for byte. Boxes belong to the upright photo, as its EXIF data say it is turned; programs
that do not look at EXIF data want photos without any. Of boxes and masks only photos that somebody has looked at
leave, as one without any would say that nothing is on it. What is written stands under another name until it is whole.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trivium.core import files
from trivium.errors import BadConfig, BadFile, NameTaken
from trivium.vision.activity.given import write_csv
from trivium.vision.activity.ranging import clips_in
from trivium.vision.annotation import coco, lists, tables, voc, yolo
from trivium.vision.annotation.reading import stem_of
from trivium.vision.collect.store import PictureStore
from trivium.vision.export.exporting_masks import write_coco, write_masks
from trivium.vision.export.leaving import Leaving
from trivium.vision.project import ACTIVITY, ANOMALY, CLASSIFICATION, DETECTION, MARKED, SEGMENTATION, Item, Project

UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f]|^\.+|[. ]+$')  # in names of files, on some system
ENDINGS = {b"\x89PN": ".png", b"GIF": ".gif", b"RIF": ".webp", b"BM": ".bmp", b"II*": ".tif", b"MM\x00": ".tif"}
FILMS = ((b"ftyp", ".mp4"), (b"\x1aE\xdf\xa3", ".mkv"), (b"RIFF", ".avi"), (b"PK", ".zip"), (b"GIF", ".gif"))
Texts = dict[str, str]  # path -> text


@dataclass(frozen=True)
class Format:
    """A format: where photos lie in it, and what is written beside them."""

    folder: Callable[[Item], str]
    texts: Callable[[list[Leaving], list[str]], Texts] = lambda _photos, _classes: {}
    write: Callable[[Path, list[Leaving], Project], None] | None = None


def export(project: Project, store: PictureStore, target: Path, format: str) -> dict[str, Any]:
    """Write the project's photos and what is known of them: {"out", "format", "photos", "left_out"}."""
    wanted = FORMATS.get((project.task, format))
    if wanted is None:
        there = [name for task, name in FORMATS if task == project.task]
        raise BadConfig(f"A project for {project.task} can't be written as {format[:40]!r}.",
                        f"There are: {', '.join(there)}.")
    items = [item for item in project.items.values() if item.is_labelled or project.task not in MARKED]
    _write(items, store, target, wanted, project)
    return {"out": str(target), "format": format, "photos": len(items), "left_out": len(project.items) - len(items)}


def copy_all(project: Project, store: PictureStore, target: Path) -> int:
    """Every photo in the folder of its class, whatever the task; how many that were."""
    items = list(project.items.values())
    _write(items, store, target, FORMATS[CLASSIFICATION, "imagefolder"], project)
    return len(items)


def _write(items: list[Item], store: PictureStore, target: Path, wanted: Format, project: Project) -> None:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise NameTaken(f"{target} is there already, and not empty.", "Choose another folder.")
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with files.disk_full_guard():
            part.mkdir(parents=True)
            leaving = [_copied(item, store, part, wanted.folder(item)) for item in items]
            for path, text in wanted.texts(leaving, project.classes).items():
                (part / path).parent.mkdir(parents=True, exist_ok=True)
                (part / path).write_text(text, encoding="utf-8", newline="\n")
            if wanted.write is not None:
                wanted.write(part, leaving, project)
            if target.exists():
                target.rmdir()
            part.rename(target)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _copied(item: Item, store: PictureStore, target: Path, folder: str) -> Leaving:
    source = store.original(item.sha256)
    try:
        place = target / folder
        place.mkdir(parents=True, exist_ok=True)
        name = file_name(item, source)
        shutil.copyfile(source, place / name)
    except FileNotFoundError:
        raise BadFile("A photo of this project is gone from the data folder.", "Remove it, then try again.") from None
    return Leaving(item, f"{folder}/{name}" if folder else name)


def file_name(item: Item, source: Path) -> str:
    """A name that every system takes, different for each photo, with the ending that the content asks for."""
    with source.open("rb") as file:
        start = file.read(12)
    if item.duration_s:
        ending = next((ending for magic, ending in FILMS if magic in start), ".mp4")
        return f"{UNSAFE.sub('_', stem_of(item.name))[:80]}-{item.sha256[:8]}{ending}"
    ending = next((ending for magic, ending in ENDINGS.items() if start.startswith(magic)), ".jpg")
    stem = UNSAFE.sub("_", item.name.rpartition("/")[2].rpartition(".")[0])[:80]
    return f"{stem}-{item.sha256[:8]}{ending}"


def class_folder(item: Item) -> str:
    return UNSAFE.sub("_", item.label) if item.label else ""


def _coco(photos: list[Leaving], classes: list[str]) -> Texts:
    rows = [(each.path, each.item.width, each.item.height, each.boxes(classes)) for each in photos]
    return {"annotations.json": coco.write(rows, classes)}


def _voc(photos: list[Leaving], _classes: list[str]) -> Texts:
    return {f"Annotations/{Path(each.path).stem}.xml": voc.write(
        each.path, each.item.width, each.item.height,
        [(box.label, box.xyxy) for box in each.item.boxes or ()]) for each in photos}


def _yolo(photos: list[Leaving], classes: list[str]) -> Texts:
    texts = {f"labels/train/{Path(each.path).stem}.txt": yolo.write(each.boxes(classes)) for each in photos}
    return {**texts, "data.yaml": yolo.write_yaml(classes, "images/train")}


def _boxes_lst(photos: list[Leaving], classes: list[str]) -> Texts:
    rows = [(each.path, each.item.width, each.item.height, each.boxes(classes)) for each in photos]
    return {"train.lst": lists.write_lst(rows), "classes.txt": _lines(classes)}


def _class_lst(photos: list[Leaving], classes: list[str]) -> Texts:
    rows = [(each.path, classes.index(each.item.label)) for each in photos if each.item.label is not None]
    return {"train.lst": lists.write_class_lst(rows), "classes.txt": _lines(classes)}


def _csv(photos: list[Leaving], _classes: list[str]) -> Texts:
    return {"labels.csv": tables.write_csv([(each.path, each.item.label or "") for each in photos])}


def _boxes_csv(photos: list[Leaving], _classes: list[str]) -> Texts:
    rows = [(each.path, each.item.width, each.item.height,
             [(box.label, box.xyxy) for box in each.item.boxes or ()]) for each in photos]
    return {"boxes.csv": tables.write_boxes_csv(rows)}


def _ranges(videos: list[Leaving], whole: bool) -> Texts:
    """The list of ranges; of videos that have one class only where no folder says it."""
    rows = [(each.path, part) for each in videos if whole or each.item.label is None for part in clips_in(each.item)]
    return {"ranges.csv": write_csv(rows)} if rows else {}


def _lines(classes: list[str]) -> str:
    return "".join(f"{name}\n" for name in classes)


FORMATS: dict[tuple[str, str], Format] = {
    (CLASSIFICATION, "imagefolder"): Format(class_folder),
    (CLASSIFICATION, "csv"): Format(lambda _item: "images", _csv),
    (CLASSIFICATION, "lst"): Format(lambda _item: "images", _class_lst),
    (DETECTION, "coco"): Format(lambda _item: "images", _coco),
    (DETECTION, "voc"): Format(lambda _item: "JPEGImages", _voc),
    (DETECTION, "yolo"): Format(lambda _item: "images/train", _yolo),
    (DETECTION, "lst"): Format(lambda _item: "images", _boxes_lst),
    (DETECTION, "csv"): Format(lambda _item: "images", _boxes_csv),
    (ACTIVITY, "clips"): Format(class_folder, lambda videos, _classes: _ranges(videos, whole=False)),
    (ACTIVITY, "csv"): Format(lambda _item: "videos", lambda videos, _classes: _ranges(videos, whole=True)),
    (SEGMENTATION, "masks"): Format(lambda _item: "images", write=write_masks),
    (SEGMENTATION, "coco"): Format(lambda _item: "images", write=write_coco),
}
FORMATS |= {(ANOMALY, name): made for (task, name), made in FORMATS.items() if task == CLASSIFICATION}
