"""A race track: its geometry in metres, and its card.

A track is an (N, 6) table of waypoints in driving order: centre line x, y, inner border x, y, outer border
x, y; the community's file format. On a loop the last row repeats the first. Only NumPy here, so that
listing tracks is quick; the compiled kernels that the simulator runs on are in `geometry`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WIDTH_SAMPLES = 400  # places along the centre line at which the road's width is measured
SAME_POINT_M = 1e-9  # closer than this, two points are one


@dataclass(frozen=True)
class TrackCard:
    """What a person reads before choosing a track."""

    id: str
    title: str
    difficulty: int  # 1 (first lap in seconds) .. 5
    teaches: str  # one short line
    description: str
    corners: str
    source: str = "trivium"  # or "imported"
    licence: str = "Apache-2.0, designed for Trivium"

    def sections(self, track: "Track") -> Iterator[tuple[str, str]]:
        """The card's fixed headings and their text, for pages, documentation and the command line."""
        yield "Description", self.description
        yield "What it teaches", self.teaches
        yield "Corners", self.corners
        end = "crosses the start line again" if track.is_loop else "reaches the end of the road"
        yield "Ends when", f"The car {end} (a lap), or has no wheel left on the road (off track)."
        yield "Figures", (f"{track.length_m:.1f} m long, {track.width_m:.2f} m wide, {track.direction}, "
                          f"difficulty {self.difficulty} of 5, {len(track.rows)} waypoints.")
        yield "Source and licence", f"{self.source}; {self.licence}"


@dataclass(frozen=True, eq=False)
class Track:
    """One track. `rows` is read-only, has no repeated rows and, on a loop, ends with its first row."""

    id: str
    title: str
    rows: Floats  # (N, 6) m
    is_loop: bool
    card: TrackCard | None = None
    is_reversed: bool = False  # driven against the order of its file
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        rows = np.array(self.rows, dtype=np.float64, order="C")
        rows.setflags(write=False)
        object.__setattr__(self, "rows", rows)

    @property
    def centre(self) -> Floats:
        return self.rows[:, 0:2]  # (N, 2)

    @property
    def inner(self) -> Floats:
        return self.rows[:, 2:4]  # (N, 2)

    @property
    def outer(self) -> Floats:
        return self.rows[:, 4:6]  # (N, 2)

    @cached_property
    def arc_m(self) -> Floats:
        """Length of the centre line up to each waypoint, (N,)."""
        step = np.diff(self.centre, axis=0)
        return np.concatenate(([0.0], np.cumsum(np.sqrt(step[:, 0] ** 2 + step[:, 1] ** 2))))

    @property
    def length_m(self) -> float:
        return float(self.arc_m[-1])

    @cached_property
    def widths_m(self) -> Floats:
        """Road width at evenly spaced places, between the border points nearest to each, (WIDTH_SAMPLES,)."""
        at = np.linspace(0.0, self.length_m, WIDTH_SAMPLES, endpoint=False)
        points = np.stack([np.interp(at, self.arc_m, self.centre[:, k]) for k in (0, 1)], axis=1)
        gap = nearest_on_line(self.inner, points) - nearest_on_line(self.outer, points)
        return np.hypot(gap[:, 0], gap[:, 1])

    @property
    def width_m(self) -> float:
        return float(np.median(self.widths_m))

    @property
    def min_width_m(self) -> float:
        return float(self.widths_m.min())

    @cached_property
    def is_counter_clockwise(self) -> bool:
        """True where the inner border lies on the driver's left: on a loop, driving counter-clockwise.

        An open track has no inside; there the side of the "inner" columns decides: left stays left.
        """
        if self.is_loop:
            return signed_area(self.centre) > 0.0
        ahead = np.gradient(self.centre, axis=0)
        aside = self.inner - self.centre
        return bool(np.sum(ahead[:, 0] * aside[:, 1] - ahead[:, 1] * aside[:, 0]) > 0.0)

    @property
    def direction(self) -> str:
        if not self.is_loop:
            return "open"
        return "counter-clockwise" if self.is_counter_clockwise else "clockwise"

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """(x_min, y_min, x_max, y_max) of the road, m."""
        borders = np.concatenate((self.inner, self.outer))
        low, high = borders.min(axis=0), borders.max(axis=0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    @cached_property
    def min_radius_m(self) -> float:
        """Radius of the tightest bend of the centre line, measured over about 1 m of arc."""
        return tightest_radius_m(self.centre, self.arc_m, self.is_loop)

    def reversed(self) -> "Track":
        """The same road driven the other way; the inner border stays the inner border."""
        return replace(self, rows=self.rows[::-1], is_reversed=not self.is_reversed)


def signed_area(ring: Floats) -> float:
    """Shoelace formula, (N, 2) -> m2; positive for a counter-clockwise ring."""
    moved = ring - ring[0]  # keeps the products small, and so exact, far from the origin
    x, y = moved[:, 0], moved[:, 1]
    return 0.5 * float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))


def nearest_on_line(line: Floats, points: Floats) -> Floats:
    """For each of (P, 2) points its nearest point on the polyline (M, 2); (P, 2)."""
    start, along = line[:-1], np.diff(line, axis=0)
    square = np.maximum((along**2).sum(axis=1), 1e-300)  # a repeated border point has no direction
    offset = points[:, None, :] - start[None, :, :]  # (P, M-1, 2)
    fraction = np.clip((offset * along).sum(axis=2) / square, 0.0, 1.0)
    foot = start + fraction[:, :, None] * along  # (P, M-1, 2)
    best = ((points[:, None, :] - foot) ** 2).sum(axis=2).argmin(axis=1)
    return np.asarray(foot[np.arange(len(points)), best])


def tightest_radius_m(line: Floats, arc_m: Floats, is_loop: bool, span_m: float = 1.0) -> float:
    """Smallest radius of the circle through three points half a span apart; infinity on a straight line."""
    length_m = float(arc_m[-1])
    at = np.arange(0.0, length_m, 0.05)
    if not is_loop:
        at = at[(at >= span_m / 2) & (at <= length_m - span_m / 2)]
    if len(at) == 0:
        return float("inf")

    def point(where_m: Floats) -> Floats:
        where_m = np.mod(where_m, length_m) if is_loop else where_m
        return np.stack([np.interp(where_m, arc_m, line[:, k]) for k in (0, 1)], axis=1)

    a, b, c = point(at - span_m / 2), point(at), point(at + span_m / 2)
    ab, bc, ca = b - a, c - b, a - c
    twice_area = np.abs(ab[:, 0] * bc[:, 1] - ab[:, 1] * bc[:, 0])
    sides = np.hypot(*ab.T) * np.hypot(*bc.T) * np.hypot(*ca.T)
    with np.errstate(divide="ignore"):
        return float(np.min(sides / (2.0 * twice_area)))


def track_view(track: Track) -> dict[str, Any]:
    """Plain data for pages and scripts, one shape for gallery and imported tracks."""
    card = track.card
    outline = {name: np.round(getattr(track, name), 4).tolist() for name in ("centre", "inner", "outer")}
    return {
        "id": track.id,
        "title": track.title,
        "length_m": round(track.length_m, 3),
        "width_m": round(track.width_m, 3),
        "min_width_m": round(track.min_width_m, 3),
        "max_width_m": round(float(track.widths_m.max()), 3),
        "min_radius_m": round(min(track.min_radius_m, 1e3), 3),
        "difficulty": card.difficulty if card else 3,
        "teaches": card.teaches if card else "",
        "description": card.description if card else "",
        "sections": [{"heading": name, "text": text} for name, text in card.sections(track)] if card else [],
        "is_loop": track.is_loop,
        "direction": track.direction,
        "source": card.source if card else "imported",
        "waypoints": len(track.rows),
        "bounds_m": [round(value, 4) for value in track.bounds],
        "warnings": list(track.warnings),
        "outline": outline,
    }
