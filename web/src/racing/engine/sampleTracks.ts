/** Two tracks small enough to reckon with by hand, for tests: a ring of 3 m radius and a straight of 10 m. */
import type { Point, TrackShape } from "./geometry";

/** Counter-clockwise ring, 0.8 m wide, first row repeated at the end. */
export function ringTrack(rows: number): TrackShape {
  const line = (radiusM: number) =>
    Array.from({ length: rows + 1 }, (_, k): Point => {
      const angle = (2 * Math.PI * (k % rows)) / rows;
      return [radiusM * Math.cos(angle), radiusM * Math.sin(angle)];
    });
  return { outline: { centre: line(3), inner: line(2.6), outer: line(3.4) }, is_loop: true };
}

/** Along x, 1 m wide, with the inner border on the left. */
export function straightTrack(): TrackShape {
  const line = (y: number) => Array.from({ length: 11 }, (_, k): Point => [k, y]);
  return { outline: { centre: line(0), inner: line(0.5), outer: line(-0.5) }, is_loop: false };
}
