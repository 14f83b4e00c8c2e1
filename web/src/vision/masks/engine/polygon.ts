// A polygon: its points while it is drawn, and the pixels inside of it. Pure.
import type { Point } from "./brush";
import { type Mask, type Over, paintRow } from "./mask";

/** Paints the pixels whose centres lie inside, by the even-odd rule: where the outline crosses itself, holes stay. */
export function fillPolygon(mask: Mask, points: readonly Point[], value: number, over: Over = "all"): void {
  if (points.length < 3) return;
  const ys = points.map((point) => point.y);
  const top = Math.max(0, Math.floor(Math.min(...ys)));
  const bottom = Math.min(mask.height - 1, Math.ceil(Math.max(...ys)));
  for (let row = top; row <= bottom; row += 1) {
    const crossings = crossingsAt(points, row + 0.5);
    for (let k = 0; k + 1 < crossings.length; k += 2)
      paintRow(mask, row, crossings[k] ?? 0, justBefore(crossings[k + 1] ?? 0), value, over);
  }
}

/** Where a row's centre line crosses the outline, from left to right. An end counts for the edge below it alone. */
function crossingsAt(points: readonly Point[], y: number): number[] {
  return points
    .flatMap((a, k) => {
      const b = points[(k + 1) % points.length] ?? a;
      return a.y <= y === b.y <= y ? [] : [a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x)];
    })
    .sort((one, other) => one - other);
}

/** A centre that lies on the right side belongs to the neighbour, so that no pixel belongs to both. */
const justBefore = (x: number) => x - 1e-9;

/** The point that a place holds, the nearest within reach. */
export function pointAt(points: readonly Point[], at: Point, reach: number): number | undefined {
  const far = (point: Point) => Math.hypot(point.x - at.x, point.y - at.y);
  const near = points
    .map((point, k) => ({ k, distance: far(point) }))
    .filter(({ distance }) => distance <= reach)
    .sort((one, other) => one.distance - other.distance)[0];
  return near?.k;
}

export const withPoint = (points: readonly Point[], at: Point): Point[] => [...points, at];
export const movedPoint = (points: readonly Point[], index: number, to: Point): Point[] =>
  points.map((point, k) => (k === index ? to : point));
