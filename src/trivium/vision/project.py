"""Projects: pictures with labels for one task, each a folder that `ls` and `cat` can read.

    DATA/vision/projects/NAME/project.json    task, classes in their order, when it was made
    DATA/vision/projects/NAME/log.jsonl       what was done to its pictures, one line each, never rewritten

The state is what the log comes to when it is read from its beginning, so nothing is ever lost, anything can be undone,
and two people who work on different pictures at once do not meet. Writers take turns by a lock, and read what others
have written before they write. What is done to pictures that are here already is in `labelling.py`.
"""

from __future__ import annotations

import json
import os
import re
import time
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from trivium.core import files
from trivium.core.process import FolderLock
from trivium.errors import BadConfig, BadFile, Busy, NotFound, StudioError
from trivium.vision.activity.ranges import LabelledRange
from trivium.vision.activity.ranges import parsed as parsed_ranges
from trivium.vision.activity.ranges import renamed as ranges_renamed
from trivium.vision.labels.boxes import LabelledBox, parsed
from trivium.vision.labels.masks import LabelledMask, parsed_mask

FOLDER, CARD, LOG, LOCK = "projects", "project.json", "log.jsonl", "lock"
CLASSIFICATION, DETECTION, SEGMENTATION, ACTIVITY = "classification", "detection", "segmentation", "activity"
ANOMALY = "anomaly"
TASKS = (CLASSIFICATION, DETECTION, SEGMENTATION, ACTIVITY, ANOMALY)
MARKED = (DETECTION, SEGMENTATION)  # tasks in which a photo has no class of its own
WITH_CLASSES = (CLASSIFICATION, ACTIVITY, ANOMALY)  # in which each photo or video has one
FIRST_CLASSES = {ANOMALY: ["good", "odd"]}  # of a project that is new
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
MAX_CLASS_NAME = 100
LOCK_PATIENCE_S = 30.0
UNREADABLE = (StudioError, OSError)


@dataclass
class Item:
    """A picture in a project."""

    sha256: str
    name: str  # as it came, such as cat/1.jpg
    label: str | None
    width: int
    height: int
    dhash: str
    sharpness: float
    doubts: list[str] = field(default_factory=list)  # why a person should look at its label
    boxes: list[LabelledBox] | None = None  # for detection; [] where nothing is there, None where nobody has looked
    duration_s: float = 0.0  # of a video
    ranges: list[LabelledRange] | None = None  # of a video that shows several things, or something in parts of it
    mask: LabelledMask | None = None  # for segmentation; None where nobody has looked

    @property
    def is_labelled(self) -> bool:
        """Whether it can be learned from."""
        return any(each is not None for each in (self.label, self.boxes, self.ranges, self.mask))

    @property
    def shown(self) -> list[str]:
        """The classes that it shows, each once."""
        if self.label is not None:
            return [self.label]
        if self.mask is not None:
            return self.mask.labels
        return list(dict.fromkeys(each.label for each in [*(self.boxes or ()), *(self.ranges or ())]))


@dataclass
class Project:
    """A project as it is now."""

    name: str
    folder: Path
    task: str
    classes: list[str]
    created_at: float
    items: dict[str, Item]  # by sha256, in the order of their arrival
    removed: dict[str, Item] = field(default_factory=dict)  # may be brought back
    versions: dict[str, int] = field(default_factory=dict)  # how often something was done to a picture
    past_masks: dict[str, list[LabelledMask | None]] = field(default_factory=dict)  # of each picture, the oldest first
    past_masks_at: dict[str, list[float]] = field(default_factory=dict)  # when each of them was replaced
    read_bytes: int = 0  # so much of the log is in here

    def labelled(self) -> list[Item]:
        """The pictures that can be learned from."""
        return [item for item in self.items.values() if item.is_labelled]

    def counts(self) -> dict[str, int]:
        """How many pictures each class has; for detection, how many show it, however often."""
        found = Counter(name for item in self.items.values() for name in item.shown)
        return {name: found[name] for name in self.classes}

    def box_counts(self) -> dict[str, int]:
        """How many boxes each class has."""
        found = Counter(box.label for item in self.items.values() for box in item.boxes or ())
        return {name: found[name] for name in self.classes}

    def area_shares(self) -> dict[str, float]:
        """The share of all labelled pixels that each class has."""
        masks = [item.mask for item in self.items.values() if item.mask is not None]
        whole = sum(mask.pixels - mask.unlabelled for mask in masks)
        found = Counter[str]()
        for area in (area for mask in masks for area in mask.areas):
            found[area.label] += area.pixels
        return {name: found[name] / whole if whole else 0.0 for name in self.classes}


def one_line(text: str) -> str:
    """Text on one line, with one way of writing each letter."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def place_of(data: Path, name: str) -> Path:
    """Where a project of that name lies."""
    if not NAME.fullmatch(name):
        raise BadConfig(f"{name[:64]!r} can't be the name of a project.",
                        "Use letters, digits, dots, dashes and underscores.")
    return data / "vision" / FOLDER / name


def create(data: Path, name: str, task: str) -> Project:
    """The project of that name, made if there is none; its task can't change."""
    folder = place_of(data, name)
    if task not in TASKS:
        raise BadConfig(f"There is no task {task[:64]!r}.", f"There are: {', '.join(TASKS)}.")
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        if not (folder / CARD).is_file():
            card = {"task": task, "classes": FIRST_CLASSES.get(task, []), "created_at": round(time.time(), 3)}
            files.write_json(folder / CARD, card)
    project = load(data, name)
    if project.task != task:
        raise BadConfig(f"The project {name} is for {project.task}, not for {task}.", "Choose another name.")
    return project


def exists(data: Path, name: str) -> bool:
    """Whether there is a project of that name."""
    return (place_of(data, name) / CARD).is_file()


def load(data: Path, name: str) -> Project:
    """A project by its name."""
    folder = place_of(data, name)
    if not (folder / CARD).is_file():
        there = ", ".join(names(data)) or "none yet"
        raise NotFound(f"There is no project called {name[:64]}.", f"There are: {there}. Make one with: trivium vision "
                       "import PHOTOS --task classification --name NAME")
    card = files.read_json(folder / CARD)
    try:
        project = Project(folder.name, folder, str(card["task"]), list(card["classes"]), float(card["created_at"]), {})
    except (KeyError, TypeError, ValueError):
        raise BadFile(f"{folder / CARD} is damaged.", "Restore it from a copy.") from None
    refresh(project)
    return project


def refresh(project: Project) -> None:
    """Take in what others have written to the project since it was read."""
    try:
        size = (project.folder / LOG).stat().st_size
    except FileNotFoundError:
        return
    if size <= project.read_bytes:
        return
    with (project.folder / LOG).open("rb") as log:
        log.seek(project.read_bytes)
        fresh = log.read(size - project.read_bytes)
    whole = fresh[:fresh.rfind(b"\n") + 1]  # a line that a crash cut off is closed by the next writer
    for line in _lines(whole):
        _apply(project, line)
    project.read_bytes += len(whole)
    _add_used_classes(project)


def load_all(data: Path) -> list[Project]:
    """Every project, by name; a damaged one is passed over."""
    found = []
    for name in names(data):
        try:
            found.append(load(data, name))
        except UNREADABLE:
            continue
    return found


def names(data: Path) -> list[str]:
    """What the projects are called."""
    return [folder.name for folder in _folders(data)]


def add(project: Project, items: Iterable[Item]) -> list[Item]:
    """Put pictures into the project; those that it did not have. One that is there keeps its label."""
    with writing(project):
        fresh = [item for item in items if item.sha256 not in project.items]
        record(project, [{"op": "add", **asdict(item)} for item in fresh])
    return fresh


@contextmanager
def writing(project: Project) -> Iterator[None]:
    """The only writer for the length of the block, and up to date."""
    with _locked(project.folder):
        refresh(project)
        yield


def record(project: Project, rows: list[dict[str, Any]]) -> None:
    """Do what the rows say and keep it; to be called by the one who is `writing`."""
    if rows:
        _append(project.folder, rows)
        refresh(project)
        save_classes(project)


def save_classes(project: Project) -> None:
    """Keep the classes in their order; to be called by the one who is `writing`."""
    card = files.read_json(project.folder / CARD)
    if card["classes"] != project.classes:
        files.write_json(project.folder / CARD, {**card, "classes": project.classes})


def label(project: Project, sha256: str, name: str | None) -> None:
    """Say what a picture shows; a new class is made by using it."""
    with writing(project):
        if sha256 not in project.items:
            raise NotFound("There is no such picture in this project.", "It may have been removed.")
        record(project, [{"op": "label", "sha256": sha256, "label": name}])


def _apply(project: Project, line: dict[str, Any]) -> None:
    """One line of the log; what a newer version wrote and this one does not know is passed over."""
    op, sha256 = line.get("op"), str(line.get("sha256"))
    item = project.items.get(sha256)
    if op == "add":
        row = {name: line[name] for name in Item.__dataclass_fields__ if name in line}
        if row.get("boxes") is not None:
            row["boxes"] = parsed(row["boxes"])
        row["ranges"] = parsed_ranges(row.get("ranges"))
        row["mask"] = parsed_mask(row.get("mask"))
        try:
            project.items[sha256] = Item(**row)
        except TypeError:
            return
        project.removed.pop(sha256, None)
    elif op == "label" and item is not None:
        project.items[sha256] = replace(item, label=line.get("label"), ranges=None, doubts=[])
    elif op == "ranges" and item is not None:
        project.items[sha256] = replace(item, label=None, ranges=parsed_ranges(line.get("ranges")), doubts=[])
    elif op == "boxes" and item is not None:
        boxes = line.get("boxes")
        project.items[sha256] = replace(item, boxes=None if boxes is None else parsed(boxes), doubts=[])
    elif op == "mask" and item is not None:
        project.past_masks.setdefault(sha256, []).append(item.mask)
        project.past_masks_at.setdefault(sha256, []).append(float(line.get("at", 0.0)))
        project.items[sha256] = replace(item, mask=parsed_mask(line.get("mask")), doubts=[])
    elif op == "mask undo" and item is not None and project.past_masks.get(sha256):
        project.items[sha256] = replace(item, mask=project.past_masks[sha256].pop(), doubts=[])
        project.past_masks_at[sha256].pop()
    elif op == "masks forgotten" and sha256 in project.past_masks:
        for past in (project.past_masks[sha256], project.past_masks_at[sha256]):
            del past[:max(0, len(past) - int(line.get("kept", 0)))]
        return
    elif op == "doubt" and item is not None:
        project.items[sha256] = replace(item, doubts=[*item.doubts, str(line.get("text"))])
    elif op == "remove" and item is not None:
        project.removed[sha256] = project.items.pop(sha256)
    elif op == "restore" and sha256 in project.removed:
        project.items[sha256] = project.removed.pop(sha256)
    elif op == "class" and line.get("name") not in project.classes:
        project.classes = [*project.classes, str(line.get("name"))]
        return
    elif op == "rename class":
        _rename_class(project, line.get("from"), line.get("to"))
        return
    else:
        return
    project.versions[sha256] = project.versions.get(sha256, 0) + 1


def _rename_class(project: Project, old: Any, new: Any) -> None:
    """Give every picture of a class to another, or to none; one that is new takes its place."""
    for pictures in (project.items, project.removed):
        for sha256, item in pictures.items():
            if old in item.shown:
                pictures[sha256] = replace(item, label=new if item.label == old else item.label,
                                           boxes=_boxes_renamed(item.boxes, old, new),
                                           ranges=ranges_renamed(item.ranges, old, new),
                                           mask=None if item.mask is None else item.mask.renamed(old, new))
                project.versions[sha256] = project.versions.get(sha256, 0) + 1
    for past in project.past_masks.values():
        past[:] = [None if mask is None else mask.renamed(old, new) for mask in past]
    if project.task == SEGMENTATION and old in project.classes and (new is None or new in project.classes):
        for sha256 in project.items:  # later classes get other numbers, and with them every mask that is being drawn
            project.versions[sha256] = project.versions.get(sha256, 0) + 1
    if old in project.classes and new is not None and new not in project.classes:
        project.classes[project.classes.index(old)] = str(new)
    project.classes = [name for name in project.classes if name != old]


def _boxes_renamed(boxes: list[LabelledBox] | None, old: Any, new: Any) -> list[LabelledBox] | None:
    """Boxes of a class as those of another; a box of none is no box."""
    if boxes is None:
        return None
    given = [replace(box, label=new) if box.label == old else box for box in boxes]
    return [box for box in given if box.label is not None]


def _add_used_classes(project: Project) -> None:
    """A class is made by using it."""
    used = {name for item in project.items.values() for name in item.shown}
    project.classes = [*project.classes, *sorted(used - set(project.classes))]


def _lines(text: bytes) -> Iterator[dict[str, Any]]:
    """The lines of a log; one that a crash cut off counts for nothing."""
    for line in text.decode("utf-8", "replace").split("\n"):
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict):
            yield found


def _append(folder: Path, rows: list[dict[str, Any]]) -> None:
    """All lines in one write, synced; a line that was cut off before is closed first."""
    now = round(time.time(), 3)
    text = "".join(json.dumps({**row, "at": now}, ensure_ascii=False) + "\n" for row in rows).encode()
    path = folder / LOG
    with files.disk_full_guard():
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o644)
        size = os.fstat(fd).st_size
        try:
            if size and os.pread(fd, 1, size - 1) != b"\n":
                text = b"\n" + text
            files.write_all(fd, text)
            os.fsync(fd)
        except BaseException:
            os.ftruncate(fd, size)  # all of it or nothing
            raise
        finally:
            os.close(fd)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    lock = FolderLock(folder / LOCK)
    if not lock.acquire(LOCK_PATIENCE_S):
        raise Busy(f"Somebody else is writing to {folder.name} just now.", "Try again in a moment.")
    try:
        yield
    finally:
        lock.release()


def _folders(data: Path) -> list[Path]:
    found = sorted(card.parent for card in (data / "vision" / FOLDER).glob(f"*/{CARD}"))
    return [folder for folder in found if NAME.fullmatch(folder.name)]
