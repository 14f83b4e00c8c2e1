"""Takes a file of notes in: it is read in a confined process of its own, so the server stays light and answers.

A file is first looked at (what tracks and bars are in it), then read with a choice of tracks and bars. MIDI, MusicXML,
.mxl, ABC, piano rolls (.npy, .npz), and compositions and projects that Trivium has saved.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
import threading
from pathlib import Path
from typing import Any

from trivium.core.child import run_child
from trivium.errors import BadFile, Busy
from trivium.music.files.reading import FILE, RESULT, TASK
from trivium.music.notes import Composition
from trivium.music.views import FileChoice, FileReport

FILE_CAP_BYTES = 20_000_000
CPU_S = 30.0
MAX_RESULT_BYTES = 32 << 20
PATIENCE_S = 60.0
AT_ONCE = threading.BoundedSemaphore(2)  # readings; each may take a gigabyte
AT_ALL = threading.BoundedSemaphore(8)  # readings and those that wait for their turn; a waiting one holds a thread


def look(data: bytes, name: str = "") -> FileReport:
    """What is in a file: tracks, bars, metre, tempo, and what was odd. Nothing is kept."""
    return FileReport.model_validate(_result(data, {"name": name})["report"])


def read_file(data: bytes, name: str = "", choice: FileChoice | None = None) -> tuple[FileReport, Composition]:
    """The piece in a file, or the chosen tracks and bars of it."""
    chosen = (choice or FileChoice()).model_dump(mode="json")
    result = _result(data, {"name": name, "choice": chosen})
    return FileReport.model_validate(result["report"]), Composition.model_validate(result["composition"])


def read_path(path: Path, choice: FileChoice | None = None) -> tuple[FileReport, Composition]:
    """The piece in a file of the user's own."""
    return read_file(bytes_of(path), path.name, choice)


def bytes_of(path: Path) -> bytes:
    """A file's content, refused where it is too large."""
    try:
        with path.open("rb") as file:
            data = file.read(FILE_CAP_BYTES + 1)
    except OSError as error:
        raise BadFile(f"{path} can't be read: {error.strerror}.", "Check the path.") from None
    if len(data) > FILE_CAP_BYTES:
        raise BadFile(f"{path} is larger than {FILE_CAP_BYTES // 1_000_000} MB.", "Choose a smaller file.")
    return data


def _result(data: bytes, task: dict[str, Any]) -> dict[str, Any]:
    if not AT_ALL.acquire(blocking=False):
        raise Busy("Other files are being read just now.", "Try again in a moment.")
    try:
        if not AT_ONCE.acquire(timeout=PATIENCE_S):
            raise Busy("Other files are being read just now.", "Try again in a moment.")
        try:
            return _read(data, task)
        finally:
            AT_ONCE.release()
    finally:
        AT_ALL.release()


def _read(data: bytes, task: dict[str, Any]) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="trivium-reading-"))
    try:
        (folder / TASK).write_text(json.dumps(task), encoding="utf-8")
        (folder / FILE).write_bytes(data)
        code = run_child("trivium.music.files.reading", folder, CPU_S)
        return _answer(folder, code)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _answer(folder: Path, code: int | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with contextlib.suppress(OSError, ValueError, RecursionError), (folder / RESULT).open("rb") as file:
        found = json.loads(file.read(MAX_RESULT_BYTES))
    if "error" in found:
        raise BadFile(found["error"]["message"], found["error"]["hint"])
    if code is None:
        raise BadFile("This file took too long to read.", "Export fewer tracks or bars of it, or choose another file.")
    if "report" not in found:
        raise BadFile("This file could not be read.", "Save it again from the program that it came from.")
    return found
