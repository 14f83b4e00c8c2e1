"""From a few corners to a road: straights joined by arcs, bends eased in and out, borders at right angles.

A plan is a list of corners (x, y, radius) in driving order, as one would sketch it on squared paper. Each
corner is rounded by an arc of its radius; a Gaussian along the line then spreads the sudden change of
curvature over a few decimetres, as the clothoids of real roads do.
"""

from dataclasses import dataclass

import numpy as np

from trivium.racing.track import Floats, Track, TrackCard, signed_area

FINE_M = 0.01  # spacing of the line that is smoothed
SPACING_M = 0.17  # wanted distance between waypoints

Corner = tuple[float, float, float]  # x, y, radius, m


@dataclass(frozen=True)
class Plan:
    """A track on paper."""

    card: TrackCard
    corners: tuple[Corner, ...]
    width_m: float | tuple[tuple[float, float], ...]  # constant, or (share of the lap, width) knots
    ease_m: float = 0.15  # standard deviation of the easing; larger is softer
    is_loop: bool = True


def build(plan: Plan) -> Track:
    """Waypoints about every SPACING_M, rounded to 10 micrometres so that all machines agree."""
    line = resample(ease(resample(round_corners(plan), FINE_M, plan.is_loop), plan), FINE_M, plan.is_loop)
    fine = len(line) - 1
    segments = round(fine * FINE_M / SPACING_M)
    at = np.linspace(0.0, fine, segments + 1)
    centre = np.stack([np.interp(at, np.arange(fine + 1), line[:, k]) for k in (0, 1)], axis=1)
    left = normals(line, at, plan.is_loop)
    half = widths(plan, segments)[:, None] / 2
    is_inner_left = signed_area(centre) > 0 or not plan.is_loop
    inward = left if is_inner_left else -left
    rows: Floats = np.concatenate((centre, centre + half * inward, centre - half * inward), axis=1)
    rows = rows.round(5)
    if plan.is_loop:
        rows[-1] = rows[0]
    return Track(plan.card.id, plan.card.title, rows + 0.0, plan.is_loop, plan.card)  # no -0.0


def round_corners(plan: Plan) -> Floats:
    """The plan's polygon with corners turned into arcs, (P, 2). A loop starts halfway to its first corner."""
    points = np.array([corner[:2] for corner in plan.corners])
    count = len(points)
    line: list[Floats] = []
    for i in range(count):
        if not plan.is_loop and i in (0, count - 1):
            line.append(points[i : i + 1])
            continue
        before, here, after = points[i - 1], points[i], points[(i + 1) % count]
        come, go = (here - before) / np.hypot(*(here - before)), (after - here) / np.hypot(*(after - here))
        turn = np.arctan2(come[0] * go[1] - come[1] * go[0], come @ go)
        radius = plan.corners[i][2]
        begin = here - come * radius * np.tan(abs(turn) / 2)
        pivot = begin + np.sign(turn) * radius * np.array([-come[1], come[0]])
        angles = np.linspace(0.0, turn, max(2, int(abs(turn) * radius / FINE_M)))
        spoke = begin - pivot
        cos, sin = np.cos(angles), np.sin(angles)
        arc = np.stack([cos * spoke[0] - sin * spoke[1], sin * spoke[0] + cos * spoke[1]], axis=1)
        line.append(pivot + arc)
    if plan.is_loop:
        start = (line[-1][-1:] + line[0][:1]) / 2
        line = [start, *line, start]
    return np.concatenate(line)


def resample(line: Floats, spacing_m: float, is_loop: bool) -> Floats:
    """Evenly spaced points along the polyline; on a loop the last equals the first."""
    arc_m = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))))
    at = np.linspace(0.0, arc_m[-1], max(2, round(arc_m[-1] / spacing_m)) + 1)
    even = np.stack([np.interp(at, arc_m, line[:, k]) for k in (0, 1)], axis=1)
    if is_loop:
        even[-1] = even[0]
    return even


def ease(line: Floats, plan: Plan) -> Floats:
    """Gaussian smoothing along the line, round the loop or straight on past an open track's ends."""
    reach = int(4 * plan.ease_m / FINE_M)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) * FINE_M / plan.ease_m) ** 2)
    weights /= weights.sum()
    if plan.is_loop:
        padded = np.concatenate((line[-1 - reach : -1], line, line[1 : 1 + reach]))
    else:
        steps = np.arange(1, reach + 1)[:, None]
        padded = np.concatenate((line[0] + (line[0] - line[1]) * steps[::-1], line,
                                 line[-1] + (line[-1] - line[-2]) * steps))
    smooth = [np.convolve(padded[:, k], weights, mode="valid") for k in (0, 1)]
    return np.stack(smooth, axis=1).astype(np.float64)


def normals(line: Floats, at: Floats, is_loop: bool) -> Floats:
    """Unit vectors to the left of the line at the given (fractional) points, (len(at), 2)."""
    tangent = np.gradient(line, axis=0)
    if is_loop:
        tangent[0] = tangent[-1] = line[1] - line[-2]
    tangent = np.stack([np.interp(at, np.arange(len(line)), tangent[:, k]) for k in (0, 1)], axis=1)
    tangent /= np.hypot(*tangent.T)[:, None]
    return np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)


def widths(plan: Plan, segments: int) -> Floats:
    """Road width at each waypoint, (segments + 1,)."""
    if isinstance(plan.width_m, float):
        return np.full(segments + 1, plan.width_m)
    at, width = np.array(plan.width_m).T
    share = np.linspace(0.0, 1.0, segments + 1)
    period = 1.0 if plan.is_loop else None
    between = np.interp(share, at, width, period=period)
    reach = max(1, segments // 40)  # a short cosine window, so that the border bends instead of kinking
    window = np.hanning(2 * reach + 3)[1:-1]
    window /= window.sum()
    ring = between[:-1]
    padded = np.pad(ring, reach, mode="wrap" if plan.is_loop else "edge")
    smooth = np.convolve(padded, window, mode="valid")
    return np.append(smooth, smooth[0] if plan.is_loop else smooth[-1])
