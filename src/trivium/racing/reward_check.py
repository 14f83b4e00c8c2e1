"""Checks a reward function before it trains: is it Python, and does it give a number wherever the car
may be?

The learner's code runs in a confined process of its own (``reward_trial``), on states taken along the
chosen track; here it is only carried there and the answer read, so a server may call this.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from trivium.core.child import run_child
from trivium.errors import UserCodeError
from trivium.racing.reward_limits import read_hang
from trivium.racing.reward_samples import samples
from trivium.racing.reward_source import read_text
from trivium.racing.reward_trial import CRASH, FILENAME, HANG, RESULT, TRIAL, error_entry
from trivium.racing.track import Track
from trivium.racing.tracks.loading import load_track

CPU_S = 5.0  # one to start Python, the rest for the learner's code
MAX_RESULT_BYTES = 4 << 20


def validate(source: str | bytes, track: Track | str | None = None) -> dict[str, Any]:
    """``{"ok", "errors": [{line, message}], "warnings": [{line, message}], "prints", "samples"}``.

    ``track`` is a track or its id; without one the states are taken on the oval.
    """
    result: dict[str, Any] = {"ok": False, "errors": [], "warnings": [], "prints": [], "samples": []}
    try:
        text = read_text(source, FILENAME)
    except UserCodeError as error:
        return {**result, "errors": [error_entry(error)]}
    if not isinstance(track, Track):
        track = load_track(track or "oval")
    task = {
        "source": text,
        "centre": track.centre.tolist(),
        "length_m": track.length_m,
        "samples": [vars(sample) for sample in samples(track)],
    }
    folder = Path(tempfile.mkdtemp(prefix="trivium-trial-"))
    try:
        (folder / TRIAL).write_text(json.dumps(task), encoding="utf-8")
        result |= _tried(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {**result, "ok": not result["errors"]}


def _tried(folder: Path) -> dict[str, Any]:
    """Runs the trial in ``folder`` and reads its result, whatever became of the process."""
    code = run_child("trivium.racing.reward_trial", folder, CPU_S)
    found: dict[str, Any] = {}
    with contextlib.suppress(OSError, ValueError), (folder / RESULT).open("rb") as file:
        found = json.loads(file.read(MAX_RESULT_BYTES))
    result = {key: found.get(key, []) for key in ("errors", "warnings", "prints", "samples")}
    if found.get("done"):
        return result
    hang_line, crash_line = read_hang(folder / HANG, FILENAME), read_hang(folder / CRASH, FILENAME)
    if code is None or hang_line is not None:
        line, message = hang_line, "The code did not come back in time. Look for a loop that never ends."
    elif crash_line is not None:
        line = crash_line
        message = "Python itself crashed here. Look for functions that call themselves without end."
    else:
        line, message = None, "The code ended the program that tried it. Remove calls such as os._exit."
    return {**result, "errors": [*result["errors"], {"line": line, "message": message}]}

