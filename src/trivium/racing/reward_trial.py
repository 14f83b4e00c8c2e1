"""The short-lived process in which a reward function is tried out: python -P -m
trivium.racing.reward_trial FOLDER

Reads FOLDER/trial.json (source, track, states), confines itself to the folder, calls the function on
each state and writes FOLDER/result.json. Imports neither torch nor Numba, and NumPy only where the
learner's code does.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from trivium.core.confine import confine, enclose
from trivium.core.spec import Limits
from trivium.core.worker import refuse_early_exit
from trivium.errors import UserCodeError
from trivium.racing.params import ParamsBuilder
from trivium.racing.reward import RewardFunction
from trivium.racing.reward_limits import SLOW_CALL_MS, Watchdog
from trivium.racing.reward_remarks import remarks
from trivium.racing.reward_source import parse, preload

TRIAL, RESULT, HANG, CRASH = "trial.json", "result.json", "hang.txt", "crash.txt"
FILENAME = "reward.py"
IMPORT_LIMIT_S = 3.0
WATCHDOG_CPU_S = 3.5
MEMORY_MB = 1024
MAX_FILE_MB = 8
MAX_ERRORS = 5
HANG_S = 8.0
TRIED_CPU_S = 3.0  # after this long no further state is tried


Result = dict[str, Any]


@dataclass(frozen=True)
class Lane:
    """A track as ``ParamsBuilder`` wants it, out of JSON."""

    centre: list[list[float]]
    length_m: float


def main(folder: Path) -> int:
    task = json.loads((folder / TRIAL).read_text(encoding="utf-8"))
    source = task["source"]
    enclosed = enclose(folder, folder)
    preload(source)
    watchdog = Watchdog(folder / HANG, WATCHDOG_CPU_S)
    crash_file = (folder / CRASH).open("w")
    faulthandler.enable(crash_file)
    # The watchdog counts processor time, of which a busy machine gives little: this one counts seconds.
    hang_file = (folder / HANG).open("a")
    faulthandler.dump_traceback_later(HANG_S, exit=True, file=hang_file)
    result_file = (folder / RESULT).open("w", encoding="utf-8")
    confine(folder, Limits(mem_mb=MEMORY_MB, file_mb=MAX_FILE_MB), enclosed=enclosed)
    refuse_early_exit()
    # what the code writes past its captured prints goes nowhere
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    # Written before the code is tried as well: it may end the process.
    result: Result = {"done": False, "errors": [], "warnings": [], "prints": [], "samples": []}
    with contextlib.suppress(UserCodeError):
        result["warnings"] = [entry(line, text) for line, text in remarks(parse(source, FILENAME))]
    write(result, result_file)
    try_out(source, task, result, watchdog)
    result["warnings"] = [row for row in result["warnings"] if not told(row, result["errors"])]
    write({**result, "done": True}, result_file)
    return 0


def write(result: Result, file: TextIO) -> None:
    file.seek(0)
    file.truncate()
    json.dump(result, file)
    file.flush()


def try_out(source: str, task: dict[str, Any], result: Result, watchdog: Watchdog | None = None) -> None:
    """Adds errors, warnings, prints and rewards. An error or warning is a line (or null) and a message."""
    try:
        reward = RewardFunction(source, FILENAME, watchdog, IMPORT_LIMIT_S)
    except UserCodeError as error:
        result["errors"].append(error_entry(error))
        return
    lane = Lane(task["centre"], task["length_m"])
    builders = (ParamsBuilder(lane, False), ParamsBuilder(Lane(lane.centre[::-1], lane.length_m), True))
    began, calls = time.process_time(), 0
    for sample in task["samples"]:
        params = builders[sample["is_reversed"]].build(sample["row"])
        try:
            value = reward(params)
            result["samples"].append({"name": sample["name"], "reward": value})
        except UserCodeError as error:
            found = error_entry(error, sample["name"])
            if not any(found["line"] == old["line"] for old in result["errors"]):
                result["errors"].append(found)
            if error.reason != "user_code_error" or len(result["errors"]) >= MAX_ERRORS:
                break
        calls += 1
        result["prints"] += reward.drain_prints()
        if time.process_time() - began > TRIED_CPU_S:
            break
    result["warnings"] += afterwards(reward, result["samples"], (time.process_time() - began) / max(calls, 1))


def afterwards(reward: RewardFunction, rewards: list[dict[str, Any]], mean_s: float) -> list[dict[str, Any]]:
    """Warnings that only the trial can give."""
    found = []
    line = reward.source.function_line()
    if len(rewards) > 2 and len({row["reward"] for row in rewards}) == 1:
        found.append(
            entry(
                line,
                f"The reward was {rewards[0]['reward']:g} in every place that was tried, on the "
                "track and off it: the car cannot learn from it where to drive.",
            )
        )
    if rewards and 1e3 * mean_s > SLOW_CALL_MS:
        found.append(entry(line, f"A call takes {1e3 * mean_s:.0f} ms, which slows the training down."))
    unsaved = reward.unsaved()
    if unsaved:
        names = ", ".join(f"`{name}`" for name in unsaved[:3])
        found.append(
            entry(
                None,
                f"{names} starts anew when a stopped training is resumed: "
                "only numbers, texts, lists and the like are kept.",
            )
        )
    return found


def told(warning: dict[str, Any], errors: list[dict[str, Any]]) -> bool:
    """Whether an error says the same: that there is no such key."""
    key = re.match(r"There is no \w+(\['.*?'\])", warning["message"])
    return key is not None and any(
        error["line"] == warning["line"] and error["message"].startswith(f"There is no params{key[1]}")
        for error in errors
    )


def entry(line: int | None, message: str) -> dict[str, Any]:
    return {"line": line, "message": message}


def error_entry(error: UserCodeError, place: str | None = None) -> dict[str, Any]:
    text = error.message.removeprefix(f"{error.file}, line {error.line}: ").removeprefix(f"{error.file}: ")
    text = text[:1].upper() + text[1:]
    if place is not None:
        text = f"{text.rstrip('.')} (tried with {place})."
    return entry(error.line, f"{text} {error.hint}".strip())


if __name__ == "__main__":
    end = os._exit  # the real one, before refuse_early_exit
    end(main(Path(sys.argv[1])))  # no thread of the learner's keeps the process alive
