"""Takes photos into a project: found, read in confined processes, stored by content, reported.

Two processes read side by side. Whatever one file does, the others come in; each that does not is told in one line.
What was read is in the project at the end of each batch, so an import that is broken off loses no more than that, and
doing it again costs only what was missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from trivium.core import files
from trivium.errors import BadConfig, BadFile
from trivium.vision import project as kept
from trivium.vision.activity.framed import framed
from trivium.vision.activity.given import GivenRanges, range_known, ranges_with
from trivium.vision.activity.strips import STRIP
from trivium.vision.annotation.given import Given, given_with
from trivium.vision.annotation.painted import Painted
from trivium.vision.collect import sources
from trivium.vision.collect.looking import LOOKING, PHOTOS, network_if_there
from trivium.vision.collect.reading import BATCH_BYTES, BATCH_FILES
from trivium.vision.collect.store import THUMBNAIL, VIEW, PictureStore
from trivium.vision.labels.boxing import BoxChange, rebox
from trivium.vision.labels.labelling import Change, add_classes, class_name, doubt, relabel
from trivium.vision.labels.painting import MaskChange, plane_of, repaint
from trivium.vision.project import Item, Project

Say = Callable[[str], None]
Count = Callable[[int, int], None]  # how many files of how many
WORKERS = 2
AT_ONCE = 50  # masks in memory
SMALL_BATCH = 32  # of the first batches, so that both workers soon have something to do


@dataclass
class Pending:
    """A file on its way."""

    name: str
    label: str | None
    sha256: str
    content: bytes


@dataclass(frozen=True)
class Read:
    """A picture that has been read; nothing of it is stored yet."""

    item: Item
    content: bytes
    derived: dict[str, bytes]  # by kind: view, thumbnail, features


@dataclass
class Import:
    """What came of an import."""

    added: int = 0
    known: list[dict[str, str]] = field(default_factory=list)  # {"file", "repeats"}: the same content once more
    conflicts: list[dict[str, str]] = field(default_factory=list)  # the same content under another label
    passed_over: list[dict[str, str]] = field(default_factory=list)  # {"file", "message"}
    remarks: list[dict[str, str]] = field(default_factory=list)
    relabelled: int = 0  # were here under another label, or none
    split_folders: bool = False
    annotations: dict[str, Any] | None = None  # what annotation files gave


def import_photos(data: Path, path: Path, name: str, task: str | None = None, say: Say = lambda _text: None,
                  label: str | None = None, called: str | None = None,
                  count: Count = lambda _done, _total: None) -> tuple[Project, Import]:
    """The photos of a folder or zip, in a new or an existing project; a new one is for classification unless `task`
    says otherwise.

    `label` is a person's word: all of the photos show that, wherever they lie and whatever they were called before.
    `called` is the name of a single file, where its path does not tell.
    """
    wanted = None if label is None else class_name(label)
    here = kept.load(data, name) if kept.exists(data, name) else None
    task = task or (here.task if here else kept.CLASSIFICATION)
    if task in kept.MARKED and wanted is not None:
        raise BadConfig(f"In a project for {task} a photo has no class of its own.", "Leave the class away.")
    with sources.opened(path, called) as source:
        if not source.found and not source.passed_over:
            raise BadFile(f"There are no files in {called or path}.",
                          "Name a folder with a folder of photos for each class.")
        known = [item.name for item in here.items.values()] if here else []
        if task == kept.ACTIVITY:
            framed(source)
        given = ranges_with(source, known) if task == kept.ACTIVITY else \
            given_with(source, task, known, here.classes if here else [])
        source.found = given.labelled(source.found)
        if wanted is not None:
            source.found = [replace(each, label=wanted) for each in source.found]
        project = kept.create(data, name, task)
        return project, Importer(PictureStore(data), project, say, wanted, count, given).take(source)


class Importer:
    """One import under way."""

    def __init__(self, store: PictureStore, project: Project, say: Say, label: str | None = None,
                 count: Count = lambda _done, _total: None, given: Given | None = None) -> None:
        self.store, self.project, self.say, self.label, self.count = store, project, say, label, count
        self.given = given or Given(project.task)
        self.again: list[tuple[str, str]] = []  # sha256 and name of pictures that were here, and that boxes came for
        self.result = Import()
        self.looking = LOOKING.get(project.task, PHOTOS)
        self.network = network_if_there(self.looking)
        self.renamed: list[Change] = []

    def take(self, source: sources.Source) -> Import:
        self.result.passed_over = list(source.passed_over)
        self.result.split_folders = source.split_folders
        add_classes(self.project, self.given.classes)
        total, running = len(source.found), list[Future[list[Read]]]()
        with ThreadPoolExecutor(WORKERS) as pool:
            for batch in self.batches(self.fresh(source.found)):
                running.append(pool.submit(self.read, batch))
                while len(running) >= WORKERS + 1:  # no more in memory than is being read, and one
                    self.keep(running.pop(0).result(), total)
            for future in running:
                self.keep(future.result(), total)
        if isinstance(self.given, Painted):
            self.paint(self.given)
        self.box_known({each.name for each in source.found})
        if isinstance(self.given, GivenRanges):
            self.result.relabelled += range_known(self.project, self.given, {each.name for each in source.found})
        doubt(self.project, [(row["sha256"], f"The same picture also came as {row['file']}.")
                             for row in self.result.conflicts])
        self.result.remarks += self.given.troubles
        self.result.annotations = self.given.report()
        if self.renamed:
            self.result.relabelled += len(relabel(self.project, self.renamed)[0])
        return self.result

    def fresh(self, found: Iterable[sources.Found]) -> Iterator[Pending]:
        """Files whose content is not in the project yet."""
        seen: dict[str, tuple[str, str | None]] = {}
        for each in found:
            try:
                content = each.read()
            except BadFile as error:
                self.result.passed_over.append({"file": each.name, "message": f"{error.message} {error.hint}"})
                continue
            sha256 = files.sha256_bytes(content)
            item = self.project.items.get(sha256)
            before = seen.get(sha256) or ((item.name, item.label) if item else None)
            if before is not None:
                self.repeated(each, sha256, *before)
                continue
            seen[sha256] = (each.name, each.label)
            yield Pending(each.name, each.label, sha256, content)

    def repeated(self, each: sources.Found, sha256: str, first: str, first_label: str | None) -> None:
        """The same content once more: the first label stays, and where the two differ a person should look."""
        if each.name in self.given.names and self.given.task in kept.MARKED:
            self.again.append((sha256, each.name))
        if self.label is not None and first_label != self.label:
            self.renamed.append(Change(sha256, self.label))
        elif each.label is not None and first_label is not None and each.label != first_label:
            self.result.conflicts.append({"file": each.name, "repeats": first, "sha256": sha256})
        else:
            self.result.known.append({"file": each.name, "repeats": first})

    def batches(self, pending: Iterable[Pending]) -> Iterator[list[Pending]]:
        batch, size, cap = list[Pending](), 0, SMALL_BATCH
        for each in pending:
            if batch and (len(batch) >= cap or size + len(each.content) > BATCH_BYTES):
                yield batch
                batch, size, cap = [], 0, min(cap * 2, BATCH_FILES)
            batch.append(each)
            size += len(each.content)
        if batch:
            yield batch

    def read(self, batch: list[Pending]) -> list[Read]:
        """All files of a batch, in as many processes as that takes."""
        found: list[Read] = []
        at = 0
        while at < len(batch):
            rest = batch[at:]

            def told(k: int, facts: dict[str, Any], path: Path, rest: list[Pending] = rest) -> None:
                if k < len(rest):
                    self.told(rest[k], facts, path, found)

            at += self.looking.read([(each.name, each.content) for each in rest], self.network, told)
        return found

    def told(self, each: Pending, facts: dict[str, Any], path: Path, found: list[Read]) -> None:
        if "error" in facts:
            self.result.passed_over.append({"file": each.name, "message": str(facts["error"])})
            return
        self.result.remarks += [{"file": each.name, "message": str(text)} for text in facts["remarks"]]
        width, height = int(facts["width"]), int(facts["height"])
        item = Item(each.sha256, each.name, each.label, width, height, str(facts["dhash"]), float(facts["sharpness"]),
                    boxes=self.given.boxes(each.name, width, height, int(facts["orientation"])))
        if isinstance(self.given, GivenRanges):
            length = float(facts["duration_s"])
            item = replace(item, duration_s=length, ranges=self.given.ranges(each.name, length))
        found.append(Read(item, each.content, derived_beside(path)))

    def box_known(self, arrived: set[str]) -> None:
        """Boxes for pictures that were here: those without any get them, those with others keep them, and are told."""
        if self.given.task != kept.DETECTION:
            return
        named = self.given.names - arrived
        self.again += [(item.sha256, item.name) for item in self.project.items.values() if item.name in named]
        changes = []
        for sha256, name in self.again:
            item = self.project.items.get(sha256)
            boxes = None if item is None else self.given.boxes(name, item.width, item.height)
            if item is None or boxes is None or item.boxes == boxes:
                continue
            if item.boxes is None:
                changes.append(BoxChange(sha256, boxes, self.project.versions[sha256]))
            else:
                self.result.conflicts.append({"file": name, "repeats": item.name, "sha256": sha256})
        if changes:
            self.result.relabelled += len(rebox(self.project, changes)[0])

    def paint(self, given: Painted) -> None:
        """Masks for pictures that came or were here: those without any get them, those with others keep them, and are
        told."""
        named = {name: sha256 for sha256, name in self.again} | {
            item.name: sha256 for sha256, item in self.project.items.items() if item.name in given.names}
        todo = [(name, self.project.items[sha256]) for name, sha256 in named.items() if sha256 in self.project.items]
        for at in range(0, len(todo), AT_ONCE):
            changes = []
            for name, item in todo[at:at + AT_ONCE]:
                plane = given.plane(name, item, self.project.classes)
                before = None if plane is None else plane_of(self.project, item)
                if plane is not None and before is None:
                    changes.append(MaskChange(item.sha256, plane, self.project.versions[item.sha256]))
                elif plane is not None and before is not None and not np.array_equal(plane, before):
                    self.result.conflicts.append({"file": item.name, "repeats": item.name, "sha256": item.sha256})
            repaint(self.project, changes)

    def keep(self, found: list[Read], total: int) -> None:
        """Put a batch into the store and the project, with no deleting of another project in between: until the log
        names a picture, that project would take it for its own."""
        with self.store.changing():
            for each in found:
                for kind, made in each.derived.items():
                    self.store.derive(kind, each.item.sha256, made)
            self.store.put(each.content for each in found)
            self.result.added += len(kept.add(self.project, [each.item for each in found]))
        gone = len(self.result.passed_over) + len(self.result.known) + len(self.result.conflicts) + len(self.renamed)
        done = min(total, self.result.added + gone)
        self.say(f"{done} of {total} files read ...")
        self.count(done, total)


def derived_beside(path: Path) -> dict[str, bytes]:
    """What the reader has made beside a file."""
    from trivium.vision.activity.frame_network import KEY as CLIP_KEY
    from trivium.vision.backbone.features import KEY

    made = {kind: path.with_suffix(ending)
            for kind, ending in ((VIEW, ".view"), (THUMBNAIL, ".thumbnail"), (KEY, ".features"), (STRIP, ".strip"),
                                 (CLIP_KEY, ".clip"))}
    return {kind: place.read_bytes() for kind, place in made.items() if place.is_file() and not place.is_symlink()}


def add_features(store: PictureStore, items: Iterable[Item], say: Say = lambda _text: None,
                 task: str = kept.CLASSIFICATION) -> None:
    """Make what is derived of pictures that came in without it: before the backbone was there, or an older one was."""
    looking = LOOKING.get(task, PHOTOS)
    todo = [item for item in items if not store.derived(looking.key(), item.sha256).is_file()]
    if not todo:
        return
    network, at = looking.network(), 0
    while at < len(todo):
        say(f"{at} of {len(todo)} {looking.called} looked at ...")
        batch = todo[at:at + SMALL_BATCH]
        shas = [item.sha256 for item in batch]
        contents = [(item.name, files.read_file(store.original(item.sha256))) for item in batch]

        def told(k: int, _facts: dict[str, Any], path: Path, shas: list[str] = shas) -> None:
            for kind, made in derived_beside(path).items():
                store.derive(kind, shas[k], made)

        at += looking.read(contents, network, told)
