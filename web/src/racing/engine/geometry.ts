/**
 * Plane geometry of a race track: cleaned polylines, arc lengths, offset lines, slices, bounds.
 * All lengths are metres in the track's own flat frame, x right, y up; left of the driving direction is positive.
 */

export type Point = readonly number[];

/** What the studio's API sends for a track: three lines of equal length, row by row, in driving order. */
export interface TrackOutline {
  centre: readonly Point[];
  inner: readonly Point[];
  outer: readonly Point[];
}

export interface TrackShape {
  outline: TrackOutline;
  is_loop: boolean;
}

export interface Bounds {
  minX: number;
  minY: number;
  maxX: number;
  maxY: number;
}

/** A line of n points; a closed one runs on from its last point to its first, which is not repeated. */
export interface Polyline {
  n: number;
  x: Float64Array; // (n,)
  y: Float64Array; // (n,)
  arcM: Float64Array; // (n,) length from the first point
  lengthM: number; // closed lines include the closing segment
  closed: boolean;
}

export interface TrackGeometry {
  centre: Polyline;
  inner: Polyline;
  outer: Polyline;
  bounds: Bounds;
  /** +1 where the inner border lies left of the driving direction (counter-clockwise tracks), else -1. */
  innerSide: 1 | -1;
}

const SAME_POINT_M = 1e-6;

export function polyline(points: readonly Point[], closed: boolean): Polyline {
  const n = points.length;
  const x = Float64Array.from(points, (point) => point[0] ?? 0);
  const y = Float64Array.from(points, (point) => point[1] ?? 0);
  const arcM = new Float64Array(n);
  for (let i = 1; i < n; i++) {
    arcM[i] = at(arcM, i - 1) + Math.hypot(at(x, i) - at(x, i - 1), at(y, i) - at(y, i - 1));
  }
  const closing = closed && n > 1 ? Math.hypot(at(x, 0) - at(x, n - 1), at(y, 0) - at(y, n - 1)) : 0;
  return { n, x, y, arcM, lengthM: (n > 0 ? at(arcM, n - 1) : 0) + closing, closed };
}

/** An array element as a number; an index beyond the ends is a bug of the caller and reads as NaN. */
export function at(values: ArrayLike<number>, index: number): number {
  return values[index] ?? Number.NaN;
}

/** Cleans a track: repeated centre rows go, and a loop drops the closing row that repeats the first. */
export function trackGeometry(track: TrackShape): TrackGeometry {
  const { centre, inner, outer } = track.outline;
  const rows = keptRows(centre, track.is_loop);
  const pick = (line: readonly Point[]) => rows.map((row) => line[row] ?? [0, 0]);
  const lines = {
    centre: polyline(pick(centre), track.is_loop),
    inner: polyline(pick(inner), track.is_loop),
    outer: polyline(pick(outer), track.is_loop),
  };
  return {
    ...lines,
    bounds: boundsOf([lines.inner, lines.outer]),
    innerSide: innerSide(lines.centre, lines.inner),
  };
}

function keptRows(centre: readonly Point[], isLoop: boolean): number[] {
  const rows: number[] = [];
  for (let i = 0; i < centre.length; i++) {
    const last = rows[rows.length - 1];
    if (last === undefined || distance(centre[last], centre[i]) > SAME_POINT_M) rows.push(i);
  }
  const first = rows[0];
  const last = rows[rows.length - 1];
  if (isLoop && rows.length > 2 && first !== undefined && last !== undefined) {
    if (distance(centre[first], centre[last]) <= SAME_POINT_M) rows.pop();
  }
  return rows;
}

function distance(a: Point | undefined, b: Point | undefined): number {
  return a && b ? Math.hypot(at(a, 0) - at(b, 0), at(a, 1) - at(b, 1)) : Number.POSITIVE_INFINITY;
}

function innerSide(centre: Polyline, inner: Polyline): 1 | -1 {
  let sum = 0;
  for (let i = 0; i < centre.n; i++) {
    const [nx, ny] = normalAt(centre, i);
    sum += nx * (at(inner.x, i) - at(centre.x, i)) + ny * (at(inner.y, i) - at(centre.y, i));
  }
  return sum >= 0 ? 1 : -1;
}

export function boundsOf(lines: readonly Polyline[]): Bounds {
  const bounds = { minX: Infinity, minY: Infinity, maxX: -Infinity, maxY: -Infinity };
  for (const line of lines) {
    for (let i = 0; i < line.n; i++) {
      bounds.minX = Math.min(bounds.minX, at(line.x, i));
      bounds.maxX = Math.max(bounds.maxX, at(line.x, i));
      bounds.minY = Math.min(bounds.minY, at(line.y, i));
      bounds.maxY = Math.max(bounds.maxY, at(line.y, i));
    }
  }
  return bounds;
}

/** Unit left normal at a point, the mean direction of both neighbouring segments turned by 90 degrees. */
export function normalAt(line: Polyline, i: number): [number, number] {
  const { n, closed, x, y } = line;
  const before = i > 0 ? i - 1 : closed ? n - 1 : i;
  const after = i < n - 1 ? i + 1 : closed ? 0 : i;
  const [ax, ay] = unit(at(x, i) - at(x, before), at(y, i) - at(y, before));
  const [bx, by] = unit(at(x, after) - at(x, i), at(y, after) - at(y, i));
  const [tx, ty] = unit(ax + bx, ay + by);
  return [-ty, tx];
}

function unit(x: number, y: number): [number, number] {
  const length = Math.hypot(x, y);
  return length > 0 ? [x / length, y / length] : [0, 0];
}

const MITRE_LIMIT = 2;

/** The line shifted to its left by `offsetM` (to its right when negative), with mitred corners. */
export function offsetLine(line: Polyline, offsetM: number): Polyline {
  const points: Point[] = [];
  for (let i = 0; i < line.n; i++) {
    const [nx, ny] = normalAt(line, i);
    const after = i < line.n - 1 ? i + 1 : line.closed ? 0 : i;
    const from = after === i ? i - 1 : i;
    const to = after === i ? i : after;
    const [tx, ty] = unit(at(line.x, to) - at(line.x, from), at(line.y, to) - at(line.y, from));
    const cosine = Math.max(nx * -ty + ny * tx, 1 / MITRE_LIMIT);
    points.push([at(line.x, i) + (nx * offsetM) / cosine, at(line.y, i) + (ny * offsetM) / cosine]);
  }
  return polyline(points, line.closed);
}

export interface Station {
  x: number;
  y: number;
  headingRad: number;
}

/** The point `sM` metres along a line; closed lines wrap around, open ones stop at their ends. */
export function stationAt(line: Polyline, sM: number): Station {
  const s = line.closed ? positiveModulo(sM, line.lengthM) : Math.min(Math.max(sM, 0), line.lengthM);
  const i = segmentOf(line, s);
  const j = i + 1 < line.n ? i + 1 : 0;
  const dx = at(line.x, j) - at(line.x, i);
  const dy = at(line.y, j) - at(line.y, i);
  const length = Math.hypot(dx, dy);
  const share = length > 0 ? Math.min((s - at(line.arcM, i)) / length, 1) : 0;
  return { x: at(line.x, i) + dx * share, y: at(line.y, i) + dy * share, headingRad: Math.atan2(dy, dx) };
}

/**
 * How far the road reaches left and right of the centre line at `sM`, square to the driving direction.
 * Rows of a track file pair the borders askew here and there, so the row itself would not do.
 */
export function crossSection(track: TrackGeometry, sM: number): { left: number; right: number } {
  const { x, y, headingRad } = stationAt(track.centre, sM);
  const [tx, ty] = [Math.cos(headingRad), Math.sin(headingRad)];
  const nearest = { left: Infinity, right: Infinity };
  for (const line of [track.inner, track.outer]) {
    for (let i = 0; i < (line.closed ? line.n : line.n - 1); i++) {
      const j = (i + 1) % line.n;
      const ahead = (k: number) => (at(line.x, k) - x) * tx + (at(line.y, k) - y) * ty;
      const beside = (k: number) => (at(line.y, k) - y) * tx - (at(line.x, k) - x) * ty;
      const [from, to] = [ahead(i), ahead(j)];
      // An open track starts on its first row: a touch counts as crossing.
      if (from * to > SAME_POINT_M) continue;
      const share = from === to ? 0 : from / (from - to);
      const across = beside(i) + (beside(j) - beside(i)) * share;
      const side = across > 0 ? "left" : "right";
      nearest[side] = Math.min(nearest[side], Math.abs(across));
    }
  }
  const half =
    Math.hypot(at(track.inner.x, 0) - at(track.outer.x, 0), at(track.inner.y, 0) - at(track.outer.y, 0)) / 2;
  // The end of an open track may lie just behind the square: there the row is all there is.
  const reach = (found: number) => (found < 4 * half ? found : half);
  return { left: reach(nearest.left), right: reach(nearest.right) };
}

function segmentOf(line: Polyline, s: number): number {
  let low = 0;
  let high = line.closed ? line.n - 1 : Math.max(line.n - 2, 0);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (at(line.arcM, middle) <= s) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The open piece of a line between two lengths, keeping its corners; `toM` may lie beyond a closed line's end. */
export function slice(line: Polyline, fromM: number, toM: number): Polyline {
  const points: Point[] = [];
  const add = (s: number) => {
    const { x, y } = stationAt(line, s);
    points.push([x, y]);
  };
  add(fromM);
  const laps = line.closed ? Math.ceil((toM - fromM) / line.lengthM) + 1 : 1;
  const base = line.closed ? Math.floor(fromM / line.lengthM) : 0;
  for (let lap = base; lap < base + laps; lap++) {
    for (let i = 0; i < line.n; i++) {
      const s = at(line.arcM, i) + lap * line.lengthM;
      if (s > fromM + SAME_POINT_M && s < toM - SAME_POINT_M) points.push([at(line.x, i), at(line.y, i)]);
    }
  }
  add(toM);
  return polyline(points, false);
}

/** Equal stretches along a line as [from, to] pairs, `periodM` apart at most a little, so that a loop closes evenly. */
export function dashes(line: Polyline, periodM: number, share: number): [number, number][] {
  const count = Math.max(1, Math.round(line.lengthM / periodM));
  const step = line.lengthM / count;
  return Array.from({ length: count }, (_, k) => [k * step, (k + share) * step] as [number, number]);
}

/** Signed curvature (1/m, left bends positive) at each point, averaged over about `windowM` metres of line. */
export function curvature(line: Polyline, windowM = 0.6): Float64Array {
  const result = new Float64Array(line.n);
  for (let i = 0; i < line.n; i++) {
    const s = at(line.arcM, i);
    const from = stationAt(line, s - windowM / 2).headingRad;
    const to = stationAt(line, s + windowM / 2).headingRad;
    result[i] = wrapAngle(to - from) / windowM;
  }
  return result;
}

/** An angle brought into (-pi, pi]. */
export function wrapAngle(angleRad: number): number {
  const turned = positiveModulo(angleRad, 2 * Math.PI);
  return turned > Math.PI ? turned - 2 * Math.PI : turned;
}

export function positiveModulo(value: number, period: number): number {
  if (period <= 0) return 0;
  const rest = value % period;
  return rest < 0 ? rest + period : rest;
}
