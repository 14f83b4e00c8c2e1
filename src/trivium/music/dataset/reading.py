"""Reads many files of notes in confined processes, a batch each: python -P -m trivium.music.dataset.reading FOLDER

One process a file would cost a start of Python each. A batch is read file by file, a line of results each; a file that
ends the process or takes too long is the one without a line, is named, and the rest goes on in another process. A
process that has worked for a while stops by itself between two files, so that no file pays for those before it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trivium.errors import BadFile

BATCH, RESULTS = "batch.json", "results.jsonl"
BATCH_FILES, BATCH_BYTES = 400, 100_000_000
ENOUGH_S = 10.0  # after this long a process stops between two files
CPU_S = 40.0  # so a single file has at least 30 s
MEMORY_MB, RESULT_MB = 1024, 256
WORKERS = 2
SLOW = ("This file took too long to read.", "Export fewer tracks or bars of it.")
DIED = ("This file could not be read.", "Save it again from the program that it came from.")


@dataclass
class RawPiece:
    """A piece as its file has it: rows (onset, length, pitch, velocity, part, voice) in ticks, drums left out."""

    source: str
    title: str
    format: str
    metre: str
    metre_changes: int
    upbeat_ticks: int
    bpm: float
    key: str
    drums: int
    rows: list[list[int]]


@dataclass
class Reading:
    """What came out of the files: pieces, and of each file that failed why."""

    pieces: list[RawPiece] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)  # {"file", "message"}
    remarks: list[dict[str, str]] = field(default_factory=list)  # the same, of files that were read
    files: int = 0


def read_files(paths: Sequence[tuple[Path, str]], say: Callable[[str], None] = lambda _text: None) -> Reading:
    """Read all (path, name to show, no two alike); whatever one file does, the others are read."""
    lanes = [list(paths[k::WORKERS]) for k in range(WORKERS)] if len(paths) > 20 else [list(paths)]
    done: dict[str, dict[str, Any]] = {}

    def told(name: str, result: dict[str, Any]) -> None:
        done[name] = result
        if len(done) % max(1, len(paths) // 20) == 0 and len(paths) > 20:
            say(f"{len(done)} of {len(paths)} files read ...")

    with ThreadPoolExecutor(len(lanes)) as pool:
        for finished in [pool.submit(read_lane, lane, told) for lane in lanes]:
            finished.result()
    reading = Reading(files=len(paths))
    for _, name in paths:
        result = done[name]
        if "error" in result:
            reading.failed.append({"file": name, "message": " ".join(result["error"]).strip()})
        reading.remarks += [{"file": name, "message": text} for text in result.get("warnings", [])]
        reading.pieces += [RawPiece(source=name, **piece) for piece in result.get("pieces", [])]
    return reading


def read_lane(paths: list[tuple[Path, str]], told: Callable[[str, dict[str, Any]], None]) -> None:
    """Read files one batch after the other, each of them once."""
    while paths:
        count = read_batch(paths, told)
        paths = paths[count:]


def read_batch(paths: list[tuple[Path, str]], told: Callable[[str, dict[str, Any]], None]) -> int:
    """Read as many of the first files as one process manages; at least one. How many that were."""
    from trivium.core.child import run_child

    folder = Path(tempfile.mkdtemp(prefix="trivium-dataset-"))
    try:
        taken = copied(paths, folder, told)
        names = [name for _, name in paths[:taken]]
        (folder / BATCH).write_text(json.dumps(names), encoding="utf-8")
        code = run_child("trivium.music.dataset.reading", folder, CPU_S)
        results = list(results_in(folder / RESULTS))
        missing = [k for k in range(taken) if (folder / str(k)).exists() and k not in {k for k, _ in results}]
        for k, result in results:
            told(names[k], result)
        if (code == 0 and results) or not missing:
            return missing[0] if missing else taken  # those after the last line are read next time
        told(names[missing[0]], {"error": SLOW if code is None else DIED})
        return missing[0] + 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def copied(paths: list[tuple[Path, str]], folder: Path, told: Callable[[str, dict[str, Any]], None]) -> int:
    """Copy a batch's files into the process's folder; how many."""
    from trivium.music.files.importing import bytes_of

    total = 0
    for k, (path, name) in enumerate(paths[:BATCH_FILES]):
        try:
            data = bytes_of(path)
        except BadFile as error:
            told(name, {"error": [error.message.replace(str(path), "It"), error.hint]})
            continue
        total += len(data)
        if total > BATCH_BYTES and k:
            return k
        (folder / str(k)).write_bytes(data)
    return min(len(paths), BATCH_FILES)


def results_in(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The whole lines of a results file."""
    if path.is_file():
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                with contextlib.suppress(ValueError):  # cut off when the process ended
                    found = json.loads(line)
                    yield int(found["file"]), found


def main(folder: Path) -> int:
    """In the process: read every file of the folder, a line of results each."""
    from trivium.core.confine import confine, enclose
    from trivium.core.spec import Limits

    enclosed = enclose(folder, folder)
    names = json.loads((folder / BATCH).read_text(encoding="utf-8"))
    from trivium.music.dataset import files as dataset_files
    from trivium.music.files import formats

    formats.preload()
    confine(folder, Limits(mem_mb=MEMORY_MB, file_mb=RESULT_MB), enclosed=enclosed)
    began = time.monotonic()
    with (folder / RESULTS).open("w", encoding="utf-8") as out:
        for k, name in enumerate(names):
            if not (folder / str(k)).exists():
                continue
            found = dataset_files.pieces_in((folder / str(k)).read_bytes(), name)
            out.write(json.dumps({"file": k, **found}) + "\n")
            out.flush()
            if time.monotonic() - began > ENOUGH_S:
                break
    return 0


if __name__ == "__main__":
    exit_code = main(Path(sys.argv[1]))
    os._exit(exit_code)
