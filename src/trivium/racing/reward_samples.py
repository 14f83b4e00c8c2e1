"""States of a car on a real track, to try a reward function on: start, centre, both sides, off track,
finish.

Only NumPy, and written apart from the simulator's compiled geometry, so that a check starts in no time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trivium.racing.params import Row
from trivium.racing.track import Floats, Track, nearest_on_line

FRONT_POINT_M = 0.14
WHEELS_M = ((-0.0817, 0.0811), (-0.0817, -0.0811), (0.0823, 0.0796), (0.0823, -0.0796))  # from the origin


@dataclass(frozen=True)
class Sample:
    """One state and the words for it."""

    name: str
    row: list[float]
    is_reversed: bool


def samples(track: Track) -> list[Sample]:
    """About a dozen states in a likely order, along the track and then against it."""
    found = []
    for driven, against in ((track, False), (track.reversed(), True)):
        half_m = track.width_m / 2.0
        places = [
            # words, share of the lap, m left of the centre, degrees left of the road, step, speed, steering
            ("at the start", 0.0, 0.0, 0.0, 2.0, 1.0, 0.0),
            ("on the centre line", 0.15, 0.0, 0.0, 30.0, 2.0, 0.0),
            ("left of the centre line", 0.3, 0.4 * half_m, 5.0, 60.0, 1.0, -15.0),
            ("right of the centre line", 0.45, -0.4 * half_m, -5.0, 90.0, 1.0, 15.0),
            ("with two wheels on the border", 0.6, 0.95 * half_m, 20.0, 120.0, 2.0, -30.0),
            ("off the track", 0.75, half_m + 0.4, 30.0, 150.0, 2.0, 30.0),
            ("at the finish", 0.999, 0.0, 0.0, 200.0, 2.0, 0.0),
        ]
        for words, share, left_m, turned_deg, steps, speed, steering in places:
            row = state(driven, share, left_m, turned_deg, steps, speed, steering)
            said = f"the car {words}" + (", driving against the track's direction" if against else "")
            found.append(Sample(said, row, against))
    return found


def state(
    track: Track, share: float, left_m: float, turned_deg: float, steps: float, speed: float, steering: float
) -> list[float]:
    """A row for a car whose front point is beside ``share`` of the lap, ``steps`` after the start line."""
    at_m = share * track.length_m
    here = np.array([np.interp(at_m, track.arc_m, track.centre[:, k]) for k in (0, 1)])  # (2,)
    segment = min(int(np.searchsorted(track.arc_m, at_m, side="right")) - 1, len(track.rows) - 2)
    along = track.centre[segment + 1] - track.centre[segment]
    road_rad = float(np.arctan2(along[1], along[0]))
    heading_rad = road_rad + np.radians(turned_deg)
    front = here + left_m * np.array([-np.sin(road_rad), np.cos(road_rad)])
    origin = front - FRONT_POINT_M * np.array([np.cos(heading_rad), np.sin(heading_rad)])
    wheels = sum(on_road(track, wheel) for wheel in _wheels(origin, heading_rad))
    foot = nearest_on_line(track.centre, front[None])[0]
    ndist, before = _along(track, foot)
    inner, outer = (nearest_on_line(border, foot[None])[0] for border in (track.inner, track.outer))
    to_inner, to_outer = (float(np.hypot(*(point - front))) for point in (inner, outer))
    row = Row(
        x=float(front[0]),
        y=float(front[1]),
        heading_deg=float(np.degrees((heading_rad + np.pi) % (2.0 * np.pi) - np.pi)),
        progress=100.0 * (ndist if ndist > 0.0 else FRONT_POINT_M / track.length_m),
        steps=steps,
        speed=speed,
        steering_angle=steering,
        distance_from_center=float(np.hypot(*(front - foot))),
        track_width=float(np.hypot(*(inner - outer))),
        closest_prev=float(before),
        closest_next=float((before + 1) % len(track.rows)),
        is_left_of_center=float((to_inner < to_outer) != (not track.is_counter_clockwise)),
        all_wheels_on_track=float(wheels == 4),
        is_offtrack=float(wheels == 0),
        is_crashed=0.0,
        ndist=ndist,
        sim_time_s=steps / 15.0,
    )
    return list(row)


def _wheels(origin: Floats, heading_rad: float) -> list[Floats]:
    c, s = np.cos(heading_rad), np.sin(heading_rad)
    return [origin + np.array([c * ahead - s * left, s * ahead + c * left]) for ahead, left in WHEELS_M]


def _along(track: Track, foot: Floats) -> tuple[float, int]:
    """Share of the lap at a point of the centre line, and the waypoint at or behind it."""
    gaps = np.hypot(*(nearest_each(track.centre, foot) - foot).T)  # (N-1,)
    segment = int(gaps.argmin())
    at_m = float(track.arc_m[segment] + np.hypot(*(foot - track.centre[segment])))
    return at_m / track.length_m, segment


def nearest_each(line: Floats, point: Floats) -> Floats:
    """The point of each segment of a polyline that is nearest to ``point``, (N-1, 2)."""
    start, along = line[:-1], np.diff(line, axis=0)
    share = np.clip(((point - start) * along).sum(axis=1) / (along**2).sum(axis=1), 0.0, 1.0)
    return np.asarray(start + share[:, None] * along)


def on_road(track: Track, point: Floats) -> bool:
    """Inside the outer border and not inside the inner one; on an open track, between the two."""
    if track.is_loop:
        rings = (track.outer, track.inner)
        in_outer, in_inner = (inside(ring, point) for ring in rings)
        return in_outer != in_inner
    return inside(np.concatenate((track.inner, track.outer[::-1])), point)


def inside(ring: Floats, point: Floats) -> bool:
    """Even-odd rule: a ray to the right crosses the ring an odd number of times."""
    a, b = ring, np.roll(ring, -1, axis=0)
    straddles = (a[:, 1] > point[1]) != (b[:, 1] > point[1])
    a, b = a[straddles], b[straddles]
    crossing = a[:, 0] + (point[1] - a[:, 1]) / (b[:, 1] - a[:, 1]) * (b[:, 0] - a[:, 0])
    return bool(np.count_nonzero(crossing > point[0]) % 2)
