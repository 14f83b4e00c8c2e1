"""Read the result of an evaluation, and put it into words for a terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from trivium.core import files


def read_report(folder: Path) -> dict[str, Any] | None:
    """RUN/out/evaluation.json, None where there is none (yet)."""
    try:
        report: dict[str, Any] = json.loads((folder / files.OUT / "evaluation.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return report


def clock(seconds: float | None) -> str:
    """MM:SS.mmm, as racers write lap times."""
    if seconds is None:
        return "-"
    thousandths = round(seconds * 1000)
    return f"{thousandths // 60000:02d}:{thousandths // 1000 % 60:02d}.{thousandths % 1000:03d}"


def report_lines(report: dict[str, Any]) -> list[str]:
    """The result table."""
    lines = ["trial  time       completed  status        off-track  penalty  resets"]
    for number, trial in enumerate(report["trials"], 1):
        lines.append(f"{number:>5}  {clock(trial['time_s'])}  {trial['completion_percentage']:>7.1f} %  "
                     f"{trial['status']:<12}  {trial['off_track_count']:>9}  {trial['penalty_s']:>5.1f} s  "
                     f"{trial['reset_count']:>6}")
    low, high = report["interval"]
    lines.append(f"Completed {report['completion_rate']:.0%} of {report['n']} trials (95 % interval {low:.0%} to "
                 f"{high:.0%}); best lap {clock(report['best_lap_s'])}, median {clock(report['median_lap_s'])}.")
    return lines
