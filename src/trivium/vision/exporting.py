"""A project's photos as files that other programs read: class folders, CSV, `.lst`, COCO, Pascal VOC, YOLO.

Photos leave as they came, byte for byte. Boxes belong to the upright photo, as its EXIF data say it is turned; programs
that do not look at EXIF data want photos without any. For detection only photos that somebody has looked at leave, as
one without boxes would say that nothing is on it. What is written stands under another name until it is whole.
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
from trivium.vision.annotation import coco, lists, voc, yolo
from trivium.vision.boxes import XYXY
from trivium.vision.project import CLASSIFICATION, DETECTION, Item, Project
from trivium.vision.store import PictureStore

UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f]|^\.+|[. ]+$')  # in names of files, on some system
ENDINGS = {b"\x89PN": ".png", b"GIF": ".gif", b"RIF": ".webp", b"BM": ".bmp", b"II*": ".tif", b"MM\x00": ".tif"}
Texts = dict[str, str]  # path -> text


@dataclass(frozen=True)
class Leaving:
    """A photo and the path that it gets."""

    item: Item
    path: str

    def boxes(self, classes: list[str]) -> list[tuple[int, XYXY]]:
        return [(classes.index(box.label), box.xyxy) for box in self.item.boxes or ()]


@dataclass(frozen=True)
class Format:
    """A format: where photos lie in it, and what is written beside them."""

    folder: Callable[[Item], str]
    texts: Callable[[list[Leaving], list[str]], Texts]


def export(project: Project, store: PictureStore, target: Path, format: str) -> dict[str, Any]:
    """Write the project's photos and what is known of them: {"out", "format", "photos", "left_out"}."""
    wanted = FORMATS.get((project.task, format))
    if wanted is None:
        there = [name for task, name in FORMATS if task == project.task]
        raise BadConfig(f"A project for {project.task} can't be written as {format[:40]!r}.",
                        f"There are: {', '.join(there)}.")
    items = [item for item in project.items.values() if project.task == CLASSIFICATION or item.is_labelled]
    _write(items, store, target, wanted, project.classes)
    return {"out": str(target), "format": format, "photos": len(items), "left_out": len(project.items) - len(items)}


def copy_all(project: Project, store: PictureStore, target: Path) -> int:
    """Every photo in the folder of its class, whatever the task; how many that were."""
    items = list(project.items.values())
    _write(items, store, target, FORMATS[CLASSIFICATION, "imagefolder"], project.classes)
    return len(items)


def _write(items: list[Item], store: PictureStore, target: Path, wanted: Format, classes: list[str]) -> None:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise NameTaken(f"{target} is there already, and not empty.", "Choose another folder.")
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with files.disk_full_guard():
            part.mkdir(parents=True)
            leaving = [_copied(item, store, part, wanted.folder(item)) for item in items]
            for path, text in wanted.texts(leaving, classes).items():
                (part / path).parent.mkdir(parents=True, exist_ok=True)
                (part / path).write_text(text, encoding="utf-8", newline="\n")
            if target.exists():
                target.rmdir()
            part.rename(target)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _copied(item: Item, store: PictureStore, target: Path, folder: str) -> Leaving:
    source = store.blobs.path(item.sha256)
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
        start = file.read(3)
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
    return {"labels.csv": lists.write_csv([(each.path, each.item.label or "") for each in photos])}


def _lines(classes: list[str]) -> str:
    return "".join(f"{name}\n" for name in classes)


FORMATS: dict[tuple[str, str], Format] = {
    (CLASSIFICATION, "imagefolder"): Format(class_folder, lambda _photos, _classes: {}),
    (CLASSIFICATION, "csv"): Format(lambda _item: "images", _csv),
    (CLASSIFICATION, "lst"): Format(lambda _item: "images", _class_lst),
    (DETECTION, "coco"): Format(lambda _item: "images", _coco),
    (DETECTION, "voc"): Format(lambda _item: "JPEGImages", _voc),
    (DETECTION, "yolo"): Format(lambda _item: "images/train", _yolo),
    (DETECTION, "lst"): Format(lambda _item: "images", _boxes_lst),
}
