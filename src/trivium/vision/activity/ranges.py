"""Clips as ranges of a video: from when to when it shows what. Seconds from its first frame, the end not included."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from trivium.errors import BadConfig

LEAST_S = 0.2  # shorter ones show nothing that moves
MOST_RANGES = 2000  # of one video
DIGITS = 3  # of a second
SLACK_S = 0.002  # by which rounding may carry a range beyond its video


@dataclass(frozen=True)
class LabelledRange:
    """What is done between two moments of a video."""

    label: str
    start_s: float
    end_s: float


def fitted(start_s: Any, end_s: Any, duration_s: float) -> tuple[float, float] | None:
    """The part of a range that lies in the video; None where that is too short, or the range was never one."""
    try:
        start, end = float(start_s), float(end_s)
    except (TypeError, ValueError, OverflowError):
        return None
    if not (math.isfinite(start) and math.isfinite(end)):
        return None
    start, end = round(max(start, 0.0), DIGITS), round(min(end, duration_s), DIGITS)
    return (start, end) if end - start >= LEAST_S - 1e-6 else None


def checked(ranges: Iterable[LabelledRange], duration_s: float) -> list[LabelledRange]:
    """A person's ranges in the order of time, those of one class that overlap as one; BadConfig where one does not lie
    in the video, or two of different classes overlap."""
    found = [within(each, duration_s) for each in ranges]
    if len(found) > MOST_RANGES:
        raise BadConfig(f"A video has at most {MOST_RANGES:,} ranges, and here are {len(found):,}.",
                        "Cut the video into parts.")
    apart, pairs = trimmed(found)
    for a, b in pairs:  # what lies in both would be learned twice, once wrongly
        raise BadConfig(f"'{a.label[:100]}' from {a.start_s:g} to {a.end_s:g} s and '{b.label[:100]}' from "
                        f"{b.start_s:g} to {b.end_s:g} s overlap.",
                        "Let one end where the other begins: a video shows one thing at a time.")
    return apart


def within(each: LabelledRange, duration_s: float) -> LabelledRange:
    """The range as it is kept; BadConfig where it does not lie in the video."""
    name = each.label[:100]
    if each.end_s <= each.start_s:
        raise BadConfig(f"A range of '{name}' would end at {each.end_s:g} s, and begin at {each.start_s:g} s.",
                        "Let it begin before it ends.")
    fit = fitted(each.start_s, each.end_s, duration_s)
    if fit is None or each.start_s < 0 or each.end_s > duration_s + SLACK_S:
        raise BadConfig(f"A range of '{name}', {each.start_s:g} to {each.end_s:g} s, does not lie in the video, which "
                        f"is {duration_s:g} s long.", f"A range lasts at least {LEAST_S:g} s, within the video.")
    return replace(each, start_s=fit[0], end_s=fit[1])


def trimmed(ranges: Iterable[LabelledRange]) -> tuple[list[LabelledRange], list[tuple[LabelledRange, LabelledRange]]]:
    """Ranges that lie apart, in the order of time, and the pairs of different classes that overlapped.

    Those of one class that overlap are one. Of two of different classes the later one begins where the earlier ends,
    or is left out where too little remains.
    """
    found, pairs = list[LabelledRange](), list[tuple[LabelledRange, LabelledRange]]()
    for each in sorted(ranges, key=lambda each: (each.start_s, each.end_s, each.label)):
        last = found[-1] if found else None
        if last is None or each.start_s >= last.end_s:
            found.append(each)
        elif each.label == last.label:
            found[-1] = replace(last, end_s=max(last.end_s, each.end_s))
        else:
            is_left = each.end_s - last.end_s >= LEAST_S - SLACK_S
            if last.end_s - each.start_s > SLACK_S or not is_left:
                pairs.append((last, each))
            if is_left:
                found.append(replace(each, start_s=last.end_s))
    return found, pairs


def parsed(rows: Any) -> list[LabelledRange] | None:
    """Ranges from JSON rows; what is none is passed over. None stays None: nobody has looked."""
    if rows is None:
        return None
    found = []
    for row in rows if isinstance(rows, list) else []:
        fit = fitted(row.get("start_s"), row.get("end_s"), math.inf) if isinstance(row, dict) else None
        if fit is not None and isinstance(row.get("label"), str):
            found.append(LabelledRange(row["label"], *fit))
    return found


def renamed(ranges: list[LabelledRange] | None, old: Any, new: Any) -> list[LabelledRange] | None:
    """Ranges of a class as those of another; those of none are gone."""
    if ranges is None:
        return None
    given = [replace(each, label=new) if each.label == old else each for each in ranges]
    return [each for each in given if each.label is not None]
