"""The model's clock: so many moments a second, at each of which the newest frame counts.

A film of 30 frames a second and a camera of 12 come to the same moments, so a clip means the same at any frame rate.
The same rule holds where clips are taken in and where a camera is watched.
"""

from __future__ import annotations

import math

RATE = 8  # moments a second
SIZE = 224  # pixels, the side of the square pictures that the network looks at
NEARLY = 1e-4  # of a moment: times in files are rounded
LONGEST_S = 600.0  # of a video that is taken in
CLIP_READER = "trivium.vision.activity.reading"  # the confined process that takes clips in
CLIP_CPU_S = 900.0  # that it may use: enough for the longest video


def ticks_before(time_s: float) -> int:
    """How many moments lie before this time: those up to it belong to frames that came earlier."""
    return math.ceil(time_s * RATE - NEARLY)


def ticks_in(start_s: float, end_s: float, count: int) -> tuple[int, int]:
    """The moments of a range, first and one beyond the last, of a video that has `count`; at least one."""
    first = min(ticks_before(start_s), count - 1)
    return first, max(min(ticks_before(end_s), count), first + 1)
