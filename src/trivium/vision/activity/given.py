"""Lists of ranges beside videos: which part of which file shows what, as CSV or JSON.

    file,start_s,end_s,label
    kitchen.mp4,3.5,6.0,sit

JSON is a list of objects with the same names. Other usual names of the columns are understood, and minutes as 1:23.5.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from trivium.errors import BadFile
from trivium.vision.activity.ranges import LabelledRange, fitted, trimmed
from trivium.vision.activity.ranging import RangeChange, rerange
from trivium.vision.annotation.given import Given
from trivium.vision.collect.sources import Found, Source
from trivium.vision.project import ACTIVITY, MAX_CLASS_NAME, Project, one_line

ENDINGS = (".csv", ".tsv", ".json")
NAMES = {"file": ("file", "video", "filename", "path", "name"), "start_s": ("start_s", "start", "begin", "from"),
         "end_s": ("end_s", "end", "stop", "to"), "label": ("label", "class", "activity", "action")}
Row = tuple[str, str, float, float]  # file, label, start, end
SLACK_S = 0.1  # that a range may reach beyond its video without being told


class GivenRanges(Given):
    """The ranges of an import; empty where there are none."""

    def __init__(self, rows: dict[str, list[Row]] | None = None, broken: int = 0, missing: Sequence[str] = ()) -> None:
        super().__init__(ACTIVITY)
        self.rows, self.broken, self.missing, self.given = rows or {}, broken, list(missing), rows is not None
        self.overlapping = 0

    @property
    def names(self) -> set[str]:
        return set(self.rows)

    @property
    def classes(self) -> list[str]:
        return list(dict.fromkeys(label for rows in self.rows.values() for _, label, _, _ in rows))

    def labelled(self, found: Sequence[Found]) -> list[Found]:
        """Videos with the class of their folder, unless ranges say more."""
        return [replace(each, label=None) if each.name in self.rows else each for each in found]

    def ranges(self, name: str, duration_s: float) -> list[LabelledRange] | None:
        """A video's ranges, counted for the report; None where nothing is said of it."""
        if name not in self.rows:
            return None
        found = []
        for _, label, start, end in self.rows[name]:
            fit = fitted(start, end, duration_s)
            if fit is None or end <= start:
                self.outside += 1
                self.troubles.append({"file": name, "message": f"'{label}' from {start:g} to {end:g} s was left out: "
                                                               f"the video is {duration_s:g} s long."})
                continue
            self.clipped += end > duration_s + SLACK_S or start < 0
            found.append(LabelledRange(label, *fit))
        apart, pairs = trimmed(found)
        self.overlapping += len(pairs)
        self.photos, self.count = self.photos + 1, self.count + len(apart)
        return apart

    def report(self) -> dict[str, Any] | None:
        if not self.given:
            return None
        return {"format": "ranges", "photos": self.photos, "boxes": self.count, "missing": self.missing,
                "notes": self.notes()}

    def notes(self) -> list[str]:
        found = [f"{self.count:,} ranges in {self.photos:,} videos."]
        if self.clipped:
            found.append(f"{self.clipped:,} ranges reached beyond their video and were clipped.")
        if self.outside:
            found.append(f"{self.outside:,} ranges lay outside their video, or were shorter than a fifth of a second, "
                         "and were left out.")
        if self.overlapping:
            found.append(f"{self.overlapping:,} ranges began before one of another class had ended, and begin where "
                         "that ends.")
        if self.broken:
            found.append(f"{self.broken:,} rows can't be read as ranges and were left out.")
        if self.missing:
            found.append(f"{len(self.missing):,} videos that are named there are not here, such as "
                         f"{self.missing[0][:200]}.")
        return found


def ranges_with(source: Source, known: Iterable[str] = ()) -> GivenRanges:
    """What the lists among these files say; they are taken out, for they are no videos.

    `known` are the names of videos that the project has already; a list may come after them.
    """
    lists = [each for each in source.found if each.name.lower().endswith(ENDINGS)]
    if not lists:
        return GivenRanges()
    source.found = [each for each in source.found if each not in lists]
    names = list(dict.fromkeys([*(each.name for each in source.found), *known]))
    rows, broken = list[Row](), 0
    for each in lists:
        try:
            found, bad = read(each.name, each.read())
        except BadFile as error:
            source.pass_over(each.name, f"{error.message} {error.hint}")
            continue
        rows, broken = rows + found, broken + bad
    matched: dict[str, list[Row]] = {}
    missing = list[str]()
    for row in rows:
        name = matching(row[0], names)
        if name is None:
            missing.append(row[0])
        else:
            matched.setdefault(name, []).append(row)
    return GivenRanges(matched, broken, list(dict.fromkeys(missing)))


def range_known(project: Project, given: GivenRanges, arrived: set[str]) -> int:
    """Ranges for videos that were here: those that nobody has looked at get them; how many that were."""
    changes = []
    for item in project.items.values():
        if item.name in arrived or item.name not in given.names or item.ranges is not None:
            continue
        named = given.ranges(item.name, item.duration_s)
        changes.append(RangeChange(item.sha256, named, project.versions[item.sha256]))
    return len(rerange(project, changes)[0]) if changes else 0


def matching(wanted: str, names: Sequence[str]) -> str | None:
    """The video that a list means: of that name, else the only one whose last part is the same."""
    if wanted in names:
        return wanted
    last = wanted.replace("\\", "/").rpartition("/")[2]
    found = [name for name in names if name.rpartition("/")[2] == last]
    found = found or [name for name in names if name.rpartition("/")[2].rpartition(".")[0] == last]
    return found[0] if len(found) == 1 else None


def read(name: str, content: bytes) -> tuple[list[Row], int]:
    """The rows of a list, and how many can't be read."""
    text = content.decode("utf-8-sig", "replace")
    rows: Any
    if name.lower().endswith(".json"):
        try:
            rows = json.loads(text)
        except (ValueError, RecursionError):
            raise BadFile("It is no JSON that can be read.", "Export it again.") from None
    else:
        rows = list(csv.DictReader(io.StringIO(text), delimiter="\t" if name.lower().endswith(".tsv") else ","))
    if not isinstance(rows, list) or not rows or not isinstance(rows[0], dict) or "" in columns(rows):
        raise BadFile("It is no list of ranges.", "Its columns are file, start_s, end_s, label.")
    file, start, end, label = columns(rows)
    found = []
    for row in rows:
        try:
            found.append((str(row[file]), called(row[label]), seconds(row[start]), seconds(row[end])))
        except (KeyError, TypeError, ValueError, AttributeError):
            continue
    return found, len(rows) - len(found)


def columns(rows: Any) -> list[str]:
    """What the list calls file, start, end and label; "" where it has no such column."""
    there = {str(key).strip().lower(): key for key in rows[0] if key is not None}
    return [next((there[name] for name in names if name in there), "") for names in NAMES.values()]


def write_csv(rows: Iterable[tuple[str, LabelledRange]]) -> str:
    """The list of these ranges, as `read` takes it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["file", "start_s", "end_s", "label"])
    writer.writerows([file, f"{each.start_s:.3f}", f"{each.end_s:.3f}", each.label] for file, each in rows)
    return out.getvalue()


def called(text: Any) -> str:
    """A class's name; ValueError where there is none."""
    name = one_line(str(text))[:MAX_CLASS_NAME]
    if text is None or not name:
        raise ValueError
    return name


def seconds(text: Any) -> float:
    """Seconds, or minutes and seconds as 1:23.5."""
    found = 0.0
    for part in str(text).split(":"):
        found = found * 60 + float(part)
    if found != found or found in (float("inf"), float("-inf")):
        raise ValueError
    return found
