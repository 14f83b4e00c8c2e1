"""Start real `trivium` commands and read off what they took."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trivium.core import files


@dataclass(frozen=True)
class Measured:
    """One finished command."""

    wall_s: float
    result: dict[str, Any]


def trivium(*arguments: str) -> subprocess.Popen[str]:
    """A running `trivium ...`; its progress is dropped."""
    return subprocess.Popen([sys.executable, "-m", "trivium", *arguments], stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, text=True)


def measured(*arguments: str) -> Measured:
    """Run `trivium ... --json` to its end."""
    begin = time.perf_counter()
    process = trivium(*arguments, "--json")
    out, _ = process.communicate()
    return Measured(time.perf_counter() - begin, json.loads(out))


def metric(folder: Path, key: str) -> list[float]:
    """Every value of one metric of a run, in order."""
    values = []
    for row in (folder / files.EVENTS).read_text().splitlines():
        event = json.loads(row)
        if event["kind"] == "metric" and event["values"].get(key) is not None:
            values.append(float(event["values"][key]))
    return values
