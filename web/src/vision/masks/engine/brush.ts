// A brush stroke: from one place of the pointer to the next it is a capsule, so that a quick stroke has no gaps. Pure.
import { type Mask, type Over, paintRow } from "./mask";

export interface Point {
  x: number;
  y: number;
}
export const [LEAST_RADIUS, MOST_RADIUS] = [0.5, 200]; // pixels of the mask

/** The next larger or smaller brush: by a quarter, at least by one pixel. */
export function resized(radius: number, by: 1 | -1): number {
  const next = by === 1 ? Math.max(radius + 0.5, radius * 1.25) : Math.min(radius - 0.5, radius / 1.25);
  return Math.min(MOST_RADIUS, Math.max(LEAST_RADIUS, Math.round(2 * next) / 2));
}

/** Paints everything within `radius` of the line between two places. A capsule is convex: each row of it is one run. */
export function stroke(
  mask: Mask,
  from: Point,
  to: Point,
  radius: number,
  value: number,
  over: Over = "all",
): void {
  const top = Math.max(0, Math.floor(Math.min(from.y, to.y) - radius));
  const bottom = Math.min(mask.height - 1, Math.ceil(Math.max(from.y, to.y) + radius));
  const edges = sides(from, to, radius);
  for (let row = top; row <= bottom; row += 1) {
    const y = row + 0.5;
    const ends = [
      ...onDisc(from, radius, y),
      ...onDisc(to, radius, y),
      ...edges.flatMap((edge) => onEdge(edge, y)),
    ];
    if (ends.length) paintRow(mask, row, Math.min(...ends), Math.max(...ends), value, over);
  }
}

function onDisc(centre: Point, radius: number, y: number): number[] {
  const inside = radius * radius - (y - centre.y) ** 2;
  if (inside < 0) return [];
  const half = Math.sqrt(inside);
  return [centre.x - half, centre.x + half];
}

/** The two straight sides of the capsule. */
function sides(from: Point, to: Point, radius: number): [Point, Point][] {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  if (length === 0) return [];
  const [nx, ny] = [(-(to.y - from.y) / length) * radius, ((to.x - from.x) / length) * radius];
  const moved = (point: Point, by: 1 | -1): Point => ({ x: point.x + by * nx, y: point.y + by * ny });
  return [
    [moved(from, 1), moved(to, 1)],
    [moved(from, -1), moved(to, -1)],
  ];
}

function onEdge([a, b]: [Point, Point], y: number): number[] {
  if (y < Math.min(a.y, b.y) || y > Math.max(a.y, b.y) || a.y === b.y) return [];
  return [a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x)];
}
