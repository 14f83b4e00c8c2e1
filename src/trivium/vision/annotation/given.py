"""What annotation files give to one import: each photo's boxes or class, and the report of it in plain sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from trivium.vision.annotation.matching import Matched, match, place
from trivium.vision.annotation.reading import is_candidate, read_confined
from trivium.vision.annotation.records import TITLES, Reading
from trivium.vision.collect.sources import Found, Source
from trivium.vision.labels.boxes import LabelledBox
from trivium.vision.project import DETECTION, MARKED, SEGMENTATION

SAID = {  # what is counted while files are read, and how it is told
    "crowd": "{} mark a crowd instead of one thing and were left out.",
    "difficult": "{} are marked as difficult; they came in like others.",
    "unknown_class": "{} are of a class that the file does not name and were left out.",
    "broken": "{} can't be read as boxes and were left out.",
    "polygons": "{} are polygons; the box around each was taken.",
}


class Given:
    """The annotations of an import; empty where there are none."""

    def __init__(self, task: str, matched: Matched | None = None) -> None:
        self.task, self.matched = task, matched
        self.photos = self.count = self.empty = self.clipped = self.outside = 0
        self.troubles: list[dict[str, str]] = []

    @property
    def reading(self) -> Reading:
        return self.matched.reading if self.matched else Reading()

    @property
    def has_boxes(self) -> bool:
        return any(each.boxes is not None for each in self.reading.drawn)

    @property
    def classes(self) -> list[str]:
        """Of this task, in the file's order."""
        fits = self.has_boxes == (self.task == DETECTION)
        return self.reading.classes if fits else []

    @property
    def names(self) -> set[str]:
        """Photos that something is said of."""
        return set(self.matched.drawn) if self.matched else set()

    def boxes(self, name: str, width: int, height: int, orientation: int = 1) -> list[LabelledBox] | None:
        """A photo's boxes, counted for the report; None where nothing is said of it."""
        drawn = self.matched.drawn.get(name) if self.matched and self.task == DETECTION else None
        if drawn is None:
            return None
        placed = place(drawn, width, height, orientation)
        self.clipped, self.outside = self.clipped + placed.clipped, self.outside + placed.outside
        if placed.trouble:
            self.troubles.append({"file": name, "message": placed.trouble})
        if placed.boxes is not None:
            self.photos, self.count = self.photos + 1, self.count + len(placed.boxes)
            self.empty += not placed.boxes
        return placed.boxes

    def labelled(self, found: Sequence[Found]) -> list[Found]:
        """Files with the class that a list gives them; with none where a photo has no class of its own."""
        if self.task in MARKED:
            return [replace(each, label=None) for each in found]
        if self.matched is None or self.has_boxes:
            return list(found)
        return [replace(each, label=self.matched.drawn[each.name].label) if each.name in self.matched.drawn else each
                for each in found]

    def report(self) -> dict[str, Any] | None:
        """{"format", "photos", "boxes", "missing", "notes"}; None where no annotations came."""
        if self.matched is None or self.reading.format is None:
            return None
        return {"format": self.reading.format, "photos": self.photos, "boxes": self.count,
                "missing": self.matched.missing, "notes": self.notes()}

    def notes(self) -> list[str]:
        title, missing = TITLES[self.reading.format or ""], len(self.matched.missing) if self.matched else 0
        if self.has_boxes != (self.task == DETECTION):
            what, other = ("boxes", "detection") if self.has_boxes else ("classes", "classification")
            return [f"The {title} file gives {what}, which a project for {self.task} has no use for. Make one for "
                    f"{other}."]
        found = [f"{title}: {self.count:,} boxes on {self.photos:,} photos."] if self.has_boxes else \
            [f"{title}: classes of {len(self.names):,} photos."]
        if self.empty:
            found.append(f"{self.empty:,} photos have no box there; they count as looked at, with nothing on them.")
        if self.clipped:
            found.append(f"{self.clipped:,} boxes reached over the edge of their photo and were clipped.")
        if self.outside:
            found.append(f"{self.outside:,} boxes lay outside their photo, or had no area, and were left out.")
        for kind, text in SAID.items():
            if self.reading.counts.get(kind):
                found.append(text.format(f"{self.reading.counts[kind]:,} objects"))
        if missing and self.matched:
            found.append(f"{missing:,} annotated pictures are not there, such as {self.matched.missing[0][:200]}.")
        return found


def given_with(source: Source, task: str, known: Iterable[str] = (), classes: Sequence[str] = ()) -> Given:
    """What the annotation files among these say; they are taken out, for they are no pictures.

    `known` are the names of photos that the project has already; annotations may come after them. `classes` are those
    of the project.
    """
    if task == SEGMENTATION:
        return _painted(source, list(known), classes)
    matched = _matched(source, known)
    return Given(task, matched)


def _painted(source: Source, known: list[str], classes: Sequence[str]) -> Given:
    """The same for masks."""
    from trivium.vision.annotation.mask_files import file_masks
    from trivium.vision.annotation.painted import Painted

    masks = file_masks(source, known, list(classes))
    return Painted(_matched(source, known, shapes=True), masks)


def _matched(source: Source, known: Iterable[str], shapes: bool = False) -> Matched | None:
    """What annotation files say of which photo; None where there are none."""
    candidates = [each for each in source.found if is_candidate(each.name)]
    if not candidates:
        return None
    pictures = [each.name for each in source.found if not is_candidate(each.name)]
    names = list(dict.fromkeys([*pictures, *known]))
    reading = read_confined([(each.name, each.read) for each in candidates], names, shapes)
    used = set(reading.used)
    source.found = [each for each in source.found if each.name not in used]
    for name, message in reading.passed_over:
        source.pass_over(name, message)
    return match(reading, names) if reading.format else None
