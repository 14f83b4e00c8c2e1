"""Reads annotation files in a confined process: python -P -m trivium.vision.annotation.reading FOLDER

The process gets the files' bytes and the names of the pictures, gives up everything else, and writes what it made of
them. Which format it is, the content tells; where files of several lie together, the one with most pictures is taken.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from pydantic import ValidationError

from trivium.errors import BadFile, StudioError
from trivium.vision.annotation import coco, lists, tables, voc, yolo
from trivium.vision.annotation.records import Drawn, Format, Reading

ENDINGS = {".json", ".xml", ".txt", ".yaml", ".yml", ".names", ".lst", ".csv", ".tsv"}
INDEX, BYTES, RESULT, STARTED = "index.json", "files.bin", "result.json", "started"
CPU_S, MEMORY_MB, FILE_MB = 180.0, 3072, 512
MOST_BYTES = 500_000_000
Files = list[tuple[str, bytes]]


def is_candidate(name: str) -> bool:
    """Whether a file may hold annotations."""
    return "." + name.rpartition(".")[2].lower() in ENDINGS


def read_confined(files: Iterable[tuple[str, Callable[[], bytes]]], pictures: Iterable[str],
                  shapes: bool = False) -> Reading:
    """What these files say of pictures; those that cannot be read are told, and BadFile where that is all of them."""
    from trivium.core.child import run_child

    folder, refused, size = Path(tempfile.mkdtemp(prefix="trivium-annotations-")), list[tuple[str, str]](), 0
    try:
        index: list[tuple[str, int]] = []
        with (folder / BYTES).open("wb") as out:
            for name, take in files:
                try:
                    content = take()
                except BadFile as error:
                    refused.append((name, f"{error.message} {error.hint}"))
                    continue
                size += len(content)
                if size > MOST_BYTES:
                    raise BadFile(f"There are more than {MOST_BYTES // 1_000_000} MB of annotations.", "Import a part.")
                out.write(content)
                index.append((name, len(content)))
        stems = sorted({stem_of(name) for name in pictures})
        (folder / INDEX).write_text(json.dumps({"files": index, "stems": stems, "shapes": shapes}), encoding="utf-8")
        run_child("trivium.vision.annotation.reading", folder, CPU_S)
        if not (folder / STARTED).exists():
            raise StudioError("The process that reads annotations could not start.", "Try again; run: trivium doctor")
        if not (folder / RESULT).is_file():
            raise BadFile("These annotations take too long or too much memory to read.", "Import them in parts.")
        found = Reading.model_validate_json((folder / RESULT).read_bytes())
    except ValidationError:
        raise BadFile("These annotations can't be read.", "Export them again.") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    found.passed_over += refused
    _refuse_if_nothing_was_read(found)
    return found


def _refuse_if_nothing_was_read(found: Reading) -> None:
    broken = [row for row in found.passed_over if row[0] in found.used]
    if broken and not found.drawn:
        name, message = broken[0]
        sentence, _, hint = message.partition(". ")
        raise BadFile(f"{name}: {sentence}.", hint)


def stem_of(name: str) -> str:
    """A file's name without folders and ending."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return last.rpartition(".")[0] or last


# in the process


def main(folder: Path) -> int:
    from trivium.core.confine import confine, enclose
    from trivium.core.spec import Limits

    enclosed = enclose(folder, folder)
    import yaml  # noqa: F401  # before it is confined

    index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    content, at, files = (folder / BYTES).read_bytes(), 0, list[tuple[str, bytes]]()
    for name, size in index["files"]:
        files.append((name, content[at:at + size]))
        at += size
    (folder / STARTED).touch()
    confine(folder, Limits(mem_mb=MEMORY_MB, file_mb=FILE_MB), enclosed=enclosed)
    found = read(files, set(index["stems"]))
    for drawn in [] if index["shapes"] else found.drawn:
        drawn.shapes = None  # thousands of outlines, of no use for boxes
    (folder / RESULT).write_text(found.model_dump_json(), encoding="utf-8")
    return 0


def read(files: Files, stems: set[str]) -> Reading:
    """What files say of pictures, by their content."""
    sorted_out = _by_format(files, stems)
    names = _names(sorted_out)
    readings = [_of_format(kind, sorted_out[kind], names) for kind in ("coco", "voc", "yolo", "lst", "csv")
                if sorted_out.get(kind)]
    if not readings:
        return Reading(used=[name for name, _ in sorted_out.get("names", [])])
    best = max(readings, key=lambda reading: len(reading.drawn))
    for other in readings:
        if other is not best:
            best.passed_over += [(name, f"The boxes were taken from the {best.format} files instead.")
                                 for name in other.used]
            best.used += other.used
    best.used += [name for name, _ in sorted_out.get("names", [])]
    return best


def _by_format(files: Files, stems: set[str]) -> dict[str, Files]:
    found: dict[str, Files] = {}
    for name, content in files:
        kind = format_of(name, content, stems)
        if kind is not None:
            found.setdefault(kind, []).append((name, content))
    return found


def format_of(name: str, content: bytes, stems: set[str]) -> str | None:
    """A format, `names` for a list of classes, or None."""
    ending = "." + name.rpartition(".")[2].lower()
    if yolo.is_name_file(name, content):
        return "names"
    if ending == ".json":
        return "coco" if coco.looks_like(content) else None
    if ending == ".xml":
        return "voc" if voc.looks_like(content) else None
    if ending == ".lst":
        return "lst" if lists.looks_like_lst(content) else None
    if ending in (".csv", ".tsv"):
        return "csv" if tables.looks_like_csv(content) else None
    if ending == ".txt" and yolo.looks_like(content):
        return "yolo" if content.strip() or stem_of(name) in stems else None
    return None


def _names(found: dict[str, Files]) -> list[str]:
    """The names of classes for formats that number them; YAML comes first."""
    for name, content in sorted(found.get("names", []), key=lambda row: not row[0].lower().endswith((".yaml", ".yml"))):
        try:
            names = yolo.names_of(name, content)
        except BadFile:
            continue
        if names:
            return names
    return []


def _of_format(kind: Format, files: Files, names: list[str]) -> Reading:
    found, counts, order = Reading(format=kind, used=[name for name, _ in files]), Counter[str](), list[str]()
    for name, content in files:
        try:
            drawn, classes = _of_file(kind, name, content, names, counts)
        except BadFile as error:
            found.passed_over.append((name, f"{error.message} {error.hint}"))
            continue
        found.drawn += drawn
        order += classes
    if kind == "voc" and voc.with_edges(found.drawn):
        found.remarks.append((found.used[0], "Corners of these files count from 0; they were taken so."))
    if kind in ("yolo", "lst") and not names and any(each.boxes for each in found.drawn):
        found.remarks.append((found.used[0], "No file names the classes (data.yaml or classes.txt), so they are called "
                                             "by their numbers; rename them."))
    shown = {box[0] for each in found.drawn for box in each.boxes or ()}
    shown |= {each.label for each in found.drawn if each.label is not None}
    found.classes = [name for name in dict.fromkeys([*order, *sorted(shown)]) if name in shown]
    found.counts = dict(counts)
    return found


def _of_file(kind: str, name: str, content: bytes, names: list[str], counts: Counter[str],
             ) -> tuple[list[Drawn], list[str]]:
    if kind == "coco":
        return coco.read(name, content, counts)
    if kind == "voc":
        return [voc.read(name, content, counts)], []
    if kind == "yolo":
        return [yolo.read(name, content, names, counts)], names
    if kind == "lst":
        return lists.read_lst(name, content, names, counts), names
    return tables.read_csv(name, content, counts), []


if __name__ == "__main__":
    exit_code = main(Path(sys.argv[1]))
    os._exit(exit_code)
