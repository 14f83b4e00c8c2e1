"""Where a car is on its track: exact, fast, compiled.

Plain functions of float64 arrays and scalars, so that one source serves CPU kernels now and a GPU port
later. Results equal a search of the whole track (first nearest point wins, as in Shapely's `project`; a
point on a border is off the road); tables made once by `pack` only tell which parts can be skipped. Rules:
DeepRacer's simulator.

Letters in shapes: N waypoints, S = N - 1 segments of the centre line, K edges over all bands.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from trivium.racing.track import Track, nearest_on_line

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FRONT_POINT_M = 0.14  # the point that progress and rewards are about lies this far ahead of the car's origin
# wheel centres from the car's origin, m: rear left, rear right, front left, front right
WHEELS = np.array([[-0.0817, 0.0811], [-0.0817, -0.0811], [0.0823, 0.0796], [0.0823, -0.0796]])
ALL_WHEELS = 4
NO_HINT = -1  # "search everywhere": after a reset, or for a point without a past

WINDOW_REACH_M = 0.6  # the local search should serve points up to about this far from the centre line
DRIFT = 3  # segments that a car may advance between two searches before its window is moved
BAND_M = 0.04  # height of the bands that border edges are sorted into


class Geometry(NamedTuple):
    """One track, packed for the kernels. Made by `pack`; never changed."""

    centre: Floats  # (N, 2) m
    inner: Floats  # (N, 2)
    outer: Floats  # (N, 2)
    arc_m: Floats  # (N,) centre-line length up to each waypoint
    ndists: Floats  # (N,) the same as a share of the whole, 0..1
    length_m: float
    is_loop: bool
    is_clockwise: bool  # the inner border is on the driver's right
    window: int  # segments searched to each side of the hint
    safe_m: Floats  # (S,) a local best nearer than this is proven the best of all
    clear_m: Floats  # (S,) a point nearer than this to the segment is on the road
    near_inner: Ints  # (S, 2) first border segment and how many can be nearest to this centre segment
    near_outer: Ints  # (S, 2)
    edges: Floats  # (K, 4) border edges x1, y1, x2, y2, sorted into horizontal bands
    bands: Ints  # (bands + 1,) where each band's edges begin
    band_from_m: float  # y of the lowest band
    bands_per_m: float


class Place(NamedTuple):
    """What `locate` returns for one car."""

    segment: int  # of the centre line; the hint for the next step
    ndist: float  # front point along the centre line, 0..1
    distance_m: float  # front point to the centre line
    width_m: float  # of the road there
    is_left: bool  # of the centre line, looking ahead
    wheels: int  # how many of the four are on the road
    behind: int  # closest waypoints: the last one at or behind the front point, and the next
    ahead: int
    front_x: float
    front_y: float


@njit(cache=True, nogil=True)
def nearest_in_range(px: float, py: float, line: Floats, first: int, count: int) -> tuple[int, float, float]:
    """(segment, fraction, squared distance) of the point nearest on `count` segments from `first`, round.

    Of equally near segments the one with the lowest index wins, whatever the order of the search.
    """
    segments = line.shape[0] - 1
    best, best_fraction, best_square = -1, 0.0, np.inf
    i = first
    for _ in range(count):
        if i >= segments:
            i -= segments
        ax, ay = line[i, 0], line[i, 1]
        dx, dy = line[i + 1, 0] - ax, line[i + 1, 1] - ay
        dot = (px - ax) * dx + (py - ay) * dy
        square = dx * dx + dy * dy
        # ends are met exactly, so that two segments sharing one see the same distance
        if dot <= 0.0:
            fraction, ox, oy = 0.0, px - ax, py - ay
        elif dot >= square:
            fraction, ox, oy = 1.0, px - line[i + 1, 0], py - line[i + 1, 1]
        else:
            fraction = dot / square
            ox, oy = px - (ax + fraction * dx), py - (ay + fraction * dy)
        distance = ox * ox + oy * oy
        if distance < best_square or (distance == best_square and i < best):
            best, best_fraction, best_square = i, fraction, distance
        i += 1
    return best, best_fraction, best_square


@njit(cache=True, nogil=True)
def project(
    px: float, py: float, centre: Floats, arc_m: Floats, safe_m: Floats, hint: int, window: int, is_loop: bool
) -> tuple[int, float, float, float]:
    """Nearest point of the centre line: (segment, fraction, arc position m, squared distance).

    With a hint (the segment of the step before) only `window` segments to each side are searched; where their
    best cannot be proven the best of all, the whole line is.
    """
    segments = centre.shape[0] - 1
    if hint >= 0:
        hint = min(hint, segments - 1)
        if is_loop:
            first, count = (hint - window) % segments, min(2 * window + 1, segments)
        else:
            first = max(hint - window, 0)
            count = min(hint + window + 1, segments) - first
        i, fraction, square = nearest_in_range(px, py, centre, first, count)
        drift = abs(i - hint)
        if is_loop:
            drift = min(drift, segments - drift)
        if drift <= DRIFT and square < safe_m[i] * safe_m[i]:
            return i, fraction, arc_m[i] + fraction * (arc_m[i + 1] - arc_m[i]), square
    i, fraction, square = nearest_in_range(px, py, centre, 0, segments)
    return i, fraction, arc_m[i] + fraction * (arc_m[i + 1] - arc_m[i]), square


@njit(cache=True, nogil=True)
def closest_waypoints(ndist: float, segment: int, ndists: Floats) -> tuple[int, int]:
    """(last waypoint at or behind `ndist`, the next one); past the last waypoint the next is 0."""
    behind = segment  # right already, but where the nearest point is the segment's own end
    waypoints = ndists.shape[0]
    while behind + 1 < waypoints and ndists[behind + 1] <= ndist:
        behind += 1
    while behind > 0 and ndists[behind] > ndist:
        behind -= 1
    return behind, (behind + 1 if behind + 1 < waypoints else 0)


@njit(cache=True, nogil=True)
def on_road(px: float, py: float, edges: Floats, bands: Ints, band_from_m: float, bands_per_m: float) -> bool:
    """True strictly inside the road: outer ring minus inner ring. A point on a border is off.

    Even-odd rule over the edges of the point's own band, which holds all that a ray to the right can cross.
    """
    at = (py - band_from_m) * bands_per_m
    if not (at >= 0.0 and at < bands.shape[0] - 1):
        return False  # above or below the track, or not a number
    band = int(at)
    inside = False
    for k in range(bands[band], bands[band + 1]):
        x1, y1, x2, y2 = edges[k, 0], edges[k, 1], edges[k, 2], edges[k, 3]
        if px > x1 and px > x2:
            continue
        if (y1 > py) != (y2 > py):
            # which side of the edge, taken upwards; within rounding of the border counts as on it
            left, right = (x2 - x1) * (py - y1), (y2 - y1) * (px - x1)
            side = left - right
            if abs(side) <= 4e-16 * (abs(left) + abs(right)):
                return False
            if (side > 0.0) == (y2 > y1):
                inside = not inside
        elif (y1 == py and x1 == px) or (y2 == py and x2 == px):
            return False  # on a corner
        elif y1 == py and y2 == py and min(x1, x2) <= px <= max(x1, x2):
            return False  # on a level edge
    return inside


@njit(cache=True, nogil=True)
def wheels_on_road(
    x: float, y: float, yaw_rad: float, qx: float, qy: float, clear_m: float,
    edges: Floats, bands: Ints, band_from_m: float, bands_per_m: float,
) -> int:
    """How many wheels of the car whose origin is at x, y are on the road, 0..4.

    (qx, qy) is any centre-line point and `clear_m` its distance to the nearest border or less: wheels
    within it need no test against the borders. Pass 0.0 to test them all.
    """
    cos, sin = math.cos(yaw_rad), math.sin(yaw_rad)
    square = clear_m * clear_m
    count = 0
    for k in range(WHEELS.shape[0]):
        wx = x + cos * WHEELS[k, 0] - sin * WHEELS[k, 1]
        wy = y + sin * WHEELS[k, 0] + cos * WHEELS[k, 1]
        if (wx - qx) * (wx - qx) + (wy - qy) * (wy - qy) < square or on_road(
            wx, wy, edges, bands, band_from_m, bands_per_m
        ):
            count += 1
    return count


@njit(cache=True, nogil=True)
def progress_update(previous: float, ndist: float, start_ndist: float, is_loop: bool) -> float:
    """Progress in percent since this episode's start. `previous` is 0 at a start and after a completed lap.

    A loop wraps: it can be slightly negative just behind the start, and 100 is a lap. An open track runs from
    the start place, 0, to the end of the road, 100.
    """
    if not is_loop:
        if start_ndist >= 1.0:
            return 100.0
        return min(100.0 * ((ndist - start_ndist) / (1.0 - start_ndist)), 100.0)
    progress = 100.0 * (ndist - start_ndist)
    if progress <= 0.0:
        progress += 100.0
    if previous > progress + 50.0:
        progress += 100.0
    if progress > previous + 50.0:
        progress -= 100.0
    return min(progress, 100.0)


@njit(cache=True, nogil=True)
def pose_at(ndist: float, centre: Floats, ndists: Floats, is_loop: bool) -> tuple[float, float, float, int]:
    """Centre-line pose (x, y, yaw_rad, segment) at a share of the track, heading to the next waypoint."""
    if is_loop:
        ndist = ndist % 1.0
    ndist = min(max(ndist, 0.0), 1.0)
    i = int(np.searchsorted(ndists, ndist, side="right")) - 1
    i = min(i, centre.shape[0] - 2)
    fraction = (ndist - ndists[i]) / (ndists[i + 1] - ndists[i])
    dx, dy = centre[i + 1, 0] - centre[i, 0], centre[i + 1, 1] - centre[i, 1]
    return centre[i, 0] + fraction * dx, centre[i, 1] + fraction * dy, math.atan2(dy, dx), i


@njit(cache=True, nogil=True)
def border_points(qx: float, qy: float, segment: int, inner: Floats, outer: Floats, near_inner: Ints,
                  near_outer: Ints) -> tuple[float, float, float, float]:
    """Points of the inner and the outer border nearest to the point (qx, qy) of this centre-line segment."""
    i, fraction, _ = nearest_in_range(qx, qy, inner, near_inner[segment, 0], near_inner[segment, 1])
    k, share, _ = nearest_in_range(qx, qy, outer, near_outer[segment, 0], near_outer[segment, 1])
    return (
        inner[i, 0] + fraction * (inner[i + 1, 0] - inner[i, 0]),
        inner[i, 1] + fraction * (inner[i + 1, 1] - inner[i, 1]),
        outer[k, 0] + share * (outer[k + 1, 0] - outer[k, 0]),
        outer[k, 1] + share * (outer[k + 1, 1] - outer[k, 1]),
    )


@njit(cache=True, nogil=True)
def locate(x: float, y: float, yaw_rad: float, hint: int, geometry: Geometry) -> Place:
    """Everything about a car on its track. x, y: the car's origin; hint: `segment` of the step before."""
    g = geometry
    px, py = x + FRONT_POINT_M * math.cos(yaw_rad), y + FRONT_POINT_M * math.sin(yaw_rad)
    segment, fraction, arc, square = project(px, py, g.centre, g.arc_m, g.safe_m, hint, g.window, g.is_loop)
    ax, ay = g.centre[segment, 0], g.centre[segment, 1]
    qx, qy = ax + fraction * (g.centre[segment + 1, 0] - ax), ay + fraction * (g.centre[segment + 1, 1] - ay)
    ndist = min(arc / g.length_m, 1.0)
    behind, ahead = closest_waypoints(ndist, segment, g.ndists)
    ix, iy, ox, oy = border_points(qx, qy, segment, g.inner, g.outer, g.near_inner, g.near_outer)
    to_inner, to_outer = math.hypot(px - ix, py - iy), math.hypot(px - ox, py - oy)
    wheels = wheels_on_road(x, y, yaw_rad, qx, qy, g.clear_m[segment],
                            g.edges, g.bands, g.band_from_m, g.bands_per_m)
    return Place(segment, ndist, math.sqrt(square), math.hypot(ix - ox, iy - oy),
                 (to_inner < to_outer) != g.is_clockwise, wheels, behind, ahead, px, py)


def pack(track: Track) -> Geometry:
    """The track's arrays and search tables; milliseconds, once per track."""
    centre, inner, outer = (np.ascontiguousarray(line) for line in (track.centre, track.inner, track.outer))
    arc_m = track.arc_m
    apart = segment_gaps(centre, centre)  # (S, S) m
    window, safe_m = search_window(apart, track.is_loop)
    to_inner, to_outer = segment_gaps(centre, inner), segment_gaps(centre, outer)  # (S, S)
    edges, bands, band_from_m, bands_per_m = sort_into_bands(road_edges(track))
    clear_m = np.minimum(to_inner.min(axis=1), to_outer.min(axis=1))
    if not track.is_loop:
        for k in (0, -1):  # the road's two cross edges
            clear_m = np.minimum(clear_m, segment_gaps(centre, np.stack((inner[k], outer[k])))[:, 0])
    for i, (x, y) in enumerate((centre[:-1] + centre[1:]) / 2):
        if not on_road(float(x), float(y), edges, bands, band_from_m, bands_per_m):
            clear_m[i] = 0.0  # a centre line outside its own road proves nothing
    return Geometry(
        centre, inner, outer, arc_m, arc_m / arc_m[-1], track.length_m, track.is_loop,
        not track.is_counter_clockwise, window, safe_m, clear_m,
        candidates(centre, inner, to_inner), candidates(centre, outer, to_outer),
        edges, bands, band_from_m, bands_per_m,
    )


@njit(cache=True, nogil=True)
def segment_gaps(a: Floats, b: Floats) -> Floats:
    """Distance between every segment of one polyline and every segment of another, (A-1, B-1) m.

    Two segments that do not cross are nearest at an end of one of them; those that do cross are 0 apart.
    """
    gaps = np.empty((a.shape[0] - 1, b.shape[0] - 1))
    for i in range(gaps.shape[0]):
        for k in range(gaps.shape[1]):
            p, q, r, s = a[i], a[i + 1], b[k], b[k + 1]
            square = min(nearest_in_range(p[0], p[1], b, k, 1)[2], nearest_in_range(q[0], q[1], b, k, 1)[2],
                         nearest_in_range(r[0], r[1], a, i, 1)[2], nearest_in_range(s[0], s[1], a, i, 1)[2])
            crossing = side(p, q, r) * side(p, q, s) < 0.0 and side(r, s, p) * side(r, s, q) < 0.0
            gaps[i, k] = 0.0 if crossing else math.sqrt(square)
    return gaps


@njit(cache=True, nogil=True)
def side(p: Floats, q: Floats, r: Floats) -> float:
    """Positive where r lies to the left of the line from p to q."""
    left: float = (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])
    return left


def search_window(apart: Floats, is_loop: bool) -> tuple[int, Floats]:
    """(window, safe_m): how far to search, and within what distance of each segment that search is exact.

    If the point's nearest place q in the window is on segment i at distance d, segments outside the window
    are at least (their gap to i) - d from the point, so q is the best of all while d is under half that
    gap.
    """
    segments = len(apart)
    away = np.arange(segments)  # how many segments on, and back, from each
    gap = np.full((segments, segments + 1), np.inf)  # [i, away] to the nearer of the two that far from i
    for i in range(segments):
        if is_loop:
            near = away[: segments // 2 + 1]  # further on, the other way round is shorter
            gap[i, near] = np.minimum(apart[i, (i + near) % segments], apart[i, i - near])
        else:
            gap[i, : segments - i] = apart[i, i:]
            gap[i, : i + 1] = np.minimum(gap[i, : i + 1], apart[i, i::-1])
    outside = np.minimum.accumulate(gap[:, ::-1], axis=1)[:, ::-1]  # to the nearest at least so far on
    covered = 1  # around segment i, when the hint was up to DRIFT segments off
    while np.median(outside[:, covered + 1]) / 2 < WINDOW_REACH_M:
        covered += 1
    return covered + DRIFT, outside[:, covered + 1] / 2 * (1 - 1e-9)


def candidates(centre: Floats, border: Floats, gaps: Floats) -> Ints:
    """(S, 2): first and count of the border segments that can be nearest to some point of each segment.

    No point of a segment is further from the border than half of (both ends' distances + its own length).
    """
    foot = nearest_on_line(border, centre) - centre
    reach = np.hypot(foot[:, 0], foot[:, 1])  # (N,)
    step = np.diff(centre, axis=0)
    bound = (reach[:-1] + reach[1:] + np.hypot(step[:, 0], step[:, 1])) / 2 * (1 + 1e-9) + 1e-12
    segments = len(gaps)
    table = np.zeros((segments, 2), dtype=np.int64)
    for i in range(segments):
        near = np.flatnonzero(gaps[i] <= bound[i])
        # the shortest run that holds them all, going round: all but the widest gap between them
        jump = np.diff(np.append(near, near[0] + segments))
        widest = int(jump.argmax())
        table[i] = near[(widest + 1) % len(near)], segments - jump[widest] + 1
    return table


def road_edges(track: Track) -> Floats:
    """All edges of the road's border, (E, 4): two rings of a loop; one ring round an open track."""
    around = np.concatenate((track.inner, track.outer[::-1]))
    rings = [track.inner, track.outer] if track.is_loop else [around]
    edges = [np.concatenate((ring, np.roll(ring, -1, axis=0)), axis=1) for ring in rings]  # closes each ring
    return np.concatenate(edges)


def sort_into_bands(edges: Floats) -> tuple[Floats, Ints, float, float]:
    """Copies each edge into every band that it touches: (edges, where bands begin, lowest y, bands per m)."""
    low, high = edges[:, [1, 3]].min(axis=1), edges[:, [1, 3]].max(axis=1)
    bottom, per_m = float(low.min()) - BAND_M / 2, 1.0 / BAND_M
    count = int((float(high.max()) - bottom) * per_m) + 2
    first, last = ((low - bottom) * per_m).astype(np.int64), ((high - bottom) * per_m).astype(np.int64)
    members = [np.flatnonzero((first <= band) & (last >= band)) for band in range(count)]
    bands = np.concatenate(([0], np.cumsum([len(each) for each in members]))).astype(np.int64)
    return np.ascontiguousarray(edges[np.concatenate(members)]), bands, bottom, per_m
